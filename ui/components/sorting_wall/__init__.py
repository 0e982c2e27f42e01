"""The gallery that is sorted anew while a slider over the number of neurons is dragged.

The distances of every image by the first 1, 2, 3, ... neurons go to the browser once, as one matrix (48 rows by 10,000
images of float32 take 1.9 MB); the slider is the component's own, so that nothing waits for the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import streamlit as st

from ui.app import capture, words
from ui.components import wall as gallery
from ui.components.component import component
from ui.components.wall import Action, Picture, Seen
from ui.server import blobs

_component = component(
    __file__, "../wall/wall.js", "sorting_wall.js", style="../wall/wall.css", reports=("top", "opened", "acted", "lost")
)


@dataclass(frozen=True, eq=False)
class Deck:
    """What the slider runs through. steps: numbers of neurons, rising; pictures: in the order of the matrix's columns.

    matrix_at, columns_at: where the browser fetches the distances and the pictures. notes: a few words per step.
    """

    steps: tuple[int, ...]
    pictures: tuple[Picture, ...]
    matrix: bytes
    columns: bytes
    notes: tuple[str, ...] = ()


def deck(steps: Sequence[int], matrix: np.ndarray, pictures: Sequence[Picture], notes: Sequence[str] = ()) -> Deck:
    """Make what the slider runs through. matrix: (steps, images) distances, smallest nearest."""
    columns: dict[str, object] = {"index": [picture.index for picture in pictures]}
    datasets = {picture.dataset for picture in pictures}
    columns["dataset"] = datasets.pop() if len(datasets) == 1 else [picture.dataset for picture in pictures]
    for name in ("name", "version", "label"):
        values = [getattr(picture, name) for picture in pictures]
        if any(values):
            columns[name] = values
    body = gallery.packed(columns)
    return Deck(tuple(steps), tuple(pictures), np.ascontiguousarray(matrix, np.float32).tobytes(), body, tuple(notes))


def wall(
    shown: Deck,
    *,
    key: str,
    top: int,
    caption: str,
    title: str,
    near: tuple[str, str],
    far: tuple[str, str],
    note: str | None = None,
    band: int = 40,
    size: int = 124,
    aspect: float = 1.0,
    actions: Sequence[Action] = (),
) -> tuple[Seen, int]:
    """Draw the slider and both ends of the ranking. Returns what was done with the pictures, and the number of neurons.

    top: the number of neurons at first (one of the steps). near, far: the titles of the two ends and a note for each.
    """
    # Put at every run: the server may have dropped it to make room.
    matrix_at = f"{gallery.base_url()}/columns/{blobs.put(shown.matrix, 'application/octet-stream')}"
    columns_at = f"{gallery.base_url()}/columns/{blobs.put(shown.columns)}"
    result = _component(
        key=key,
        data={
            "matrix_at": matrix_at,
            "columns_at": columns_at,
            "identity": columns_at,
            "steps": list(shown.steps),
            "notes": list(shown.notes),
            "top": top,
            "caption": caption,
            "title": title,
            "near": list(near),
            "far": list(far),
            "note": note,
            "band": band,
            "size": size,
            "aspect": aspect,
            "height": 0,
            "columns": 0,
            "controls": True,
            "selectable": bool(actions),
            "actions": [asdict(one) for one in actions],
            "empty": "No images.",
            "base": gallery.base_url(),
        },
        default={"top": top},
    )
    chosen, before = result.get("top"), f"_let_go_{key}"
    # Each release of the slider counts once; afterwards the page's own choice (a link, a saved view) holds.
    moved = chosen in shown.steps and chosen != st.session_state.get(before, top)
    st.session_state[before] = chosen
    count = int(chosen) if moved else top
    _note(shown, count, near, far)
    return gallery.seen(result, shown.pictures), count


def _note(shown: Deck, count: int, near: tuple[str, str], far: tuple[str, str]) -> None:
    """Record both ends of the ranking, which only the browser sorts, for reports."""
    distances = np.frombuffer(shown.matrix, np.float32).reshape(len(shown.steps), -1)[shown.steps.index(count)]
    order = np.argsort(distances, kind="stable")
    for (title, _), places in ((near, order), (far, order[::-1])):
        found = [
            replace(shown.pictures[at], left=f"{rank:,}", right=f"{distances[at]:+.1f}")
            for rank, at in enumerate(places[: capture.MOST_IMAGES].tolist(), 1)
        ]
        capture.images(f"{title}, by {words.count(count, 'neuron')}", found, len(order))
