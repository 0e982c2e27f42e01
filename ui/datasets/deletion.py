"""Deleting a dataset with undo: it is hidden at once and removed a little later or on the next page.

What is pending is kept for the whole server: a tab that is closed deletes what it was told to. A server that stops in
between has deleted nothing.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from dnacore.errors import DnaError
from dnacore.workspace.datasets import Dataset, own_first
from dnacore.workspace.workspace import Workspace
from ui.app import address, reads, words

SECONDS = 60.0
LOOK = "look"  # the key of the chosen dataset
_BEGUN = "_deletions-begun"


@dataclass(frozen=True)
class Pending:
    """A dataset that will be deleted, the bytes that this frees, and the timer that does it."""

    dataset: Dataset
    freed: int
    timer: threading.Timer


_pending: dict[tuple[str, int], Pending] = {}
_changing = threading.Lock()


def begin(dataset: Dataset) -> None:
    """Hide a dataset, and remove it unless that is undone in time."""
    workspace = reads.workspace()
    key = (str(workspace.root), dataset.id)
    timer = threading.Timer(SECONDS, _remove, (workspace, key))
    timer.daemon = True
    with _changing:
        if key in _pending:
            return
        _pending[key] = Pending(dataset, workspace.dataset_size(dataset), timer)
    timer.start()
    left = visible()
    if left and st.session_state.get(LOOK) == dataset.name:
        address.keep(LOOK, left[0].name)  # else the select says that it is gone, as the line with Undo does
    st.session_state.setdefault(_BEGUN, set()).add(dataset.id)


def pending() -> list[Pending]:
    """Return the pending deletions, which can still be undone."""
    root = str(reads.workspace().root)
    with _changing:
        return [one for (where, _), one in _pending.items() if where == root]


def undo(dataset: Dataset) -> None:
    """Undo a deletion."""
    with _changing:
        found = _pending.pop((str(reads.workspace().root), dataset.id), None)
    if found is not None:
        found.timer.cancel()


def finish() -> None:
    """Carry out this session's pending deletions at once: the person went on to another page."""
    begun = st.session_state.get(_BEGUN)
    if not begun:
        return
    for one in pending():
        if one.dataset.id in begun:
            one.timer.cancel()
            _remove(reads.workspace(), (str(reads.workspace().root), one.dataset.id))
    begun.clear()


def visible() -> list[Dataset]:
    """Return the datasets without a pending deletion, a person's own first."""
    hidden = {one.dataset.id for one in pending()}
    there = own_first(reads.workspace().datasets(), reads.workspace().root)
    return [dataset for dataset in there if dataset.id not in hidden]


def draw() -> None:
    """Draw a line for every pending deletion, with a button to undo it."""
    for one in pending():
        with st.container(key=f"deleted-{one.dataset.id}", border=True):
            left, right = st.columns([2.4, 1], vertical_alignment="center")
            left.markdown(
                f"**{words.as_markdown(one.dataset.name)}** is deleted, {words.size(one.freed)} are freed. "
                "Your own image files are untouched."
            )
            right.button(
                "Undo", key=f"undo-{one.dataset.id}", on_click=undo, args=(one.dataset,), width="stretch",
                help=f"Possible for {words.duration(SECONDS)}, or until you go to another page.",
            )  # fmt: skip


def _remove(workspace: Workspace, key: tuple[str, int]) -> None:
    with _changing:
        found = _pending.pop(key, None)
    if found is None:
        return
    with suppress(DnaError):  # it was removed or renamed in the meantime
        workspace.remove_dataset(workspace.dataset_by_id(found.dataset.id).name)
