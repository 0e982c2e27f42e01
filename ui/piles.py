"""With and without: two piles of images, by an attribute of one dataset or as two datasets."""

from __future__ import annotations

import html
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ui import address, choices, gallery, pictures, state
from ui.state import Ready

SHOWN = 8
MOST_VALUES = 24


def choose(ready: Sequence[Ready]) -> tuple[Ready, Ready, Ready]:
    """Let a person choose the two piles. Returns those with, those without, and the dataset they are taken from."""
    described = [one for one in ready if one.dataset.attributes is not None]
    by_attribute = described and (
        len(ready) < 2
        or address.segments("Piles", {"attribute": "Attribute", "datasets": "Datasets"}, key="piles") == "attribute"
    )
    if not by_attribute:
        far_a, far_b = state.farthest(list(ready)[: choices.MOST])
        with_ = choices.one_dataset("With", ready, key="with", index=far_a)
        without = choices.one_dataset("Without", ready, key="without", index=far_b)
        return with_, without, with_
    largest = max(range(len(described)), key=lambda place: described[place].dataset.images)
    whole = choices.one_dataset("Dataset", described, key="from", index=largest)
    values = splits(state.attributes(whole.dataset))
    if not values:
        st.info(f"No attribute of {whole.name} splits its images. Choose another dataset, or compare two datasets.")
        st.stop()
    column = address.select("Attribute", list(values), key="attribute", format_func=lambda name: name.replace("_", " "))
    options = values[column]
    positive = options.index("1") if "1" in options else 0
    one = address.select("With", options, index=positive, key=f"with-{column}", format_func=_said)
    rest = [value for value in options if value != one]
    other = address.select("Without", rest, key=f"without-{column}", format_func=_said)
    return state.part(whole, column, one), state.part(whole, column, other), whole


def splits(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the attributes that split a dataset, with their values; most frequent value first."""
    found: dict[str, list[str]] = {}
    for column in table.columns:
        known = [value for value in table[column] if value != ""]
        values = list(pd.Series(known, dtype=str).value_counts().index) if known else []
        if 2 <= len(values) <= MOST_VALUES:
            found[str(column)] = values
    return found


def draw(pile: Ready, title: str) -> None:
    """Draw a few images of a pile."""
    rows = state.files(pile.dataset)
    st.html(f'<div class="vds-row"><b>{title}</b><span class="vds-quiet">{len(rows):,}</span></div>')
    step = max(1, len(rows) // SHOWN)
    gallery.wall(
        pictures.plain(pile.dataset, rows[::step][:SHOWN]),
        key=f"pile-{title}",
        title=title,
        columns=2,
        controls=False,
        aspect=state.aspect(pile.dataset),
    )
    st.html(f'<div class="vds-line vds-quiet">{html.escape(pile.name)}</div>')


def _said(value: str) -> str:
    return {"1": "yes", "0": "no"}.get(value, value)
