"""Neurons chosen on some images and tried on others: how well they tell one kind from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dnacore.retrieval import auc, distances_to
from dnacore.selection import Selection, sensitivity
from dnacore.sketches import together
from dnacore.studies.study import Subject


@dataclass(frozen=True, eq=False)
class Trial:
    """One choice of neurons and what it gave on images that it was not chosen on.

    chosen: the neurons. score: (n + m,) of the tried images of one side, then of the other: distance to the first
    side's images minus distance to the second's under the chosen neurons, so low is like the first. everything: the
    same under all neurons. tried: positions of the tried images of each side.
    """

    chosen: Selection
    score: np.ndarray
    everything: np.ndarray
    tried: tuple[np.ndarray, np.ndarray]

    @property
    def like_first(self) -> np.ndarray:
        return np.arange(len(self.score)) < len(self.tried[0])

    @property
    def auc(self) -> float:
        return auc(self.score, self.like_first)

    @property
    def auc_of_all(self) -> float:
        return auc(self.everything, self.like_first)


def halves(images: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions of two random halves, each in rising order."""
    order = random.permutation(images)
    return np.sort(order[: images // 2]), np.sort(order[images // 2 :])


def trial(
    one: Subject, two: Subject, learn: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], neurons: int
) -> Trial:
    """Choose the most sensitive neurons between two kinds on `learn`, and rank the images of `test` by them.

    learn, test: positions in `one` and in `two`.
    """
    references = one.part(learn[0]), two.part(learn[1])
    chosen = sensitivity(*references, splits=0).top(min(neurons, references[0].n_neurons))
    sketches = together(one.select(test[0]), two.select(test[1]))
    score, everything = (distances_to(sketches, *references, selection=s) for s in (chosen, None))
    return Trial(chosen, score, everything, test)


def both_ways(one: Subject, two: Subject, neurons: int, random: np.random.Generator) -> tuple[Trial, Trial]:
    """Neurons chosen on one random half of both sides and tried on the other, and the other way round."""
    a, b = halves(len(one), random), halves(len(two), random)
    return (
        trial(one, two, (a[0], b[0]), (a[1], b[1]), neurons),
        trial(one, two, (a[1], b[1]), (a[0], b[0]), neurons),
    )  # fmt: skip
