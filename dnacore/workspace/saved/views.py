"""Views that were saved under a name: a page and its choices, kept in the workspace for every session on it."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dnacore import versioned
from dnacore.errors import BadInput
from dnacore.workspace.workspace import Workspace

FORMAT, VERSION = "visual-dna views", 1
MOST, LONGEST = 60, 60
_lock = threading.Lock()


@dataclass(frozen=True)
class SavedView:
    """page: its name in `navigation.TITLES`. query: its choices as in an address, (key, value) each."""

    name: str
    page: str
    query: tuple[tuple[str, str], ...]
    saved: float


def load(workspace: Workspace) -> list[SavedView]:
    """Return the saved views, newest first; none where there is no file that can be read."""
    try:
        found = [
            SavedView(
                str(one["name"]),
                str(one["page"]),
                tuple((str(key), str(value)) for key, value in one["query"]),
                float(one["saved"]),
            )
            for one in versioned.read(_file(workspace), FORMAT, VERSION)["views"]
        ]
    except versioned.UNREADABLE:
        return []
    return sorted(found, key=lambda one: -one.saved)


def save(
    workspace: Workspace, name: str, page: str, query: Sequence[Sequence[str]]
) -> tuple[SavedView, SavedView | None]:
    """Keep a view; return it, and the one that had its name until now, which is kept under another one.

    Raises BadInput without a name, or when there are too many.
    """
    name = " ".join(name.split())[:LONGEST]
    if not name:
        raise BadInput("A view needs a name to be found by.")
    with _lock:
        found = load(workspace)
        view = SavedView(name, page, tuple((key, value) for key, value in query), time.time())
        before = next((one for one in found if one.name == name), None)
        kept = [one for one in found if one.name != name]
        if before is not None and (before.page, before.query) != (view.page, view.query):
            before = replace(before, name=free(f"{name}, earlier", [one.name for one in found]))
            kept.append(before)
        else:
            before = None
        if len(kept) >= MOST:
            raise BadInput(f"There are {MOST} saved views already. Remove one first.")
        _write(workspace, [view, *kept])
    return view, before


def free(name: str, taken: Collection[str]) -> str:
    """Return a name that no other view has, cut to the length of one: the name itself, or with a number."""
    plain = textwrap.shorten(name, LONGEST, placeholder="…")
    plain = plain if len(plain) > 1 else name[:LONGEST]  # a single long word
    endings = ["", *(f" {number}" for number in range(2, len(taken) + 3))]
    return next(found for end in endings if (found := plain[: LONGEST - len(end)].rstrip() + end) not in taken)


def remove(workspace: Workspace, name: str) -> None:
    """Forget a view; does nothing where there is none of that name."""
    with _lock:
        _write(workspace, [one for one in load(workspace) if one.name != name])


def _write(workspace: Workspace, views: Sequence[SavedView]) -> None:
    versioned.write(_file(workspace), FORMAT, VERSION, {"views": [asdict(one) for one in views]})


def _file(workspace: Workspace) -> Path:
    return workspace.root / "views.json"
