"""Shards, sketches and merged DNAs on disk: what is damaged or lost is computed again, with the same result."""

from __future__ import annotations

import ast
import os
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.analyses.ranking import distances_to
from dnacore.errors import Cancelled, Damaged, DnaError, Unavailable, UnknownName
from dnacore.sources.resolver import Sources
from dnacore.workspace import registry
from tests import small_world
from tests.small_world import NAME, draw, extract


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dc.Workspace:
    """A workspace with one dataset of 9 images in two shards, extracted."""
    small_world.use_small_network(monkeypatch)
    opened = small_world.workspace(tmp_path / "home")
    folder = draw(tmp_path / "in", 5)
    opened.add_dataset("d", folder)
    extract(opened, "d")
    draw(folder / "more", 4, seed=3)
    extract(opened, "d")
    assert len(list((opened.root / "shards").iterdir())) == 2
    return opened


def same(a: dc.DNA, b: dc.DNA) -> bool:
    return np.array_equal(a.histograms, b.histograms) and np.array_equal(a.outside, b.outside) and a.images == b.images


def ranking(ws: dc.Workspace) -> np.ndarray:
    return distances_to(ws.sketches("d", NAME), ws.dna("d", NAME))


def flip(path: Path, *places: float) -> None:
    """Change the bytes at these shares of the file's length."""
    content = bytearray(path.read_bytes())
    for place in places:
        content[int(place * (len(content) - 1))] ^= 0xA5
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES: dict[str, Callable[[Path], None]] = {
    "flipped": lambda p: flip(p, 0.3, 0.5, 0.7), "cut": cut, "empty": lambda p: p.write_bytes(b""), "gone": Path.unlink
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_shard_is_set_aside_and_made_again(ws: dc.Workspace, damage: str) -> None:
    before = ws.dna("d", NAME)
    for path in [min((ws.root / "shards").iterdir()), *(ws.root / "dna").iterdir()]:
        DAMAGES[damage](path)
    with pytest.raises(Damaged, match="damaged or lost and has been set aside"):
        ws.dna("d", NAME)
    after = Sources(ws, batch_size=4).dna("d")
    assert same(before, after)
    assert same(before, ws.dna("d", NAME))
    aside = [p.name for p in (ws.root / "damaged").glob("*")]
    assert len(aside) == (0 if damage == "gone" else 2), aside


def test_all_shards_damaged_at_once_are_found_at_once(ws: dc.Workspace) -> None:
    before = ws.dna("d", NAME)
    for path in [*(ws.root / "shards").iterdir(), *(ws.root / "dna").iterdir()]:
        cut(path)
    after = Sources(ws, batch_size=4).dna("d")
    moved = np.abs(before.histograms - after.histograms).sum() / 2
    assert moved <= before.histograms.sum() / 1000, "cut into other shards, the images met other ones in their batches"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_merged_dna_is_merged_again(ws: dc.Workspace, damage: str) -> None:
    before = ws.dna("d", NAME)
    DAMAGES[damage](next((ws.root / "dna").iterdir()))
    assert same(before, ws.dna("d", NAME))


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_sketches_are_made_again(ws: dc.Workspace, damage: str) -> None:
    before = ranking(ws)
    for path in (ws.root / "sketches").iterdir():
        DAMAGES[damage](path)
    sources = Sources(small_world.workspace(ws.root), batch_size=4)
    files, sketches = sources.sketches("d")
    assert len(sketches) == 9
    np.testing.assert_array_equal(distances_to(sketches, sources.dna("d")), before)


def failing(error: Exception) -> Callable[..., None]:
    """A function that does nothing but raise."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_nothing_is_taken_for_damaged_where_python_cannot_parse(ws: dc.Workspace) -> None:
    mismatch = SystemError("AST constructor recursion depth mismatch (before=39, after=36)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ast, "parse", failing(mismatch))  # as it happens where two threads of CPython 3.11 parse
        images, ranges = ws.dna("d", NAME).images, ws.store.calibration(ws.store.settings()[0].calibration)
    assert images == 9 and ranges is not None and not (ws.root / "damaged").exists()


@pytest.mark.parametrize(
    ("where", "what", "error"),
    [
        (threading.Thread, "start", RuntimeError("can't start new thread")),
        (zipfile.ZipExtFile, "read", zlib.error("Error -4 while decompressing data")),
        (zipfile.ZipExtFile, "read", MemoryError()),
    ],
    ids=["threads", "memory of zlib", "memory"],
)
def test_a_machine_at_its_limits_damages_nothing(ws: dc.Workspace, where: type, what: str, error: Exception) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, what, failing(error))
        with pytest.raises(Unavailable, match="Nothing was changed"):
            ws.dna("d", NAME)
    assert ws.dna("d", NAME).images == 9 and not (ws.root / "damaged").exists()


def test_one_lost_shard_costs_only_its_own_images(ws: dc.Workspace) -> None:
    sorted((ws.root / "shards").iterdir())[0].unlink()
    report = extract(ws, "d")
    assert (report.extracted, report.reused) in {(5, 4), (4, 5)}


@pytest.mark.parametrize("place", np.linspace(0, 1, 7).tolist())
def test_a_flipped_byte_never_gives_another_number(ws: dc.Workspace, place: float) -> None:
    """Wherever it is: the answer is the same, or the file is set aside and the answer is the same afterwards."""
    before, ranked = ws.dna("d", NAME), ranking(ws)
    for folder in ("dna", "shards", "sketches", "words"):
        for path in (ws.root / folder).iterdir():
            flip(path, place)
    again = small_world.workspace(ws.root)
    sources = Sources(again, batch_size=4)
    assert same(sources.dna("d"), before)
    files, sketches = sources.sketches("d")
    np.testing.assert_array_equal(distances_to(sketches, before), ranked)


def test_sketch_files_are_read_through_only_after_a_change(ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[Path] = []
    monkeypatch.setattr("dnacore.sketches.arrayfile.verify", lambda path, *_: verified.append(path))
    ws.sketches("d", NAME)
    assert verified == []
    for path in (ws.root / "sketches").iterdir():
        os.utime(path)
    ws.sketches("d", NAME)
    assert verified != []
    verified.clear()
    ws.sketches("d", NAME)
    assert verified == []


def test_removing_frees_all_of_our_files_and_none_of_others(ws: dc.Workspace, tmp_path: Path) -> None:
    ws.add_dataset("e", draw(tmp_path / "in2", 3, seed=5))
    extract(ws, "e")
    ws.dna("d", NAME)
    kept = ws.dna("e", NAME)

    def ours() -> int:
        return sum(p.stat().st_size for f in ("shards", "sketches", "words", "dna") for p in (ws.root / f).iterdir())

    before = ours()
    freed = ws.remove_dataset("d")
    assert freed > 0 and before - ours() == freed
    assert list((ws.root / "dna").iterdir()) == []
    assert same(ws.dna("e", NAME), kept)


def test_a_dataset_removed_during_its_extraction_ends_it_in_one_sentence(tmp_path: Path) -> None:
    ws = small_world.workspace(tmp_path / "home")
    ws.add_dataset("d", draw(tmp_path / "in", 5))

    def progress(now: object) -> None:
        if ws.datasets() and now.stage == "extracting" and now.done:
            ws.remove_dataset("d")

    with pytest.raises(UnknownName, match="was removed while it was being extracted"):
        extract(ws, "d", progress=progress)
    ws.store.sweep(older_than=-1)
    assert list((ws.root / "shards").iterdir()) == []


def test_sweeping_takes_only_what_nothing_points_to(ws: dc.Workspace) -> None:
    before = ws.dna("d", NAME)
    for folder in ("shards", "sketches", "words", "dna"):
        (ws.root / folder / "stray").write_bytes(b"x" * 10)
    assert ws.store.sweep() == 0, "somebody may be writing it"
    assert ws.store.sweep(older_than=-1) == 40
    assert same(ws.dna("d", NAME), before)
    assert extract(ws, "d").extracted == 0


def test_a_renamed_image_is_not_extracted_again(ws: dc.Workspace, tmp_path: Path) -> None:
    before = ws.dna("d", NAME)
    (tmp_path / "in" / "000.png").rename(tmp_path / "in" / "other name.png")
    report = extract(ws, "d")
    assert (report.extracted, report.reused) == (0, 9)
    assert same(ws.dna("d", NAME), before)
    assert len(ws.sketches("d", NAME)) == 9


def test_a_renamed_dataset_keeps_its_dna(ws: dc.Workspace) -> None:
    before = ws.dna("d", NAME)
    ws.rename_dataset("d", "e")
    assert same(ws.dna("e", NAME), before)
    assert ws.dna("e", NAME).name == "e"
    assert extract(ws, "e").extracted == 0


def test_former_names_lead_to_the_dataset_until_another_takes_them(ws: dc.Workspace, tmp_path: Path) -> None:
    for old, new in (("d", "e"), ("e", "f")):
        ws.rename_dataset(old, new)
    assert ws.former_names() == {"d": "f", "e": "f"}
    ws.rename_dataset("f", "d")
    assert ws.former_names() == {"e": "d", "f": "d"}, "a name in use is nobody's former one"
    other = ws.add_dataset("e", draw(tmp_path / "other", 2))
    assert ws.former_names() == {"f": "d"}
    ws.rename_dataset("e", "g")
    ws.remove_dataset("g")
    assert other.name == "e" and ws.former_names() == {"f": "d"}, "what is deleted leaves no name behind"
    for turn in range(registry.FORMER + 3):
        ws.rename_dataset("d" if not turn else f"d {turn - 1}", f"d {turn}")
    kept = ws.former_names()
    assert len(kept) == registry.FORMER and f"d {registry.FORMER + 1}" in kept and "f" not in kept


def test_the_key_of_a_dna_changes_when_it_does(ws: dc.Workspace, tmp_path: Path) -> None:
    dataset = ws.dataset("d")
    before = ws.store.dna_key(dataset, NAME)
    ws.rename_dataset("d", "e")
    assert ws.store.dna_key(ws.dataset("e"), NAME) == before
    (tmp_path / "in" / "000.png").unlink()
    extract(ws, "e")
    assert ws.store.dna_key(dataset, NAME) != before
    assert ws.store.dna_key(dataset, "another network") is None


def test_two_extractions_of_one_dataset_wait_for_each_other(tmp_path: Path) -> None:
    ws = small_world.workspace(tmp_path / "home")
    ws.add_dataset("d", draw(tmp_path / "in", 6))
    inside, waits, stages, reports = threading.Event(), threading.Event(), [], []

    def slow(now: object) -> None:
        if now.stage == "extracting" and now.done:
            inside.set()
            waits.wait(90)

    def say(now: object) -> None:
        stages.append(now.stage)
        waits.set()

    first = threading.Thread(target=lambda: reports.append(extract(ws, "d", progress=slow)))
    first.start()
    assert inside.wait(90)
    second = extract(small_world.workspace(ws.root), "d", progress=say)
    first.join()
    assert (reports[0].extracted, second.extracted, second.reused) == (6, 0, 6)
    assert stages[0].startswith("waiting for another extraction")


def test_who_waits_can_be_stopped(tmp_path: Path) -> None:
    from filelock import FileLock

    ws = small_world.workspace(tmp_path / "home")
    dataset = ws.add_dataset("d", draw(tmp_path / "in", 2))
    (ws.root / "locks").mkdir(exist_ok=True)
    with FileLock(ws.root / "locks" / f"dataset-{dataset.id}.lock"), pytest.raises(Cancelled):
        extract(ws, "d", stop=lambda: True)


def test_reading_while_another_process_extracts_anew(ws: dc.Workspace, tmp_path: Path) -> None:
    """A DNA that is read while its shards are replaced is the old one or the new one, never an error."""
    stop, failures, seen = threading.Event(), [], set()

    def read() -> None:
        reader = small_world.workspace(ws.root)
        while not stop.is_set():
            try:
                seen.add(reader.dna("d", NAME).images)
                seen.add(len(reader.sketches("d", NAME)))
            except (DnaError, AttributeError) as error:
                failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(3):
        (tmp_path / "in" / f"{number:03d}.png").unlink()
        extract(ws, "d")
    stop.set()
    thread.join()
    assert failures == []
    assert seen <= {9, 8, 7, 6}
