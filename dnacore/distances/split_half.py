"""How far apart random halves of one set of images are, and what chance therefore gives between two sets.

Two samples of the same kind of image never agree exactly. Of n images, the halves' CDFs differ by noise of variance
4 v / n, two whole sets' by v / n + w / m. So what chance gives between two sets follows from their own halves, set
by set instead of pair by pair: half the root of the sum of squares for the EMD, a quarter of the sum for squared
distances.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dnacore.distances.contrasts import columns, contrast, contrast_gaussians
from dnacore.distances.emd import combine
from dnacore.distances.permutation import SPLITS
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection
from dnacore.sketches.sketches import Sketches

MOST = 1000  # images that are dealt out; of more, a sample shows the same spread
FEWEST = 4
RELIABLE = 12  # with fewer images a figure is said to rest on few


@dataclass(frozen=True, eq=False)
class Halves:
    """Distances between random halves of one set of images.

    distances: (n_neurons, splits) float32, as for halves of the whole set. metric: emd or nfd. images: of the set.
    """

    distances: np.ndarray
    metric: str
    images: int

    def average(self, selection: Selection | None = None) -> float:
        """The distance of two random halves, in the metric's unit."""
        return combine(self.distances.mean(1, dtype=np.float64), selection)


@dataclass(frozen=True)
class Chance:
    """What two samples of the same kind of image would give. usual: on average; most: in 19 of 20 cases at most."""

    usual: float
    most: float


def halves(
    sketches: Sketches, metric: str = "emd", splits: int = SPLITS, seed: int = 0, images: int | None = None
) -> Halves:
    """Deal a set of images out into random halves, `splits` times. metric: emd or nfd. Raises BadInput below 4 images.

    images: how many the set has, where only a sample of them has sketches. Of more than 1,000 images a random sample is
    dealt out, and the distances are scaled to halves of all of them: they fall with the root of the number.
    """
    if metric not in ("emd", "nfd"):
        raise BadInput(f"There is no noise floor for {metric!r}; choose emd or nfd.")
    count = len(sketches)
    if count < FEWEST:
        raise BadInput(f"A noise floor needs at least {FEWEST} images, not {count}.")
    images = max(images or 0, count)
    random = np.random.default_rng(seed)
    if count > MOST:
        sketches = sketches.select(np.sort(random.choice(count, MOST, replace=False)))
        count = MOST
    sides = np.stack([random.permutation(count) < count // 2 for _ in range(splits)])
    if metric == "emd":
        found = contrast(sketches, columns(sides, ~sides)).emd * np.sqrt(count / images)
    else:
        found = contrast_gaussians(sketches, sides, ~sides) * (count / images)
    return Halves(found.astype(np.float32), metric, images)


def few(images: Mapping[str, int]) -> str:
    """Which sets have only so few images that figures about them say little, as a sentence; "" where none has."""
    small = [
        f"{name} has only {count} image{'s' if count != 1 else ''}"
        for name, count in images.items()
        if count < RELIABLE
    ]
    return f"{' and '.join(small)}: too few to rely on." if small else ""


def chance(a: Halves, b: Halves, selection: Selection | None = None) -> Chance:
    """What chance would give between two sets of such images and of these sizes, in the metric's unit."""
    if a.metric != b.metric or a.distances.shape != b.distances.shape:
        raise BadInput("These halves were not measured alike.")
    one, two = a.distances.astype(np.float64), b.distances.astype(np.float64)
    pair = np.sqrt(one**2 + two**2) / 2 if a.metric == "emd" else (one + two) / 4
    found = np.sort([combine(pair[:, split], selection) for split in range(pair.shape[1])])
    place = min(len(found) - 1, int(np.ceil(0.95 * (len(found) + 1))) - 1)
    return Chance(float(found.mean()), float(found[place]))
