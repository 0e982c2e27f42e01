"""The catalogue: older, newer, damaged or used by many at once."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.errors import BadInput, Damaged, Unavailable, UnknownName
from tests import small_world
from tests.small_world import content, draw


def filled(root: Path, tmp_path: Path) -> dc.Workspace:
    ws = dc.Workspace.open(root)
    for i in range(3):
        ws.scan(ws.add_dataset(f"set {i}", draw(tmp_path / f"in{i}", 4)))
    ws.save_selection(dc.Selection.of(np.arange(50), name="mine"))
    return ws


def test_a_newer_workspace_is_refused_and_left_alone(tmp_path: Path) -> None:
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = content(ws.root)
    with pytest.raises(Damaged, match="newer version of this program"):
        dc.Workspace.open(ws.root)
    assert content(ws.root) == before


def test_an_older_workspace_is_brought_up_to_date(tmp_path: Path) -> None:
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("DROP TABLE checked")
        db.execute("PRAGMA user_version = 1")
    db.close()
    ws = small_world.workspace(ws.root)
    assert [d.name for d in ws.datasets()] == ["set 0", "set 1", "set 2"]
    assert small_world.extract(ws, "set 1").extracted == 4


def test_a_workspace_from_before_former_names_were_kept_is_brought_up_to_date(tmp_path: Path) -> None:
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("DROP TABLE former")
        db.execute("PRAGMA user_version = 4")
    db.close()
    ws = small_world.workspace(ws.root)
    ws.rename_dataset("set 1", "first")
    assert ws.former_names() == {"set 1": "first"}


def test_a_catalogue_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "catalogue.sqlite").write_bytes(b"once upon a time " * 500)
    ws = dc.Workspace.open(tmp_path / "home")
    assert "set aside as catalogue.damaged-" in ws.catalogue.notice
    assert ws.datasets() == []
    aside = next(ws.root.glob("catalogue.damaged-*"))
    assert aside.read_bytes().startswith(b"once upon")
    assert dc.Workspace.open(ws.root).catalogue.notice == ""


def test_names_and_selections_survive_a_damaged_catalogue(tmp_path: Path) -> None:
    """Wherever bytes are lost, opening and asking ends in an answer or one sentence, and later all works again."""
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    good = (ws.root / "catalogue.sqlite").read_bytes()
    rng = np.random.default_rng(3)
    kept = 0
    for _ in range(25):
        shutil.rmtree(ws.root)
        ws.root.mkdir()
        bad = bytearray(good)
        start = int(rng.integers(100, len(bad) - 400))
        bad[start : start + 400] = rng.integers(0, 256, 400, dtype=np.uint8).tobytes()
        (ws.root / "catalogue.sqlite").write_bytes(bad)
        for _ in range(3):
            try:
                opened = small_world.workspace(ws.root)
                names = {d.name for d in opened.datasets()}
                for name in names:
                    opened.scan(opened.dataset(name))
                opened.selections()
                opened.dataset(draw(tmp_path / "new", 1))
                break
            except (Damaged, UnknownName, BadInput, Unavailable):
                continue
        kept += len([d for d in small_world.workspace(ws.root).datasets() if d.name.startswith("set ")])
        folder = draw(tmp_path / "new", 1)
        assert small_world.workspace(ws.root).dataset(folder).images == 1
    assert kept >= 25 * 3 * 0.8


def test_broken_text_in_the_catalogue_ends_in_one_sentence_and_is_mended(tmp_path: Path) -> None:
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("UPDATE dataset SET title = CAST(x'b2b2' AS TEXT) WHERE name = 'set 1'")
        db.execute("INSERT INTO selection VALUES ('odd', '{', 0), ('odder', 'null', 1)")
    db.close()
    with pytest.raises(Damaged, match="3 datasets in it could be read"):
        ws.datasets()
    assert [d.name for d in ws.datasets()] == ["set 0", "set 1", "set 2"]
    assert [s.name for s in ws.selections()] == ["mine"]


def test_new_shards_never_meet_the_files_of_a_lost_catalogue(tmp_path: Path) -> None:
    """A merged DNA is found by its shards' numbers, which a new catalogue must not hand out again."""
    ws = small_world.workspace(tmp_path / "home")
    folder = draw(tmp_path / "in", 4)
    ws.add_dataset("d", folder)
    small_world.extract(ws, "d")
    draw(folder / "more", 3, seed=4)
    small_world.extract(ws, "d")
    assert ws.dna("d", small_world.NAME).images == 7
    for file in ws.root.glob("catalogue.sqlite*"):
        file.unlink()
    ws = small_world.workspace(ws.root)
    other = draw(tmp_path / "other", 4, seed=7)
    ws.add_dataset("e", other)
    small_world.extract(ws, "e")
    draw(other / "more", 3, seed=8)
    small_world.extract(ws, "e")
    fresh = small_world.workspace(tmp_path / "fresh")
    fresh.add_dataset("e", other)
    small_world.extract(fresh, "e")
    np.testing.assert_array_equal(ws.dna("e", small_world.NAME).histograms, fresh.dna("e", small_world.NAME).histograms)


def test_many_may_open_and_change_it_at_once(tmp_path: Path) -> None:
    folders = [draw(tmp_path / f"in{i}", 2) for i in range(8)]
    failures: list[BaseException] = []

    def work(i: int) -> None:
        try:
            ws = dc.Workspace.open(tmp_path / "home")
            for folder in (folders[i], folders[(i + 1) % 8]):
                ws.scan(ws.dataset(folder))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    datasets = dc.Workspace.open(tmp_path / "home").datasets()
    assert sorted(d.name for d in datasets) == [f"in{i}" for i in range(8)]
    assert sorted(d.colour for d in datasets) == list(range(8))


def test_a_workspace_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(BadInput, match="workspace folder"):
            dc.Workspace.open(place)
    (tmp_path / "home" / "catalogue.sqlite").mkdir(parents=True)
    with pytest.raises(Unavailable, match="cannot be used"):
        dc.Workspace.open(tmp_path / "home")
