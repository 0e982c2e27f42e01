"""Images inside tar files: found, opened and compared like those in a folder, without being unpacked."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dnacore as dc
from dnacore.errors import BadInput
from dnacore.extraction.extraction import extract_dataset
from dnacore.extractors import load_extractor
from dnacore.images import files, tars
from dnacore.images.decode import decode
from dnacore.images.files import content_hash, find_images
from dnacore.images.thumbnails import thumbnail


def picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (20, 24, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(kept := io.BytesIO(), "PNG")
    return kept.getvalue()


def pack(tar: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    tar.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tar, mode) as opened:
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            opened.addfile(about, io.BytesIO(data))
    return tar


def test_a_tar_is_a_folder_of_images(tmp_path: Path) -> None:
    images = {f"{i:03}.png": picture(i) for i in range(3)}
    pack(tmp_path / "set" / "ümlaut 1.tar", {"000.cls": b"1", ".hidden.png": b"x", "empty.png": b"", **images})
    (tmp_path / "set" / "plain.png").write_bytes(picture(9))
    found, rejected = find_images(tmp_path / "set")
    assert [f.path for f in found] == ["plain.png", *(f"ümlaut 1.tar/{name}" for name in images)]
    assert [(r.path, r.reason) for r in rejected] == [("ümlaut 1.tar/empty.png", "the file is empty")]
    inside = tmp_path / "set" / "ümlaut 1.tar" / "001.png"
    (tmp_path / "same.png").write_bytes(images["001.png"])
    assert content_hash(inside) == content_hash(tmp_path / "same.png")
    np.testing.assert_array_equal(decode(inside), decode(tmp_path / "same.png"))
    assert thumbnail(inside, 16) == thumbnail(tmp_path / "same.png", 16)
    alone, _ = find_images(tmp_path / "set" / "ümlaut 1.tar")
    assert [f.path for f in alone] == list(images)


@pytest.mark.parametrize("name", ["../outside.png", "/absolute.png", "a/../../outside.png"])
def test_a_name_that_leads_out_is_never_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.png").write_bytes(picture(1))
    pack(tmp_path / "set" / "evil.tar", {name: picture(2), "fine.png": picture(3)})
    found, _ = find_images(tmp_path / "set")
    assert [f.path for f in found] == ["evil.tar/fine.png"]


def test_what_is_inside_a_tar_is_a_file_wherever_one_is_asked_for(tmp_path: Path) -> None:
    tar = pack(tmp_path / "set.tar", {"a.png": picture(1), "b.png": picture(2)})
    assert tars.is_file(tar) and tars.is_file(tar / "a.png") and not tars.is_file(tar / "c.png")
    assert tars.about(tar / "a.png") == (len(picture(1)), tar.stat().st_mtime_ns)
    with pytest.raises(OSError):
        tars.about(tar / "c.png")
    network = load_extractor("random_resnet18", "cpu", input_size=32)
    assert dc.calibrate(network, [tar]).fingerprint == dc.calibrate(network, [tar / "a.png", tar / "b.png"]).fingerprint


def test_a_list_may_name_images_inside_a_tar(tmp_path: Path) -> None:
    tar = pack(tmp_path / "set.tar", {"a.png": picture(1), "empty.png": b""})
    lines = [tar / "a.png", tar / "empty.png", tar / "gone.png"]
    (tmp_path / "picked.txt").write_text("\n".join(map(str, lines)))
    found, rejected = find_images(tmp_path / "picked.txt")
    assert [f.path for f in found] == ["set.tar/a.png"]
    assert [r.reason for r in rejected] == ["the file is empty", "there is no such file"]


def test_a_list_may_name_whole_tars(tmp_path: Path) -> None:
    """How a part of many shards is chosen; read twice, an image counts once."""
    pack(tmp_path / "lists" / "near.tar", {"a.png": picture(1), "b.txt": b"words"})
    far = pack(tmp_path / "far" / "0.tar", {"c.png": picture(2)})
    (tmp_path / "far" / "noise.tar").write_bytes(b"no tar at all" * 100)
    lines = ["near.tar", "near.tar/a.png", str(far), "../far/noise.tar", "gone.tar"]
    (tmp_path / "lists" / "picked.txt").write_text("\n".join(lines))
    found, rejected = find_images(tmp_path / "lists" / "picked.txt")
    assert [f.path for f in found] == [f"{far}/c.png", "near.tar/a.png"]
    assert {Path(r.path).name: r.reason for r in rejected} == {
        "noise.tar": "it is not a tar file, or it is cut off or compressed", "gone.tar": "there is no such file",
    }  # fmt: skip
    for one in found:
        assert tars.read_bytes(tmp_path / "lists" / one.path).startswith(b"\x89PNG")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_called_a_tar_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tar")
    assert [r.reason for r in find_images(tmp_path)[1]] == ["it is not an ordinary file"]


def test_a_link_inside_is_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "links.tar", "w") as opened:
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        opened.addfile(link)
    assert tars.members(tmp_path / "links.tar") == {}


def test_what_cannot_be_looked_into_is_listed_with_the_reason(tmp_path: Path) -> None:
    whole = pack(tmp_path / "whole.tar", {"a.png": picture(1), "b.png": picture(2)}).read_bytes()
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "cut.tar").write_bytes(whole[: len(whole) // 8])
    (folder / "noise.tar").write_bytes(b"no tar at all" * 100)
    pack(folder / "packed.tar.gz", {"a.png": picture(1)}, "w:gz")
    found, rejected = find_images(folder)
    assert found == []
    assert {r.path for r in rejected} == {"cut.tar", "noise.tar", "packed.tar.gz"}
    assert "unpack it" in next(r.reason for r in rejected if r.path == "packed.tar.gz")


def test_a_member_that_is_gone_reads_like_a_missing_file(tmp_path: Path) -> None:
    tar = pack(tmp_path / "set.tar", {"a.png": picture(1)})
    with pytest.raises(OSError):
        tars.open_file(tar / "b.png")
    with pytest.raises(BadInput):
        decode(tar / "b.png")


def test_tar_shards_and_the_folder_they_were_made_of_have_one_dna(workspace_home: Path, tmp_path: Path) -> None:
    images = {f"{i:03}.png": picture(i) for i in range(12)}
    (tmp_path / "folder").mkdir()
    for name, data in images.items():
        (tmp_path / "folder" / name).write_bytes(data)
    halves = list(images.items())
    for number, part in enumerate((halves[:6], halves[6:])):
        pack(tmp_path / "shards" / f"{number}.tar", dict(part))
    workspace = dc.Workspace.open(workspace_home)
    network = load_extractor("random_resnet18", "cpu", input_size=32)
    spread = np.full(network.n_neurons, 4.0)
    ranges = dc.Calibration(-spread, spread, network.layers, network.fingerprint, "test")
    for name in ("folder", "shards"):
        workspace.add_dataset(name, tmp_path / name)
        extract_dataset(workspace, workspace.dataset(name), network, ranges, batch_size=4)
    label = workspace.store.settings()[0].label
    one, other = workspace.dna("folder", label), workspace.dna("shards", label)
    assert one is not None and other is not None and one.images == other.images == 12
    np.testing.assert_array_equal(one.histograms, other.histograms)


def test_as_many_lists_are_kept_as_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large set has hundreds of tars, and its gallery jumps between them: each is listed once."""
    packs = [pack(tmp_path / f"{number}.tar", {f"{number}.txt": b"x", "b.txt": b"y"}) for number in range(100)]
    listed: list[str] = []
    usual = tars._listed
    monkeypatch.setattr(tars, "_listed", lambda tar, size: listed.append(tar) or usual(tar, size))
    for path in [*packs, *packs]:
        assert len(tars.members(path)) == 2
    assert len(listed) == 100
    monkeypatch.setattr(tars, "KEPT", 10)
    (tmp_path / "more.tar").write_bytes(packs[0].read_bytes())
    tars.members(tmp_path / "more.tar")
    listed.clear()
    for path in packs[-4:]:
        tars.members(path)
    assert listed == [], "those used last stay"
    tars.members(packs[0])
    assert listed == [str(packs[0])]


@pytest.mark.parametrize("listed", [False, True])
def test_a_tar_whose_own_name_is_no_text_is_left_out_with_a_reason(tmp_path: Path, listed: bool) -> None:
    folder = os.fsencode(tmp_path / "set")
    pack(tmp_path / "set" / "fine.tar", {"a.png": picture(1)})
    try:
        os.rename(folder + b"/fine.tar", folder + b"/f\xff.tar")
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    pack(tmp_path / "set" / "good.tar", {"b.png": picture(2)})
    source = tmp_path / "set"
    if listed:
        source = source / "list.txt"
        source.write_bytes(b"f\xff.tar\ngood.tar\n")
    found, rejected = find_images(source)
    assert [one.path for one in found] == ["good.tar/b.png"]
    assert [(one.path, one.reason) for one in rejected] == [("f\\xff.tar", files.NOT_UTF8)]
