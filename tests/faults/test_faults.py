"""Whatever fails, and wherever: the old state or the new one, never neither; run again, and all is as if nothing was."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from dnacore.errors import DnaError
from tests.faults import tally
from tests.faults.layer import KILL, KINDS, Layer
from tests.faults.world import SAID, WORKS, Work, state
from tests.long import sample

State = dict[str, Any]
POINTS = 7  # of each piece of work in the sample; all of them in the long run


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_after_a_fault_all_is_as_before_or_as_after(work: Work, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    work.prepare(before)
    old = state(before) if work.name != "find a lost catalogue" else None
    root = _copied(before, tmp_path)
    layer = Layer(root)
    with layer.on():
        work.act(root)
    new = state(root)
    points = [(kind, at) for kind in KINDS for at in range(1, layer.count + 1)]
    failures = []
    for kind, at in sample(points, POINTS, work.name):
        problem = _tried(work, _copied(before, tmp_path), kind, at, (old, new))
        tally.note(work.name, problem is None)
        if problem:
            failures.append(f"{kind} at operation {at} of {layer.count}: {problem}")
    assert not failures, "\n".join(failures)


def _copied(before: Path, tmp_path: Path) -> Path:
    root = tmp_path / "run"  # always the same path: the catalogue keeps absolute ones
    shutil.rmtree(before.parent / "away", ignore_errors=True)
    if root.exists():
        shutil.rmtree(root)
    shutil.copytree(before, root, symlinks=True)
    _repoint(root, before)
    return root


def _repoint(root: Path, before: Path) -> None:
    """Let the catalogue of a copy speak of the copy."""
    import sqlite3

    for path in (root / "home").glob("catalogue*.sqlite"):
        with sqlite3.connect(path) as db:
            for column in ("source", "folder", "attributes"):
                db.execute(f"UPDATE dataset SET {column} = replace({column}, ?, ?)", (str(before), str(root)))
        db.close()


def _tried(work: Work, root: Path, kind: str, at: int, states: tuple[State | None, State]) -> str | None:
    """One fault; a sentence where something was lost, None where not."""
    if kind == KILL:
        if (code := _killed(work, root, at)) not in (0, 9):
            return f"the process ended with {code}"
    else:
        try:
            with Layer(root, kind, at).on():
                work.act(root)
        except (DnaError, OSError, MemoryError):
            pass
    aside = [path.name for path in (root / "home" / "damaged").glob("*")]
    if aside:
        return f"healthy files were set aside: {aside}"
    try:
        after = state(root)
        if after not in states and not _on_the_way(after, *states):
            return f"neither old nor new: {after}"
        work.act(root)
        again = state(root)
    except DnaError as error:
        return f"afterwards: {error}"
    return None if again == states[1] else f"run again it is {again} instead of {states[1]}"


def _on_the_way(after: State, old: State | None, new: State) -> bool:
    """Whether every part of a state is the old or the new one: files may be looked at already and not yet extracted."""
    if old is None or not set(after) <= set(old) | set(new) or not set(old) & set(new) <= set(after):
        return False
    for name, found in after.items():
        if not isinstance(found, tuple):
            if found not in (old.get(name), new.get(name)):
                return False
            continue
        was, will = old.get(name) or (0, None, None), new.get(name) or (0, None, None)
        files = found[0] if isinstance(found[0], int) else len(found[0])
        if found[1] not in (was[1], will[1], SAID) or found[2] not in (was[2], will[2], None, SAID):
            return False
        if SAID not in found and files not in {one if isinstance(one, int) else len(one) for one in (was[0], will[0])}:
            return False
    return True


def _killed(work: Work, root: Path, at: int) -> int:
    """Run the work in a process that ends, without a word, at an operation. Its exit code; -1 where it hangs."""
    child = os.fork()
    if not child:
        code = 1
        try:
            with Layer(root, KILL, at).on():
                work.act(root)
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -1
