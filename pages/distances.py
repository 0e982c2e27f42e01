"""Distances: how far the datasets are from each other, and, for a pair, where and through which images."""

from __future__ import annotations

import streamlit as st

from ui import address, charts, choices, figures, findings, layout, pair, state, theme, words

METRICS = {"emd": "EMD", "nfd": "Fréchet"}
EXPLAINED = {
    "emd": "Per neuron, how far the activations of one dataset must be moved to look like the other's, "
    "averaged over the neurons.",
    "nfd": "Per neuron, how far apart the two datasets' mean and spread of image-wide activation are; "
    "blind to the shape in between.",
}

layout.header("Distances", "How far apart are your datasets, and which neurons and images say so?")
ready = state.ready()
if len(ready) < 2:
    layout.nothing_extracted(needed=2)

result, knobs = layout.result_and_knobs()
with knobs:
    chosen = choices.datasets(ready)
    if len(chosen) < 2:
        st.info("Choose at least two datasets.")
        st.stop()
    first = state.dna(chosen[0])
    choice = choices.neurons(first)
    metric = address.segments("Metric", METRICS, key="metric")
    layout.caption(EXPLAINED[metric])

selection = choices.selection(choice, first)
compared = state.comparison(chosen, metric, selection)
names = list(compared.names)


def open_pair(cell: list[int]) -> None:
    st.session_state["a"], st.session_state["b"] = names[cell[0]], names[cell[1]]


with result:
    layout.found(findings.pairwise(names, compared.matrix, compared.unit))
    charts.show(
        figures.heatmap(names, compared.matrix, unit=compared.unit, dark=theme.is_dark()),
        key="heatmap",
        alt=f"Pairwise distances of {words.listing(names)}",
        on_click=open_pair,
    )
    layout.caption(
        "Each cell is the distance of two datasets, "
        + (
            "in bins of 999: light is near, dark is far. "
            if metric == "emd"
            else "in squared activation: light is near, dark is far. "
        )
        + "Click a cell to see what makes the difference."
    )

st.divider()
far_a, far_b = state.farthest(chosen)
left, right, _ = st.columns([1, 1, 1.4], gap="medium")
with left:
    a = choices.one_dataset("Compare", chosen, key="a", index=far_a)
with right:
    b = choices.one_dataset("with", chosen, key="b", index=far_b)
if a.name == b.name:
    st.info("Choose two different datasets to see what tells them apart.")
    st.stop()
pair.draw(a, b, compared, selection)
