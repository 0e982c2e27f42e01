"""Distances: how far the datasets are from each other, and which of them chance alone cannot tell apart."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.app import address, chance, layout, navigation, reads, seen, theme, words
from ui.choices import choices, in_words, measures
from ui.components import chart
from ui.distances import pairs
from ui.figures import distances, findings

ORDERS = {"clustered": "Alike together", "added": "As added"}

layout.header("Distances", "How far apart are your datasets, and is it more than chance would give?")
ready = reads.ready()
if not ready or (len(ready) < 2 and not seen.described(ready[0].dataset)):
    layout.nothing_extracted(needed=2)

result, knobs = layout.result_and_knobs()
with knobs:
    chosen = choices.datasets(ready)
    if len(chosen) < 2:
        st.info("Choose at least two datasets, or two parts of one.")
        st.stop()
    measure = measures.choose(reads.dna(chosen[0]))
    order = address.segments("Order", ORDERS, key="order")

with result:
    with measures.patient(f"Comparing {words.count(len(chosen), 'dataset')}…"):
        compared = reads.comparison(chosen, measure.metric, measure.selection, measure.layer)
    if order == "clustered":
        chosen, compared = pairs.clustered(chosen, compared)
    names = list(compared.names)
    with measures.patient("Measuring what chance alone would give…"):
        usual, most = chance.table(chosen, measure.metric, measure.selection)
    within = compared.matrix <= most

    def remember(cell: list[int]) -> None:
        st.session_state["_open_pair"] = (names[cell[0]], names[cell[1]])

    layout.found(findings.pairwise(names, compared.matrix, compared.unit, within))
    chart.show(
        distances.heatmap(
            names, compared.matrix, unit=compared.unit, halves=usual.diagonal(), within=within, dark=theme.is_dark()
        ),
        key="heatmap",
        alt=f"Pairwise distances of {words.listing(names)}",
        on_click=remember,
    )
    layout.caption(pairs.caption(measure, compared, usual, within))
    far = np.unravel_index(
        int(np.argmax(np.where(np.isfinite(compared.matrix), compared.matrix, 0))), compared.matrix.shape
    )
    in_words.draw(chosen[int(far[0])], chosen[int(far[1])])
    opened = pairs.table(chosen, compared, usual, within) or st.session_state.pop("_open_pair", None)
if opened:
    navigation.go("compare", a=opened[0], b=opened[1])
