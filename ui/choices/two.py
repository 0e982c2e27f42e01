"""Two datasets or parts side by side, own ones and the farthest apart unless somebody says otherwise; and one neuron in some of them."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.app import palette, reads, theme, words
from ui.app.reads import Ready
from ui.choices import choices, parts
from ui.figures import histograms


def choose(ready: Sequence[Ready], left: DeltaGenerator, right: DeltaGenerator) -> list[Ready]:
    """Let a person choose two datasets, or parts of them; one is returned where there is only one, or one twice."""
    ready, places = _proposed(ready)
    if len(ready) < 2:
        return ready
    with left:
        a, no_a = choices.named("Compare", ready, key="a", index=places[0])
    with right:
        b, no_b = choices.named("with", ready, key="b", index=places[1])
    if a is None or b is None:
        gone = words.listing([f"“{name}”" for name in dict.fromkeys((no_a, no_b)) if name])
        many = bool(no_a and no_b and no_a != no_b)
        st.warning(
            words.as_markdown(
                f"{gone} {'are' if many else 'is'} not here any more: deleted or renamed. Choose another."
            )
        )
        st.stop()
    # Resolved together, so that two parts get two colours.
    return [a] if a.name == b.name else parts.resolve(ready, [a.name, b.name])


def choose_in_a_row(ready: Sequence[Ready]) -> list[Ready]:
    """Let a person choose two datasets or parts side by side, and exchange them."""

    def swap() -> None:
        one, other = st.session_state.get("a"), st.session_state.get("b")
        st.session_state["a"], st.session_state["b"] = other, one

    with st.container(key="two-in-a-row"):  # hidden in presenter mode, where the question says it
        left, right, turn, _ = st.columns([1, 1, 0.45, 0.6], gap="medium", vertical_alignment="bottom")
        found = choose(ready, left, right)
        turn.button("Swap", key="swap", on_click=swap, width="stretch")
    return found


def _proposed(ready: Sequence[Ready]) -> tuple[list[Ready], tuple[int, int]]:
    """The datasets to choose from, and the places of the two that are proposed; of a single one, its first two parts."""
    if len(ready) < 2:
        split = parts.resolve(ready, parts.names(ready)[:2])
        return [*ready, *split], (1, 2) if len(split) == 2 else (0, 0)
    return list(ready), choices.two_first(ready)


def figure_of(chosen: Sequence[Ready], flat: int, *, logarithmic: bool = False, height: int = 300) -> go.Figure:
    """Return the overlaid histograms of one neuron in several datasets."""
    dnas = [reads.dna(item) for item in chosen]
    series = [
        histograms.Series(item.said, palette.dataset_colour(item.dataset.colour), dna.histograms[flat])
        for item, dna in zip(chosen, dnas, strict=True)
    ]
    ranges = dnas[0].calibration
    return histograms.overlay(
        series,
        low=float(ranges.low[flat]),
        high=float(ranges.high[flat]),
        logarithmic=logarithmic,
        height=height,
        dark=theme.is_dark(),
    )
