"""How long work reports its progress, and how it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dnacore.errors import Cancelled
from dnacore.workspace.workspace import Workspace


@dataclass(frozen=True)
class Progress:
    """Where an extraction stands. stage: what is being done, in words; done, total: images of this dataset."""

    stage: str
    dataset: str
    done: int
    total: int
    rejected: int = 0


Watch = Callable[[Progress], None]
Stop = Callable[[], bool]


def report_or_stop(stop: Stop, say: Watch, progress: Progress) -> None:
    """Report progress; raise Cancelled where a stop was asked for."""
    if stop():
        raise Cancelled(f"Stopped on request while {progress.stage}. Nothing was lost; run it again to go on.")
    say(progress)


def lock_file(workspace: Workspace, name: str) -> Path:
    """The path of a lock of this workspace."""
    folder = workspace.root / "locks"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.lock"
