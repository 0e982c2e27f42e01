"""What a neuron is called on the pages: its layer and number, and the thing it was trained to name, if any."""

from __future__ import annotations

import dnacore as dc
from dnacore.extractors.things import thing_of
from ui import words


def full(dna: dc.DNA, flat: int) -> str:
    """Return `neuron 28 in things (late layer, trained to name: spectacle rim)`."""
    layer, index = dna.neuron(flat)
    return words.neuron(layer, index, dna.layers, thing_of(dna.extractor, layer, index))


def short(dna: dc.DNA, flat: int) -> str:
    """Return `things · 28 (spectacle rim)`, for axes and tables."""
    layer, index = dna.neuron(flat)
    return words.neuron_short(layer, index, thing_of(dna.extractor, layer, index))
