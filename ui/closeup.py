"""One image, large: what it is, where it stands, and what can be done with it."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ui import gallery, layout, navigation, state, words
from ui.gallery import Picture
from ui.state import Ready


def show(dataset: Ready, picture: Picture, facts: Sequence[tuple[str, str]] = (), *, rankable: bool = True) -> None:
    """Open a window with one image of a dataset.

    facts: what the page knows about the image, as names and values. rankable: whether its dataset has a DNA.
    """

    @st.dialog(words.as_markdown(picture.name) or "Image", width="large")
    def window() -> None:
        left, right = st.columns([2.2, 1], gap="large")
        with left:
            address = gallery.image_url(picture.dataset, picture.index, picture.version)
            st.html(
                f'<div class="vds-large"><img src="{html.escape(address, quote=True)}" '
                f'alt="{html.escape(picture.name, quote=True)}"></div>'
            )
        with right:
            st.html(layout.dataset_name(dataset.dataset))
            layout.facts([*facts, *_attributes(dataset, picture.index)])
            if rankable and st.button("Rank by likeness to this image", key="closeup-like", type="primary"):
                navigation.go("gallery", dataset=dataset.name, like=f"image:{dataset.name}:{picture.index}")

    window()


def _attributes(dataset: Ready, index: int) -> list[tuple[str, str]]:
    table = state.attributes(dataset.dataset)
    rows = state.files(dataset.dataset)
    place = next((at for at, row in enumerate(rows) if row.index == index), None)
    if place is None or table.empty:
        return []
    return [(str(column).replace("_", " "), str(value)) for column, value in table.iloc[place].items() if value != ""][
        :14
    ]
