"""All images of a dataset as a table: sorted by any number, linked with every picture."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dnacore.workspace.datasets import Dataset
from ui.app import address, reads, words
from ui.app.reads import Ready
from ui.choices import choices, closeup
from ui.components import wall
from ui.components.wall import pictures

HEIGHT = 620
OWN = ("", "File", "Size")  # columns that no attribute of the same name may replace


def draw(dataset: Dataset, ready: Ready | None, kept: Sequence[int]) -> None:
    """Draw the images at these places of `files`; a row that is selected opens its image."""
    files = reads.files(dataset)
    rows = [files[at] for at in kept]
    shown = pictures.plain(dataset, rows)
    frame = pd.DataFrame({"": [wall.thumb_url(one.dataset, one.index, one.version) for one in shown]})
    frame["File"] = [row.path for row in rows]
    frame["Size"] = [row.size / 1024 for row in rows]
    table = reads.attributes(dataset)
    for column in table.columns if len(table) else []:
        values = table[column].iloc[list(kept)].reset_index(drop=True)
        numbers = pd.to_numeric(values, errors="coerce")
        name = str(column).replace("_", " ")
        frame[f"{name} (attribute)" if name in OWN else name] = (
            numbers if numbers.notna().any() and not values[numbers.isna()].any() else values
        )
    if ready is not None:
        _activations(ready, kept, frame)
    seen = st.dataframe(
        frame,
        hide_index=True,
        key="look-table",
        height=HEIGHT,
        row_height=64,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "": st.column_config.ImageColumn("", width=72),
            "Size": st.column_config.NumberColumn("Size, kB", format="%.0f"),
        },
    )
    picked = seen["selection"]["rows"]
    opened = shown[picked[0]] if picked and picked[0] < len(shown) else None
    if opened is None:
        st.session_state.pop("_table-opened", None)
    elif st.session_state.get("_table-opened") != opened:
        st.session_state["_table-opened"] = opened
        closeup.show(ready or Ready(dataset, ""), opened, among=shown, rankable=ready is not None)


def _activations(ready: Ready, kept: Sequence[int], frame: pd.DataFrame) -> None:
    """Add the mean activation of neurons that a person types, one column each."""
    dna = reads.dna(ready)
    text = address.text(
        "Neurons as columns", key="columns", placeholder=choices.neuron_code(dna, 0),
        help="layer:index, separated by commas. Click the head of a column to sort by it.",
    )  # fmt: skip
    selection = choices.typed(text, dna)
    if selection is None:
        return
    sketches = reads.sketches_of(ready)
    for flat in selection.flat.tolist():
        means = dict(zip(sketches.found.tolist(), sketches.means(slice(flat, flat + 1))[0].tolist(), strict=True))
        frame[f"{words.short(dna, flat)}, mean activation"] = [means.get(at) for at in kept]
