"""Which datasets and which neuron the page shows, and the table in which another neuron is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.attributes.copies import rows
from ui.app import address, capture, comparisons, layout, navigation, reads, words
from ui.app.reads import Ready
from ui.choices import choices, parts, without_images
from ui.choices import two as pair
from ui.components import neuron_table
from ui.neurons import card, columns

LISTED = 20  # rows of the table in a report


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows. two: the datasets that are compared; chosen: these and others beside them; flat: the neuron.

    exact: a DNA that was counted from activations, which knows how large the neuron's map is; None where there is none.
    """

    two: tuple[Ready, ...]
    chosen: tuple[Ready, ...]
    flat: int
    first: dc.DNA
    exact: dc.DNA | None

    @property
    def name(self) -> str:
        """The neuron in words."""
        return words.full(self.first, self.flat)

    @property
    def question(self) -> str:
        """What is asked: one dataset against another, or what the neurons see in a single one."""
        if len(self.two) < 2:
            return f"What do the neurons see in {self.two[0].said}?"
        return words.against(self.two[0].name, self.two[1].name)


def choose(ready: Sequence[Ready]) -> Shown:
    """Draw the knobs, and find out which neuron is looked at."""
    with st.container(key="neuron-knobs"):
        left, middle, more = st.columns([1, 1, 1.28], gap="medium", vertical_alignment="bottom")
        two = pair.choose(ready, left, middle)
        with more:
            taken = {one.name for one in two}
            others = choices.also([one for one in ready if one.name not in taken], "Also show", taken)
    first = reads.dna(two[0])
    exact = first if first.exact else next((dna for dna in map(reads.dna, ready[:1]) if dna.exact), None)
    flat = card.chosen_neuron(two, first)
    return Shown(tuple(two), (*two, *others), flat, first, exact)


def draw(shown: Shown) -> None:
    """Draw the table of neurons; one that is opened in it becomes the page's."""
    two, first = list(shown.two), shown.first
    found = columns.columns(two)
    channels = comparisons.channels(two)
    seen = neuron_table.show(
        two, found, key="neuron-table", title="Neurons", channels=channels, chosen=shown.flat, height=510
    )
    _note(found, first, channels)
    layout.note(
        "Each row: one neuron, its activations in both datasets, how many bins they are apart and how many times "
        "what chance would give. Arrow keys move, Enter opens, Space or Ctrl marks, / searches."
        if len(two) > 1
        else "Each row: one neuron and its activations. Arrow keys move, Enter opens, Space marks, / searches."
    )
    if len(np.unique(channels)) < len(channels):
        layout.note(
            "A channel that successive blocks pass on says the same in each, so it is one row, “block 3.0-3.2”; the "
            "triangle or the right arrow key opens it."
        )
    card.keep(seen.marked or (shown.flat,), first)
    code = choices.neuron_code(first, shown.flat)
    like, unlike = (two[-1].name, two[0].name) if len(two) > 1 else (two[0].name, None)
    if here := without_images.having(two[::-1]):
        if len(here) < len(two):
            like, unlike = here[0].name, None
        whole = parts.whole(here[0]).name
        navigation.link(
            "gallery",
            "Rank images by this neuron",
            dataset=whole,
            like=like,
            unlike=unlike,
            neurons="typed",
            typed=code,
        )
        navigation.link("lens", "Look through the lens: what does it see?", neuron=code, dataset=whole)
    if seen.flat is not None and seen.flat != shown.flat:
        address.keep("neuron", choices.neuron_code(first, seen.flat))
        st.rerun()
    address.keep("neuron", code)


def _note(shown: Sequence[neuron_table.Column], dna: dc.DNA, channels: np.ndarray) -> None:
    """Record the top of the table, which only the browser draws, for reports."""
    by = next((column for column in shown if column.first), shown[0])
    top = rows(np.argsort(-by.values, kind="stable"), channels, LISTED)
    frame = pd.DataFrame({"Neuron": [words.channel(dna, row) for row in top]})
    for column in shown:
        frame[column.label] = column.values[[row[0] for row in top]]
    capture.table(frame, f"The {len(top)} neurons with the largest {by.label.lower()}")
