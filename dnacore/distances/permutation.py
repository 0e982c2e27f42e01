"""The noise floor: how far apart random halves of the same images are, for every neuron and at most.

If the two sides do not differ, their images may be dealt out in any way, so what random splits of the union show is what
chance would give (a permutation test). A neuron's noise is its mean EMD over the splits. The floor is a multiple of it
that no neuron at all passes by chance except in a stated share of the cases: the largest ratio over all neurons is kept
of each split, which corrects for the number of neurons (Westfall and Young, 1993, the maxT method).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dnacore.distances.contrasts import columns, contrast
from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches, together

SPLITS = 20
STILL = 1e-9  # bins; less is rounding


@dataclass(frozen=True, eq=False)
class Noise:
    """What chance gives. mean: (n_neurons,) float64, the mean EMD over random splits, in bins.

    highest: (splits,) float64, rising: the largest ratio of any neuron's EMD to its noise in each split.
    """

    mean: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, distances: np.ndarray) -> Noise:
        """From the EMD of every neuron in every random split, (n_neurons, splits). Each split is held against the
        others.
        """
        splits = distances.shape[1]
        if splits < 2:
            raise BadInput("A noise floor needs at least two random splits.")
        total = distances.sum(1)
        highest = [
            ratios(distances[:, r], (total - distances[:, r]) / (splits - 1)).max(initial=0) for r in range(splits)
        ]
        return cls(total / splits, np.sort(highest))

    def floor(self, rate: float = 0.05) -> float:
        """The multiple of the noise that any neuron passes by chance in a share `rate` of the cases at most.

        With R splits the smallest rate is 1/(R + 1). Raises BadInput below it.
        """
        splits = len(self.highest)
        place = int(np.ceil((1 - rate) * (splits + 1) - 1e-9))
        if not 0 < rate < 1 or place > splits:
            raise BadInput(
                f"A rate of {rate:g} cannot be stated from {splits} random splits: give one between {1 / (splits + 1):.3g} "
                f"and 1, or at least {int(np.ceil(1 / rate - 1e-9)) - 1 if 0 < rate < 1 else splits} splits."
            )
        return float(self.highest[max(place, 1) - 1])


def ratios(distances: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Distances over noise: 1 is what chance gives. 0/0 is 1."""
    return np.divide(distances, noise, out=np.where(distances > STILL, np.inf, 1.0), where=noise > STILL)


def noise_floor(with_: Sketches, without: Sketches, splits: int = SPLITS, seed: int = 0) -> Noise:
    """What random splits of the union into the same two sizes show. Raises BadInput when one side is empty."""
    return Noise.of(split_distances(with_, without, splits, seed))


def split_distances(with_: Sketches, without: Sketches, splits: int, seed: int = 0) -> np.ndarray:
    """EMD of every neuron for every random split: (n_neurons, splits) float64, in bins."""
    if not len(with_) or not len(without):
        raise BadInput("A noise floor needs at least one image on each side.")
    sides = random_splits(len(with_), len(without), splits, np.random.default_rng(seed))
    return contrast(together(with_, without), columns(sides, ~sides)).emd


def random_splits(n_with: int, n_without: int, splits: int, random: np.random.Generator) -> np.ndarray:
    """(splits, N) bool: which images of the union count as `with` in each split."""
    marks = np.arange(n_with + n_without) < n_with
    return np.stack([random.permutation(marks) for _ in range(splits)])
