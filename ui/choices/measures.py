"""The measures of distance: what they are called, what they tell, and which neurons or layer they are taken over."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

import dnacore as dc
from dnacore.distances.pairwise import OF_LAYERS
from ui.app import address, layout, words
from ui.choices import choices

NAMES = {"emd": "EMD", "nfd": "NFD", "fd": "FD", "kid": "KID"}
EXPLAINED = {
    "emd": "Earth Mover's Distance. Per neuron, how many bins the activations of one dataset must be moved to look "
    "like the other's, averaged over the neurons.",
    "nfd": "Neuron Fréchet Distance. Per neuron, how far apart mean and spread of the image-wide activation are; "
    "blind to the shape in between. In squared activation.",
    "fd": "Fréchet Distance of a whole layer, as FID takes it: means and covariances of all its neurons together. In "
    "squared activation; it grows where images are few.",
    "kid": "Kernel Distance of a whole layer: like FD without assuming a bell shape, and fair where images are few. "
    "Near 0, or below it, for images of one kind.",
}


@dataclass(frozen=True)
class Measure:
    """A distance and what it is taken over: a selection of neurons (None: all), or one layer for FD and KID."""

    metric: str
    selection: dc.Selection | None
    layer: str | None

    @property
    def of_layer(self) -> bool:
        return self.metric in OF_LAYERS

    @property
    def by(self) -> str:
        """Which neurons answer, where not all do, as part of a question."""
        if self.layer:
            return f"the neurons of {words.layer(self.layer)}"
        return choices.by(self.selection)


def choose(dna: dc.DNA) -> Measure:
    """Let a person choose a measure and the neurons, or the layer, that it is taken over."""
    metric = address.segments("Measure", NAMES, key="metric")
    layout.note(EXPLAINED[metric])
    if metric not in OF_LAYERS:
        return Measure(metric, choices.selection(choices.neurons(dna), dna), None)
    layers = list(dna.layers)
    layer = address.select(
        "Layer",
        layers,
        index=len(layers) - 1,
        format_func=lambda name: f"{words.layer(name)} ({words.depth(name, layers)}, {dna.layers[name]} neurons)",
        key="of_layer",
    )
    return Measure(metric, None, layer)


def patient(text: str):
    """Show that a comparison is under way where its result will be."""
    return st.spinner(text, show_time=True)
