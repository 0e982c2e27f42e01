"""Images that are the same as one, or nearly: exact copies by their bytes, near ones by their sketches."""

from __future__ import annotations

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.analyses.near_copies import near_copies
from ui.app import layout, reads, words
from ui.app.reads import Ready
from ui.components import wall
from ui.components.wall import Picture, pictures

SHOWN = 5


def draw(dataset: Ready, index: int, *, rankable: bool) -> None:
    """Draw the exact copies of an image in any dataset, and the images of its own that are nearly the same."""
    exact = _exact(dataset, index)
    near = _near(reads.listed(dataset), index, dataset) if rankable else []
    if not exact and not near:
        return
    st.divider()
    if exact:
        layout.note(f"Exact copies: {words.listing(exact)}.")
    if near:
        layout.note(
            "Near duplicates, by what the network sees in them. Below each: how far it is, as a share of what a usual "
            "image of this dataset is."
        )
        wall.wall(
            near, key="closeup-near", title="Near duplicates", columns=SHOWN, controls=False,
            aspect=reads.aspect(dataset.dataset),
        )  # fmt: skip


def _exact(dataset: Ready, index: int) -> list[str]:
    """The names of the files with the same bytes, those of other datasets with their dataset's name."""
    own = next((row for row in reads.files(dataset.dataset) if row.index == index), None)
    if own is None or not own.hash:
        return []
    found = []
    for other in reads.workspace().datasets():
        same = other.id == dataset.dataset.id
        rows = [row for row in reads.files(other) if row.hash == own.hash and not (same and row.index == index)]
        found += [row.path if same else f"{row.path} in {other.name}" for row in rows]
    return found


@st.cache_data(max_entries=200, show_spinner=False)
def _near(listed: str, index: int, _dataset: Ready) -> list[Picture]:
    try:
        sketches = reads.sketches_of(_dataset)
    except dc.BadInput:
        return []
    rows = reads.files(_dataset.dataset)
    place = next((at for at, row in enumerate(sketches.found) if rows[row].index == index), None)
    if place is None:
        return []
    found = near_copies(sketches, place)[:SHOWN]
    shown = [rows[int(sketches.found[at])] for at, _ in found]
    return pictures.plain(_dataset.dataset, shown, [words.percent(float(np.clip(share, 0, 1))) for _, share in found])
