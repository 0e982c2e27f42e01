"""The demo that begins by itself: once, and only where nobody has ever kept anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dnacore as dc
from dnacore.workspace import jobs
from dnacore.workspace.upkeep import demo_job
from tests.ui.conftest import cancel_jobs, draw_pictures


def test_of_all_who_ask_at_once_one_begins(tmp_path: Path) -> None:
    workspace = dc.Workspace.open(tmp_path / "home")
    with ThreadPoolExecutor(4) as pool:
        begun = [job for job in pool.map(lambda _: demo_job.begin_where_new(workspace), range(4)) if job is not None]
    cancel_jobs(workspace.root)
    assert [job.id for job in jobs.list_jobs(workspace)] == [job.id for job in begun] and len(begun) == 1


def test_nothing_begins_where_something_was_kept_once(tmp_path: Path) -> None:
    removed, imports = (dc.Workspace.open(tmp_path / name) for name in ("removed", "imports"))
    removed.add_dataset("own", draw_pictures(tmp_path / "own", 2, (9, 9, 9), 0))
    removed.remove_dataset("own")
    (imports.root / "imports").mkdir(exist_ok=True)
    (imports.root / "imports" / "theirs.dna.npz").touch()
    assert [demo_job.begin_where_new(workspace) for workspace in (removed, imports)] == [None, None]
    assert [jobs.list_jobs(workspace) for workspace in (removed, imports)] == [[], []]
