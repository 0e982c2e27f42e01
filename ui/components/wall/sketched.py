"""The images of a dataset that have a sketch, as pictures, in the order of the sketches."""

from __future__ import annotations

import streamlit as st

from ui.app import reads
from ui.app.reads import Ready
from ui.components import wall
from ui.components.wall import Picture, pictures
from ui.server import blobs


def pictures_of(one: Ready) -> tuple[Picture, ...]:
    """Return a dataset's images that have a sketch."""
    return _pictures(reads.listed(one), one)[0]


def columns_url(shown: list[Ready]) -> list[str]:
    """Return where the browser fetches the columns of each dataset's pictures: index, name and version."""
    return [f"{wall.base_url()}/columns/{blobs.put(_pictures(reads.listed(one), one)[1])}" for one in shown]


@st.cache_resource(max_entries=24, show_spinner=False)
def _pictures(key: str, _one: Ready) -> tuple[tuple[Picture, ...], bytes]:
    if _one.dataset.imported:  # imported without its images
        return (), wall.packed({"dataset": _one.dataset.id, "index": [], "name": [], "version": []})
    # Ten thousand stamps and names take a fifth of a second, too long to wait for while a brush moves.
    every = pictures.plain(_one.dataset, reads.files(_one.dataset))
    found = tuple(every[at] for at in reads.sketches_of(_one).found)
    listed = {
        "dataset": _one.dataset.id,
        "index": [picture.index for picture in found],
        "name": [picture.name for picture in found],
        "version": [picture.version for picture in found],
    }
    return found, wall.packed(listed)
