"""One image, large: what it is, where it stands, and what can be done with it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import streamlit as st

from ui.app import layout, navigation, reads, words
from ui.app.reads import Ready
from ui.choices import parts
from ui.components import wall
from ui.components.wall import Picture


def show(
    dataset: Ready,
    picture: Picture,
    facts: Sequence[tuple[str, str]] = (),
    *,
    rankable: bool = True,
    why: Mapping[str, str] | None = None,
) -> None:
    """Open a window with one image of a dataset.

    facts: what the page knows about the image, as names and values. rankable: whether its dataset has a DNA.
    why: the choices that make the ranking the image was found in, for the page that explains its place.
    """
    dataset = parts.whole(dataset)

    @st.dialog(words.as_markdown(picture.name) or "Image", width="large")
    def window() -> None:
        left, right = st.columns([2.2, 1], gap="large")
        with left:
            address = wall.image_url(picture.dataset, picture.index, picture.version)
            st.html(
                f'<div class="vds-large"><img src="{html.escape(address, quote=True)}" '
                f'alt="{html.escape(picture.name, quote=True)}"></div>'
            )
        with right:
            st.html(layout.dataset_name(dataset.dataset))
            layout.facts([*facts, *attributes(dataset, picture.index)])
            if rankable and st.button("Why? Look inside", key="closeup-why", type="primary", width="stretch"):
                navigation.go("image", **{**(why or {}), "of": f"{dataset.name}:{picture.index}"})
            if rankable and st.button("Rank by likeness to this image", key="closeup-like", width="stretch"):
                navigation.go("gallery", dataset=dataset.name, like=f"image:{dataset.name}:{picture.index}")

    window()


def attributes(dataset: Ready, index: int) -> list[tuple[str, str]]:
    """Return what is known about an image, as names and values; the first few of them."""
    table = reads.attributes(dataset.dataset)
    rows = reads.files(dataset.dataset)
    place = next((at for at, row in enumerate(rows) if row.index == index), None)
    if place is None or table.empty:
        return []
    known = table.iloc[place]
    answers = {column for column in table.columns if set(table[column]) <= {"0", "1", ""}}
    said = {"0": "no", "1": "yes"}
    facts = [
        (str(column).replace("_", " "), said.get(value, value) if column in answers else str(value))
        for column, value in known.items()
        if value != ""
    ]
    return facts[:14]
