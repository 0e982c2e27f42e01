"""The report that is being collected: kept in the workspace, so that it outlives pages, sessions and the server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dnacore import versioned
from dnacore.errors import BadInput
from dnacore.workspace.workspace import Workspace

FORMAT, VERSION = "visual-dna report", 1
MOST = 40
_lock = threading.Lock()


@dataclass(frozen=True)
class Report:
    """A title, an introduction, and the views as `reporting.freeze` made them."""

    title: str = "Visual DNA report"
    intro: str = ""
    views: tuple[Mapping[str, Any], ...] = ()


def load(workspace: Workspace) -> Report:
    """Return the workspace's report; an empty one where there is none that can be read."""
    try:
        read = versioned.read(_file(workspace), FORMAT, VERSION)
        return Report(str(read["title"]), str(read["intro"]), tuple(read["views"]))
    except versioned.UNREADABLE:
        return Report()


def save(workspace: Workspace, report: Report) -> None:
    """Keep a report in place of the one that was there."""
    versioned.write(_file(workspace), FORMAT, VERSION, vars(report))


def add(workspace: Workspace, view: Mapping[str, Any]) -> None:
    """Put a view at the end of the report. Raises BadInput when it is full."""
    with _lock:
        report = load(workspace)
        if len(report.views) >= MOST:
            raise BadInput(f"The report has {MOST} views already. Remove one, or download it and start another.")
        save(workspace, replace(report, views=(*report.views, view)))


def arrange(workspace: Workspace, views: Sequence[Mapping[str, Any]]) -> None:
    """Keep these views, in this order."""
    with _lock:
        save(workspace, replace(load(workspace), views=tuple(views)))


def describe(workspace: Workspace, title: str, intro: str) -> None:
    """Give the report a title and an introduction."""
    with _lock:
        report = load(workspace)
        if (report.title, report.intro) != (title, intro):
            save(workspace, replace(report, title=title, intro=intro))


def _file(workspace: Workspace) -> Path:
    return workspace.root / "report.json"
