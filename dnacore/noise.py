"""The noise floor: how far apart two random halves of the same images already are, neuron by neuron."""

from __future__ import annotations

import numpy as np
from numba import njit

from . import parallel
from .errors import BadInput
from .sketches import Sketches


def noise_floor(with_: Sketches, without: Sketches, splits: int = 20, seed: int = 0) -> np.ndarray:
    """Mean EMD of every neuron over random splits of the union into the same two sizes.

    Returns (n_neurons,) float64, in bins. Raises BadInput when one side is empty.
    """
    return split_distances(with_, without, splits, seed).mean(1)


def split_distances(with_: Sketches, without: Sketches, splits: int, seed: int = 0) -> np.ndarray:
    """EMD of every neuron for every random split: (n_neurons, splits) float64, in bins."""
    if not len(with_) or not len(without):
        raise BadInput("A noise floor needs at least one image on each side.")
    sides = random_splits(len(with_), len(without), splits, np.random.default_rng(seed))
    out = np.empty((with_.n_neurons, splits))
    for rows in _joint_blocks(with_, without):
        quantiles = np.concatenate([with_.quantiles(rows), without.quantiles(rows)], axis=1)
        parallel.over_rows(_split_emd, len(quantiles), quantiles, sides, with_.bins, out[rows])
    return out


def random_splits(n_with: int, n_without: int, splits: int, random: np.random.Generator) -> np.ndarray:
    """(splits, N) bool: which images of the union count as `with` in each split."""
    marks = np.arange(n_with + n_without) < n_with
    return np.stack([random.permutation(marks) for _ in range(splits)])


def _joint_blocks(a: Sketches, b: Sketches) -> list[slice]:
    return list((a if len(a) > len(b) else b).blocks(1 << 27))


@njit(nogil=True, cache=True)
def _split_emd(first, last, quantiles, sides, bins, out):
    """quantiles (n, N, Q), sides (R, N) -> out (n, R): sum over bins of |CDF difference|, for rows first to last."""
    _, images, per_image = quantiles.shape
    for neuron in range(first, last):
        for r in range(sides.shape[0]):
            size = 0
            for i in range(images):
                size += sides[r, i]
            plus, minus = 1.0 / (size * per_image), -1.0 / ((images - size) * per_image)
            difference = np.zeros(bins)
            for i in range(images):
                step = plus if sides[r, i] else minus
                for q in range(per_image):
                    difference[quantiles[neuron, i, q]] += step
            running, total = 0.0, 0.0
            for b in range(bins):
                running += difference[b]
                total += abs(running)
            out[neuron, r] = total
