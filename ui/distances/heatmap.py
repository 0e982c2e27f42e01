"""The heatmap of all pairs: its knobs, what stands out in it, and its table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ui.app import address, chance, comparisons, layout, reads, theme, words
from ui.app.reads import Ready
from ui.choices import choices, in_words, measures
from ui.choices.measures import Measure
from ui.components import chart
from ui.distances import pairs
from ui.figures import findings
from ui.figures import heatmap as heatmaps

ORDERS = {"clustered": "Alike together", "added": "As added"}


def choose(ready: Sequence[Ready]) -> tuple[list[Ready], Measure, str] | None:
    """Draw the knobs; return datasets, measure and order, or None where there is nothing to compare yet."""
    chosen = choices.datasets(ready)
    if len(chosen) < 2:
        st.info("Choose at least two datasets, or two parts of one.")
        return None
    measure = measures.choose(reads.dna(chosen[0]))
    return chosen, measure, address.segments("Order", ORDERS, key="order")


def question(asked: tuple[list[Ready], Measure, str]) -> str:
    """Return the question that the heatmap answers."""
    chosen, measure, _ = asked
    by = f", by {measure.by}" if measure.by else ""
    return f"How far apart are {words.first_few([one.name for one in chosen])}{by}?"


def draw(asked: tuple[list[Ready], Measure, str], there: int) -> None:
    """Draw the distances. there: how many datasets there are in all."""
    chosen, measure, order = asked
    with measures.patient(f"Comparing {words.count(len(chosen), 'dataset')}…"):
        compared = comparisons.comparison(chosen, measure.metric, measure.selection, measure.layer)
    if order == "clustered":
        chosen, compared = pairs.clustered(chosen, compared)
    with measures.patient("Measuring what chance alone would give…"):
        usual, most = chance.table(chosen, measure.metric, measure.selection)
    within = compared.matrix <= most
    names, said = [one.name for one in chosen], [one.said for one in chosen]
    bins = reads.dna(chosen[0]).bins
    whole = sum(one.dataset.part is None for one in chosen)
    of = there if whole < there else None
    layout.found(
        f"{findings.pairwise(said, compared.matrix, compared.unit, within, of=of)} {chance.few(chosen)}".strip(),
        findings.extremes(said, compared.matrix, compared.unit, bins),
    )
    chart.show(
        heatmaps.heatmap(
            said, compared.matrix, unit=compared.unit, halves=usual.diagonal(), within=within, dark=theme.is_dark()
        ),
        key="heatmap",
        alt=f"Pairwise distances of {words.listing(said)}",
        on_click=lambda cell: pairs.remember(names[cell[0]], names[cell[1]]),
    )
    layout.caption(
        pairs.caption(measure, compared, usual, within, bins), hand="Click a cell to see what makes the difference."
    )
    apart = np.where(np.isfinite(compared.matrix), compared.matrix, 0)
    far = np.unravel_index(int(np.argmax(apart)), apart.shape)
    in_words.draw(chosen[int(far[0])], chosen[int(far[1])])
    opened = pairs.table(chosen, compared, usual, within)
    if opened:
        pairs.remember(*opened)
