"""Scanning: files that come, go, change and return, and what cannot be read."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

import dnacore as dc
from dnacore.errors import UnknownName
from dnacore.images import files
from dnacore.workspace.saved import tags
from tests import bad_files, small_world
from tests.small_world import draw


@pytest.fixture
def ws(tmp_path: Path) -> dc.Workspace:
    return dc.Workspace.open(tmp_path / "home")


def test_indices_stay_when_files_come_go_and_return(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 4)
    dataset = ws.add_dataset("d", folder)
    ws.scan(dataset)
    before = {f.path: (f.index, f.hash) for f in ws.files(dataset)}
    kept = (folder / "001.png").read_bytes()
    (folder / "001.png").unlink()
    (folder / "000.png").rename(folder / "zzz.png")
    scan = ws.scan(dataset)
    assert (scan.added, scan.removed) == (1, 2)
    assert [f.path for f in scan.files] == ["002.png", "003.png", "zzz.png"]
    with pytest.raises(UnknownName):
        ws.image_path(dataset.id, before["001.png"][0])
    (folder / "001.png").write_bytes(kept)
    ws.scan(dataset)
    now = {f.path: (f.index, f.hash) for f in ws.files(dataset)}
    assert {p: now[p] for p in ("001.png", "002.png", "003.png")} == {
        p: before[p] for p in ("001.png", "002.png", "003.png")
    }
    assert now["zzz.png"][1] == before["000.png"][1]
    assert now["zzz.png"][0] == before["000.png"][0]
    assert ws.image_path(dataset.id, now["zzz.png"][0]) == folder / "zzz.png"


@pytest.mark.parametrize("hashes", [True, False])
def test_a_renamed_image_keeps_its_number_and_its_tags(ws: dc.Workspace, tmp_path: Path, hashes: bool) -> None:
    folder = draw(tmp_path / "in", 3)
    dataset = ws.add_dataset("d", folder)
    ws.scan(dataset)
    before, key = {f.path: f.index for f in ws.files(dataset)}, ws.files_key(dataset)
    tags.add(ws.catalogue, [(dataset.id, before["001.png"])], "keep")
    (folder / "sub").mkdir()
    (folder / "001.png").rename(folder / "sub" / "x01.png")
    draw(folder / "new", 1, seed=9)
    scan = ws.scan(dataset, hashes=hashes)
    now = {f.path: f.index for f in scan.files}
    assert now["sub/x01.png"] == before["001.png"] and now["new/000.png"] == 3
    assert ws.dataset("d[tag=keep]").images == 1
    assert ws.files_key(dataset) != key, "what was kept in memory knows the old path"
    (folder / "sub" / "x01.png").rename(folder / "y01.png")
    key = ws.files_key(dataset)
    ws.scan(dataset)
    assert {f.path: f.index for f in ws.files(dataset)}["y01.png"] == before["001.png"]
    assert ws.files_key(dataset) != key


def test_of_renamed_copies_only_those_are_known_again_that_can_be_told_apart(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 1)
    for name in ("b.png", "c.png", "d.png"):
        (folder / name).write_bytes((folder / "000.png").read_bytes())
    dataset = ws.add_dataset("d", folder)
    ws.scan(dataset)
    before = {f.path: f.index for f in ws.files(dataset)}
    (folder / "moved").mkdir()
    for name in ("b.png", "c.png"):
        (folder / name).rename(folder / "moved" / name)
    ws.scan(dataset)
    now = {f.path: f.index for f in ws.files(dataset)}
    assert (now["moved/b.png"], now["moved/c.png"]) == (before["b.png"], before["c.png"])
    for name in ("b.png", "c.png"):
        (folder / "moved" / name).rename(folder / f"other {name}")
    ws.scan(dataset)
    again = {f.path: f.index for f in ws.files(dataset)}
    assert {again["other b.png"], again["other c.png"]}.isdisjoint(before.values())
    assert (again["000.png"], again["d.png"]) == (before["000.png"], before["d.png"])


def test_only_new_and_changed_files_are_read(ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = draw(tmp_path / "in", 3)
    dataset = ws.add_dataset("d", folder)
    ws.scan(dataset)
    looked: list[str] = []
    monkeypatch.setattr("dnacore.images.files.content_hash", lambda path: looked.append(path.name) or "0" * 32)
    ws.scan(dataset)
    assert looked == []
    draw(folder / "more", 1)
    os.utime(folder / "002.png", ns=(1, 1))
    ws.scan(dataset)
    assert sorted(looked) == ["000.png", "002.png"]


def test_a_quick_look_keeps_hashes_that_another_process_computed(ws: dc.Workspace, tmp_path: Path) -> None:
    """`add` of a dataset while it is being extracted must not take the hashes away under the extraction."""
    dataset = ws.add_dataset("d", draw(tmp_path / "in", 3))
    found = files.find_images

    def meanwhile(source: Path):
        result = found(source)
        if not racing.is_set():
            racing.set()
            dc.Workspace.open(ws.root).scan(dataset)
        return result

    racing = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "find_images", meanwhile)
        ws.scan(dataset, hashes=False)
    assert all(len(f.hash) == 32 for f in ws.files(dataset))


def test_rejected_files_come_with_reasons(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 1)
    bad_files.empty(folder / "e.jpg")
    (folder / "dead.png").symlink_to(folder / "nowhere.png")
    dataset = ws.add_dataset("d", folder)
    assert {r.path: r.reason for r in ws.rejected(dataset)} == {
        "dead.png": "the link leads nowhere",
        "e.jpg": "the file is empty",
    }


def test_the_key_of_the_files_follows_what_is_in_the_folder(tmp_path: Path) -> None:
    ws, folder = dc.Workspace.open(tmp_path / "home"), small_world.draw(tmp_path / "set", 3)
    dataset = ws.add_dataset("set", folder)
    seen = [ws.files_key(dataset)]
    assert ws.files_key(dataset) == seen[0]
    for change in (
        lambda: (folder / "000.png").rename(folder / "zzz.png"),
        lambda: (folder / "001.png").unlink(),
        lambda: small_world.draw(folder, 2, seed=9, dark=True),
    ):
        change()
        ws.scan(dataset)
        seen.append(ws.files_key(dataset))
    assert len(set(seen)) == len(seen)
