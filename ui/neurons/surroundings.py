"""Around one neuron: its numbers, the places it reacts to most, the images it reacts to least, and what reacts alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from ui.app import address, capture, layout, reads, words
from ui.choices import choices, closeup, without_images
from ui.components import neuron_table, peaks
from ui.components.neuron_table import Column
from ui.neurons import card, heat, histogram
from ui.neurons.neuron_list import Shown

ROW = 4  # images, none smaller than 120 pixels on a screen of 1440


def draw(shown: Shown) -> None:
    """Draw everything below the histogram."""
    st.divider()
    card.statistics(list(shown.chosen), shown.flat)
    st.divider()
    _peaks(shown)
    st.divider()
    if without_images.having(shown.two):
        _alike(shown)


def _peaks(shown: Shown) -> None:
    st.subheader("Strongest places, and weakest images", anchor=False)
    warm = heat.choose(shown)
    here = without_images.having(shown.chosen)
    strongest = [peaks.strongest(one, shown.flat, ROW, shown.exact) for one in here]
    heats: list[list[np.ndarray | None]] = heat.over(shown, strongest) if warm else [[] for _ in here]
    crop = str(shown.first.extractor.get("preprocessing", {}).get("crop", "squash"))
    for at, (one, strong, warmth) in enumerate(zip(here, strongest, heats, strict=True)):
        left, right = st.columns(2, gap="large")
        for column, found, over, title, note in (
            (left, strong, warmth, "strongest", "where the neuron is strongest"),
            (right, peaks.weakest(one, shown.flat, ROW), (), "weakest", "weakest on average"),
        ):
            with column:
                st.html(layout.dataset_name(one.dataset, note))
                opened = peaks.tiles(
                    found,
                    key=f"{title}-{at}",
                    title=f"{one.said}: {note}",
                    crop=crop,
                    aspect=reads.aspect(one.dataset),
                    columns=ROW,
                    heats=over,
                )
                closeup.show(one, opened, why=histogram.why(shown, one))
    without_images.draw(shown.chosen)
    layout.caption(
        "On top the patch where the neuron reacts most, below it the whole image with that place outlined, and the "
        "activation."
        + (" Warm is where it is active, warmest where it is strongest in all of these images." if warm else "")
    )


def _alike(shown: Shown) -> None:
    st.subheader("Neurons that react alike", anchor=False)
    two = without_images.having(shown.two)
    similar = card.alike(two, shown.flat)
    near = neuron_table.show(
        two,
        [Column("correlation", "Alike", similar.correlation, form="signed")],
        key="alike-table",
        title="Neurons that react alike",
        flats=similar.neurons,
        height=34 * max(1, len(similar.neurons)),
        controls=False,
        markable=False,
    )
    names = [words.short(shown.first, int(flat)) for flat in similar.neurons]
    capture.table(pd.DataFrame({"Neuron": names, "Correlation": similar.correlation}), "Neurons that react alike")
    layout.caption(
        f"Correlation of the average activation over the images of {words.listing([one.said for one in two])}: +1 rises "
        "and falls with this neuron, −1 the other way round.",
        hand="Click one to look at it.",
    )
    if near.flat is not None:
        address.keep("neuron", choices.neuron_code(shown.first, near.flat))
        st.rerun()
