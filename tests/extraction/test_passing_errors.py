"""Only bytes can be at fault for ever: what could not be got at is said to be missing, and tried again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import dnacore as dc
from dnacore.attributes.sensitivity import sensitivity
from dnacore.commands.parser import main
from dnacore.dna.from_sketches import sketched_dna
from dnacore.errors import BadInput, Unavailable, Unread
from dnacore.extraction import sketch_policy
from dnacore.extraction.batches import feed
from dnacore.extraction.extraction import extract_dataset, is_current
from dnacore.images import decode, tars
from dnacore.images.files import content_hash
from dnacore.workspace.workspace import Workspace
from tests import bad_files, small_world
from tests.faults.world import Network, calibration, extract
from tests.small_world import draw

PASSING = (errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOMEM, errno.ENOENT)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    opened = Workspace.open(tmp_path / "home")
    opened.add_dataset("d", draw(tmp_path / "in", 9))
    return opened


def failing(patch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """Let one image not be read."""
    read = tars.read_bytes

    def once(path: Path) -> bytes:
        if path.name == name:
            raise error
        return read(path)

    patch.setattr(tars, "read_bytes", once)


@pytest.mark.parametrize("code", [*PASSING, None], ids=lambda code: errno.errorcode.get(code, "MemoryError"))
def test_an_image_that_could_not_be_got_at_is_tried_again(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    (tmp_path / "in" / "bad.png").write_bytes(b"no image at all")
    with monkeypatch.context() as patch:
        failing(patch, "004.png", MemoryError() if code is None else OSError(code, os.strerror(code)))
        extract(ws, "d")
    missing = {r.path: r.passing for r in ws.rejected(ws.dataset("d"))}
    assert missing == {"004.png": True, "bad.png": False}
    assert ws.dna("d", "tiny").images == 8
    extract(ws, "d")
    fresh = Workspace.open(tmp_path / "other")
    fresh.add_dataset("d", tmp_path / "in")
    extract(fresh, "d")
    assert np.array_equal(ws.dna("d", "tiny").histograms, fresh.dna("d", "tiny").histograms)
    assert {r.path for r in ws.rejected(ws.dataset("d"))} == {"bad.png"}


def test_one_that_still_cannot_be_got_at_costs_no_second_extraction(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = OSError(errno.EACCES, "denied")
    failing(monkeypatch, "004.png", denied)
    extract(ws, "d")
    monkeypatch.setattr(sketch_policy, "_can_be_read", lambda path: path.name != "004.png")
    report = extract_dataset(ws, ws.dataset("d"), Network(), calibration(), batch_size=4, bins=20)
    assert (report.extracted, report.reused) == (0, 9)


def test_an_unplugged_disk_ends_the_extraction_and_leaves_nothing_wrong(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, away = tars.read_bytes, tmp_path / "unplugged"

    def unplug(path: Path) -> bytes:
        if path.name == "004.png" and not away.exists():
            (tmp_path / "in").rename(away)
        return read(path)

    monkeypatch.setattr(tars, "read_bytes", unplug)
    with pytest.raises(Unavailable, match="unplugged"):
        extract(ws, "d")
    away.rename(tmp_path / "in")
    away.mkdir()  # so that it is not moved again
    extract(ws, "d")
    assert ws.dna("d", "tiny").images == 9 and ws.rejected(ws.dataset("d")) == []


def test_a_folder_that_cannot_be_looked_into_keeps_what_was_extracted(ws: Workspace, tmp_path: Path) -> None:
    draw(tmp_path / "in" / "sub", 3, seed=4)
    extract(ws, "d")
    scandir = os.scandir

    def denied(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(errno.EACCES, "denied", str(path))
        return scandir(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", denied)
        scan = ws.scan(ws.dataset("d"))
        assert len(scan.files) == 12 and scan.removed == 0
        report = extract_dataset(ws, ws.dataset("d"), Network(), calibration(), batch_size=4, bins=20)
    assert (report.extracted, report.images) == (0, 12)


def test_compare_says_how_many_images_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small_world.use_small_network(monkeypatch)
    opened = small_world.workspace(tmp_path / "home")
    for name, seed in (("a", 1), ("b", 2)):
        opened.add_dataset(name, draw(tmp_path / name, 4, seed=seed))
    bad_files.truncated_jpeg(tmp_path / "b" / "broken.jpg")
    with monkeypatch.context() as patch:
        failing(patch, "002.png", OSError(errno.EIO, "disk"))
        patch.setattr(sketch_policy, "_can_be_read", lambda path: False)
        assert main(["compare", "a", "b", "--workspace", str(opened.root), "--json", "--device", "cpu"]) == 1
        out = capsys.readouterr().out
        assert '"images": [\n  [\n   3,\n   1\n  ],\n  [\n   3,\n   2\n  ]\n ]' in out
    assert main(["compare", "a", "b", "--workspace", str(opened.root), "--device", "cpu"]) == 1
    text = capsys.readouterr().out
    assert "b: 4 of 5 images; 1 could not be read" in text and "a:" not in text


def test_reasons_that_pass_are_told_from_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unread, match="no such file"):
        decode.decode(tmp_path / "nowhere.png")
    with pytest.raises(BadInput) as error:
        decode.decode(bad_files.truncated_jpeg(tmp_path / "cut.jpg"))
    assert not isinstance(error.value, Unread)
    monkeypatch.setattr(decode.Image, "open", lambda *_, **__: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(Unread, match="memory"):
        decode.decode(bad_files.plain(tmp_path / "fine.jpg"))


def test_a_file_that_is_replaced_while_it_is_extracted_is_not_filed_under_its_old_content(tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 2)
    paths = sorted(folder.iterdir())
    known = [content_hash(path) for path in paths]
    paths[1].write_bytes(paths[0].read_bytes())
    batch = next(iter(feed(Network(), paths, 4, contents=known)))  # type: ignore[arg-type]
    assert batch.kept == [0] and batch.passing == {1} and "changed" in batch.rejected[1]


# -- activations that are not finite -----------------------------------------------------------------------------------


class Broken(Network):
    """Gives a NaN, or an infinity, for images that begin bright."""

    fingerprint = Network.fingerprint

    def __init__(self, bad: float, share: float) -> None:
        self.bad, self.above = bad, share

    def visit(self, batch, see, *_, **__):  # type: ignore[no-untyped-def]
        broken = batch.flatten(1).mean(1) > self.above

        def spoil(layer: str, x: torch.Tensor) -> None:
            x = x.clone()
            x[broken, 0, 3] = self.bad
            see(layer, x)

        super().visit(batch, spoil)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_an_image_with_an_activation_that_is_not_finite_is_rejected_and_named(ws: Workspace, bad: float) -> None:
    network = Network()
    paths = sorted(ws.dataset("d").folder.iterdir())
    bright = [float(network.preprocess(path).mean()) for path in paths]
    above = sorted(bright)[-3]
    report = extract_dataset(ws, ws.dataset("d"), Broken(bad, above), calibration(), batch_size=4, bins=20)
    wrong = [path.name for path, mean in zip(paths, bright, strict=True) if mean > above]
    assert [row["path"] for row in report.rejected] == wrong and len(wrong) == 2
    assert {row["reason"] for row in report.rejected} == {"an activation is not finite"}
    found = ws.dna("d", "tiny")
    assert found.images == 7 and np.isfinite(found.mean).all() and np.isfinite(found.deviations).all()
    assert found.histograms[0].sum() == 7 * 64


def test_weights_that_are_not_finite_are_called_damaged(ws: Workspace) -> None:
    with pytest.raises(BadInput, match="weights are damaged"):
        extract_dataset(ws, ws.dataset("d"), Broken(float("nan"), -9), calibration(), batch_size=4, bins=20)
    with pytest.raises(BadInput, match="weights are damaged"):
        dc.calibrate(Broken(float("nan"), -9), [ws.dataset("d").folder])  # type: ignore[arg-type]


# -- the share of images that keep sketches ----------------------------------------------------------------------------


def disk(patch: pytest.MonkeyPatch, free: int) -> None:
    usage = type("Usage", (), {"free": free})
    patch.setattr(sketch_policy.shutil, "disk_usage", lambda _: usage)


def test_the_share_of_sketches_is_fixed_when_it_is_chosen(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    extract(ws, "d")
    disk(monkeypatch, 10)
    setting = ws.store.settings()[0]
    assert is_current(ws, ws.dataset("d"), setting)
    report = extract_dataset(ws, ws.dataset("d"), Network(), calibration(), batch_size=4, bins=20)
    assert (report.extracted, report.reused) == (0, 9)


def test_shares_are_powers_of_two_and_nested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk(monkeypatch, 4 * 42 * 5 * 3)  # room for three sketches of five neurons
    assert sketch_policy.sketch_every(tmp_path, 5, 9) == 4
    hashes = [f"{number * 2654435761 % 2**32:08x}" for number in range(200)]
    for every in (2, 4, 8):
        finer = {h for h in hashes if sketch_policy.keeps_sketch(h, every // 2)}
        assert {h for h in hashes if sketch_policy.keeps_sketch(h, every)} < finer


def test_new_images_on_a_full_disk_make_the_share_coarser_and_extract_nothing_again(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract(ws, "d")
    draw(tmp_path / "in" / "more", 40, seed=8)
    disk(monkeypatch, 4 * 42 * 5 * 12)
    report = extract_dataset(ws, ws.dataset("d"), Network(), calibration(), batch_size=4, bins=20)
    assert (report.extracted, report.reused) == (40, 9)
    every = ws.store.share(ws.dataset("d"), ws.store.settings()[0])
    assert every in (2, 4, 8)
    sketched = ws.sketches("d", "tiny")
    files = ws.files(ws.dataset("d"))
    assert {files[at].hash for at in sketched.found} == {
        f.hash for f in files if sketch_policy.keeps_sketch(f.hash, every)
    }


# -- noise where only a sample has sketches ----------------------------------------------------------------------------


def test_noise_is_that_of_all_images_where_only_a_sample_has_sketches(ws: Workspace, tmp_path: Path) -> None:
    from dataclasses import replace

    from dnacore.distances.split_half import halves

    ws.add_dataset("many", draw(tmp_path / "many", 80, seed=5))
    extract(ws, "many")
    whole = ws.dna("many", "tiny")
    files = whole.source
    a, b = (replace(whole, source=files.select(np.arange(start, 80, 2)), images=40) for start in (0, 1))
    one, two = (replace(sketched_dna(d.source, d.calibration, d.extractor, d.name), source=d.source) for d in (a, b))
    sampled = [replace(d, source=d.source.select(np.arange(0, 40, 2))) for d in (one, two)]
    full, part = sensitivity(one, two, 60), sensitivity(*sampled, 60)
    assert np.median(part.noise / full.noise) == pytest.approx(1, abs=0.25), "not 1.41, as for half the images"
    assert halves(sampled[0].source, images=40).average() == pytest.approx(halves(one.source).average(), rel=0.25)
