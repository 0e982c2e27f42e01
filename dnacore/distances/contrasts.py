"""Contrasts: one set of images against another, as a column of signed image weights, compared for many columns at once.

A column gives every image on one side +1/n, every image on the other -1/m, and all others 0. Its EMD at a neuron is
then sum over bins of |sum over images of weight * histogram, accumulated| (CVPR 2023, eq. 3), so that a single pass
over the sketches answers any number of questions: every attribute, every random split, every group left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from dnacore import parallel
from dnacore.errors import BadInput
from dnacore.sketches.segments import QUANTILES
from dnacore.sketches.sketches import Sketches

BLOCK_BYTES = 1 << 27  # quantiles held at once
TILE = 16  # columns whose running differences (128 kB) are held at once


@dataclass(frozen=True, eq=False)
class Contrasts:
    """emd: (n_neurons, C) float64, in bins. shift: (n_neurons, C) float64, mean bin of the first side minus the
    second's.
    """

    emd: np.ndarray
    shift: np.ndarray


def columns(with_: np.ndarray, without: np.ndarray) -> np.ndarray:
    """Signed image weights of C questions: (N, C) float64. with_, without: (C, N) bool. Raises BadInput for an empty
    side.
    """
    with_, without = np.atleast_2d(with_), np.atleast_2d(without)
    sizes = with_.sum(1), without.sum(1)
    if not (sizes[0].all() and sizes[1].all()):
        raise BadInput("A comparison needs at least one image on each side.")
    return np.ascontiguousarray((with_ / sizes[0][:, None] - without / sizes[1][:, None]).T)


def contrast(sketches: Sketches, weights: np.ndarray, against: np.ndarray | None = None) -> Contrasts:
    """Compare the two sides of every column in one pass over the sketches. weights: (N, C), see `columns`.

    against: (n_neurons, B) CDFs; the columns are then whole sets (weights that add up to 1), each compared with these.
    """
    if weights.shape[0] != len(sketches):
        raise BadInput(f"{weights.shape[0]} image weights were given for {len(sketches)} sketches.")
    weights = np.ascontiguousarray(weights, np.float64)
    base = np.zeros((sketches.n_neurons, 0)) if against is None else against
    found = Contrasts(*(np.empty((sketches.n_neurons, weights.shape[1])) for _ in range(2)))
    for rows in sketches.blocks(BLOCK_BYTES):
        quantiles, where = sketches.laid_out(rows)
        for start in range(0, weights.shape[1], TILE):
            tile = np.ascontiguousarray(weights[:, start : start + TILE])
            inputs = quantiles, where, tile, sketches.bins, base[rows], start
            parallel.over_rows(_contrast, len(quantiles), *inputs, found.emd[rows], found.shift[rows])
    return found


def contrast_gaussians(sketches: Sketches, with_: np.ndarray, without: np.ndarray) -> np.ndarray:
    """NFD of every question: (n_neurons, C) float64, squared activation units; from the images' spatial means.

    with_, without: (C, N) bool. Raises BadInput for a side of fewer than two images.
    """
    sides = [np.atleast_2d(side).astype(np.float64) for side in (with_, without)]
    if any((side.sum(1) < 2).any() for side in sides):
        raise BadInput("NFD needs at least two images on each side.")
    out = np.empty((sketches.n_neurons, len(sides[0])))
    for rows in sketches.blocks(BLOCK_BYTES * QUANTILES // 4):
        values = sketches.means(rows).astype(np.float64)
        centre = values.mean(1, keepdims=True)  # else squares of large activations would cancel badly
        values -= centre
        moments = []
        for side in sides:
            count = side.sum(1)
            mean = values @ side.T / count
            variance = np.maximum(values**2 @ side.T / count - mean**2, 0) * (count / (count - 1))
            moments.append((mean, np.sqrt(variance)))
        (m1, s1), (m2, s2) = moments
        out[rows] = (m1 - m2) ** 2 + (s1 - s2) ** 2
    return out


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def _contrast(first, last, quantiles, where, weights, bins, against, start, emd, shift):
    """quantiles (n, M, Q), where (N,), weights (N, C), against (n, B) or (n, 0) -> columns of emd and shift."""
    images, atoms = len(where), quantiles.shape[2]
    width = weights.shape[1]
    difference = np.empty((bins, width))
    running, total, moved = np.empty(width), np.empty(width), np.empty(width)
    for k in range(first, last):
        difference[:] = 0.0
        for i in range(images):
            row, at = weights[i], where[i]
            for q in range(atoms):
                here = difference[min(quantiles[k, at, q], bins - 1)]
                for c in range(width):
                    here[c] += row[c]
        running[:], total[:], moved[:] = 0.0, 0.0, 0.0
        for b in range(bins):
            base = against[k, b] if against.shape[1] else 0.0
            here = difference[b]
            for c in range(width):
                running[c] += here[c]
                gap = running[c] / atoms - base
                total[c] += abs(gap)
                moved[c] -= gap
        for c in range(width):
            emd[k, start + c], shift[k, start + c] = total[c], moved[c]
