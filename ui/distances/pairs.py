"""All pairs of the compared datasets: their order, their table, and what the heatmap means in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.analyses.projection import leaf_order
from dnacore.distances import split_half
from ui.app import address, capture, layout, navigation, words
from ui.app.reads import Ready
from ui.choices.measures import NAMES, Measure

OPEN = "_open_pair"


def clustered(chosen: Sequence[Ready], compared: dc.Comparison) -> tuple[list[Ready], dc.Comparison]:
    """Return the datasets and their comparison in an order in which neighbours are alike."""
    order = leaf_order(compared.matrix)
    grid = np.ix_(order, order)
    return [chosen[at] for at in order], replace(
        compared,
        names=tuple(compared.names[at] for at in order),
        matrix=compared.matrix[grid],
        layers={layer: table[grid] for layer, table in compared.layers.items()},
    )


def caption(measure: Measure, compared: dc.Comparison, usual: np.ndarray, within: np.ndarray, bins: int) -> str:
    """Return what the heatmap shows and what to look for."""
    unit = f"in bins of {bins - 1:,}" if compared.unit == "bins" else f"in {compared.unit}"
    over = f" of {words.layer(measure.layer)}" if measure.layer else ""
    text = f"Each cell is the distance of two datasets{over}, {unit}: light is near, dark is far. "
    if np.isfinite(usual.diagonal()).any():
        text += "On the diagonal: what chance gives between two such samples of the same kind of image, as large as the dataset. "
        if np.isnan(usual.diagonal()).any():
            text += f"“–”: there are fewer than {split_half.FEWEST} images to tell. "
        if within.any():
            text += (
                "A dotted outline and “≈” mark pairs that are no farther apart than chance would put two samples of their "
                "sizes in 19 of 20 cases. "
            )
    elif measure.of_layer:
        text += "Without a noise floor: choose EMD or NFD for one. "
    return text.strip()


def remember(one: str, other: str) -> None:
    """Open these two on the Compare page once this page has been drawn."""
    st.session_state[OPEN] = (one, other)


def follow() -> None:
    """Open the two that were clicked, if any."""
    if OPEN in st.session_state:
        a, b = st.session_state.pop(OPEN)
        navigation.go("compare", a=a, b=b)


def table(
    chosen: Sequence[Ready], compared: dc.Comparison, usual: np.ndarray, within: np.ndarray
) -> tuple[str, str] | None:
    """Draw every pair as a table, farthest first; return the pair that was chosen in it, if any."""
    names = [one.name for one in chosen]
    said = [one.said for one in chosen]
    rows, columns = np.triu_indices(len(names), 1)
    order = np.argsort(-compared.matrix[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    values, chance = compared.matrix[rows, columns], usual[rows, columns]
    unit = NAMES[compared.metric] + (", bins" if compared.unit == "bins" else f", {compared.unit}")
    frame = pd.DataFrame({"One": [said[i] for i in rows], "Other": [said[j] for j in columns], "Distance": values})
    if np.isfinite(chance).any():
        frame["By chance"] = chance
        frame["Times chance"] = np.divide(values, chance, out=np.full(len(values), np.nan), where=chance > 0)
        frame["Beyond chance"] = np.where(within[rows, columns], "no", "yes")
    number = st.column_config.NumberColumn
    capture.table(frame.rename(columns={"Distance": f"Distance ({unit})"}), "All pairs")
    with address.expander(f"All {words.count(len(frame), 'pair')} as a table", key="pairs"):
        seen = st.dataframe(
            frame,
            hide_index=True,
            key="pairs-table",
            on_select="rerun",
            selection_mode="single-row",
            height=min(36 * (len(frame) + 1) + 3, 400),
            column_config={
                "Distance": number(f"Distance ({unit})", format="%.3g"),
                "By chance": number("By chance", format="%.3g", help="What two such samples of one kind would give."),
                "Times chance": number("Times chance", format="%.1f times"),
            },
        )
        layout.note(
            "Select a row to compare the two, by mouse or with the arrow keys and Space. The table can be saved as CSV."
        )
    picked = seen["selection"]["rows"]
    if not picked or picked[0] >= len(frame):
        return None
    return names[rows[picked[0]]], names[columns[picked[0]]]
