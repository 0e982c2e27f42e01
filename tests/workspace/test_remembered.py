"""What is asked of the catalogue again and again is answered from memory, and never by what is no longer so."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import dnacore as dc
from dnacore.errors import UnknownName
from tests.small_world import draw


def rested(path: Path, seconds: float = 10.0) -> None:
    """Make a file look as if nobody had changed it for a while."""
    then = time.time_ns() - int(seconds * 1e9) - time.time_ns() % 1000 - 7
    os.utime(path, ns=(then, then))


def test_a_question_is_asked_once_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = dc.Workspace.open(tmp_path / "home").catalogue
    rested(kept.path)
    asked = []
    rows = kept.rows
    monkeypatch.setattr(kept, "rows", lambda *query: asked.append(query) or rows(*query))
    assert [kept.remembered("SELECT count(*) FROM dataset")[0][0] for _ in range(3)] == [0, 0, 0]
    assert len(asked) == 1


def test_what_another_process_changes_is_seen_at_once(tmp_path: Path) -> None:
    here, there = dc.Workspace.open(tmp_path / "home"), dc.Workspace.open(tmp_path / "home")
    draw(tmp_path / "photos", 3)
    there.add_dataset("photos", tmp_path / "photos")
    rested(here.catalogue.path)
    before = here.dataset("photos")
    key, named = here.files_key(before), here.described_key(before)
    assert (before.images, here.hashed()) == (3, {})
    draw(tmp_path / "photos", 5)
    there.scan(there.dataset("photos"))
    assert here.dataset("photos").images == 5 == here.datasets()[0].images == here.dataset_by_id(before.id).images
    assert here.hashed() == {before.id: 5}
    assert key != here.files_key(before) and named != here.described_key(before)
    rested(here.catalogue.path, 20)
    there.rename_dataset("photos", "pictures")
    assert [one.name for one in here.datasets()] == ["pictures"]
    there.remove_dataset("pictures")
    with pytest.raises(UnknownName):
        here.dataset_by_id(before.id)


@pytest.mark.parametrize("whole_seconds", [False, True])
def test_a_change_that_the_files_time_does_not_show_is_seen(tmp_path: Path, whole_seconds: bool) -> None:
    """A disk's clock may stand still between two changes, for a thousandth of a second or for a whole one."""
    kept = dc.Workspace.open(tmp_path / "home").catalogue
    now = time.time_ns() // 10**9 * 10**9 if whole_seconds else time.time_ns() | 1

    def names() -> list[str]:
        os.utime(kept.path, ns=(now, now))
        return [row["name"] for row in kept.remembered("SELECT name FROM number")]

    with kept.changing() as db:
        db.execute("INSERT INTO number VALUES ('first', 1)")
    assert "first" in names()
    with kept.changing() as db:
        db.execute("UPDATE number SET name = 'other' WHERE name = 'first'")
    assert "other" in names() and "first" not in names()
