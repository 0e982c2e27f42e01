"""The columns of the neuron table: how far two datasets are apart on every neuron; of one, its mean and spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ui.app import chance as noise
from ui.app import comparisons, reads
from ui.app.reads import Ready
from ui.components.neuron_table import Column


def columns(two: Sequence[Ready]) -> list[Column]:
    """Return the table's columns, each with a number per neuron."""
    if len(two) < 2:
        dna = reads.dna(two[0])
        return [
            Column("mean", "Mean", dna.mean, "Of the images' average activation"),
            Column("spread", "Spread", np.sqrt(dna.variance), "Standard deviation between images", first=True),
        ]
    distances, chance = comparisons.differences(two[0], two[1]), noise.per_neuron(two[0], two[1], "emd")
    found = [
        Column(
            "emd",
            "Bins",
            distances,
            f"How far {two[0].said} and {two[1].said} are apart: EMD, in bins of {reads.dna(two[0]).bins - 1:,}",
            first=True,
        )
    ]
    if chance is not None:
        ratio = np.divide(distances, chance, out=np.full(len(distances), np.nan), where=chance > 1e-9)
        found.append(Column("chance", "Chance", ratio, "How many times what chance would give", form="times"))
    return found
