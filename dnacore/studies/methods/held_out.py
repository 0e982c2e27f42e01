"""Held-out trials: neurons chosen on some images and tried on others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dnacore.analyses.metrics import auc
from dnacore.analyses.ranking import distances_to
from dnacore.attributes.sensitivity import sensitivity
from dnacore.distances.permutation import SPLITS
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.neurons.selection import Selection
from dnacore.sketches.sketches import together
from dnacore.studies.frame.study import Option, Subject

OPTIONS = (
    Option("neurons", "Neurons", "whole", 20, "how many of the most telling neurons are selected", low=1, high=100_000),
    Option(
        "by",
        "Most telling by",
        "choice",
        "chance",
        "distance: the neuron's EMD, as in the paper; chance: how many times what random splits give, better for "
        "few images",
        ("chance", "distance"),
    ),
)


def most_telling(one: DNA, two: DNA, options: Mapping[str, Any]) -> Selection:
    """The neurons that tell two sets apart best, equally weighted. options: values of OPTIONS."""
    by_chance = options["by"] == "chance"
    found = sensitivity(one, two, SPLITS if by_chance else 0)
    score = found.noise_ratio if by_chance and found.noise_ratio is not None else found.emd
    order = np.argsort(-score, kind="stable")
    return Selection.of(order[: options["neurons"]], extractor=found.extractor)


@dataclass(frozen=True, eq=False)
class Trial:
    """One choice of neurons and its result on images that it was not chosen on.

    chosen: the neurons. score: (n + m,) of the tried images of one side, then of the other: distance to the first
    side's images minus distance to the second's under the chosen neurons, so low is like the first. layers: the same
    under all neurons of each layer, and everything: of all layers. tried: positions of the tried images of each side.
    """

    chosen: Selection
    score: np.ndarray
    layers: dict[str, np.ndarray]
    everything: np.ndarray
    tried: tuple[np.ndarray, np.ndarray]

    @property
    def like_first(self) -> np.ndarray:
        """(n + m,) bool: which of the tried images are of the first side."""
        return np.arange(len(self.score)) < len(self.tried[0])

    @property
    def auc(self) -> float:
        """How often an image of the first side comes before one of the second, under the chosen neurons."""
        return auc(self.score, self.like_first)

    @property
    def auc_of_all(self) -> float:
        """The same under all neurons."""
        return auc(self.everything, self.like_first)


def halves(images: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions of two random halves, each in rising order."""
    order = random.permutation(images)
    return np.sort(order[: images // 2]), np.sort(order[images // 2 :])


def trial(
    one: Subject,
    two: Subject,
    learn: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    options: Mapping[str, Any],
) -> Trial:
    """Choose neurons that tell two kinds apart on `learn`, and rank the images of `test` by them.

    learn, test: positions in `one` and in `two`. options: values of OPTIONS.
    """
    references = one.part(learn[0]), two.part(learn[1])
    chosen = most_telling(*references, options)
    sketches = together(one.select(test[0]), two.select(test[1]))
    score = distances_to(sketches, *references, selection=chosen)
    layers = {
        layer: distances_to(sketches, *references, selection=Selection.of(np.arange(where.start, where.stop)))
        for layer, where in layer_slices(one.dna.layers).items()
    }
    everything = np.average(list(layers.values()), axis=0, weights=list(one.dna.layers.values()))
    return Trial(chosen, score, layers, everything, test)


def both_ways(
    one: Subject, two: Subject, options: Mapping[str, Any], random: np.random.Generator
) -> tuple[Trial, Trial]:
    """Two trials: neurons chosen on one random half of both sides and tried on the other, and vice versa."""
    a, b = halves(len(one), random), halves(len(two), random)
    return (
        trial(one, two, (a[0], b[0]), (a[1], b[1]), options),
        trial(one, two, (a[1], b[1]), (a[0], b[0]), options),
    )
