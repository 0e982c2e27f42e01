"""A DNA counted from sketches: for sets of images that were never extracted on their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit

from dnacore import parallel
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches


@njit(nogil=True, cache=True)
def _count(first, last, quantiles, where, counts):
    """quantiles (n, M, Q), where (N,) -> counts (n, B)."""
    end = counts.shape[1] - 1  # a bin beyond the last one (a damaged file) counts as the last
    for k in range(first, last):
        for n in where:
            for q in range(quantiles.shape[2]):
                counts[k, min(quantiles[k, n, q], end)] += 1


@njit(nogil=True, cache=True)
def _moments(first, last, means, where, mean, deviations):
    """means (n, M), where (N,) -> mean (n,), and deviations (n,): the sum of squared distances from it."""
    for k in range(first, last):
        total = 0.0
        for n in where:
            total += means[k, n]
        middle = total / max(1, len(where))  # of no image: 0, as its counts are
        squares = 0.0
        for n in where:
            squares += (means[k, n] - middle) ** 2
        mean[k], deviations[k] = middle, squares


def sketched_dna(sketches: Sketches, calibration: Calibration, extractor: Mapping[str, Any], name: str) -> DNA:
    """The DNA of the sketches' images: every image counts Q times per neuron, once per quantile; `exact` is False."""
    n = sketches.n_neurons
    counts = np.zeros((n, sketches.bins), np.int64)
    mean, deviations = np.zeros(n), np.zeros(n)
    for rows in sketches.blocks():
        quantiles, where = sketches.laid_out(rows)
        parallel.over_rows(_count, len(quantiles), quantiles, where, counts[rows])
        means, where = sketches.laid_out(rows, "means")
        parallel.over_rows(_moments, len(means), means, where, mean[rows], deviations[rows])
    return DNA(
        counts, np.zeros((n, 2), np.int64), len(sketches), mean, deviations, calibration, extractor, name,
        exact=False, source=sketches,
    )  # fmt: skip


def average(sketches: Sketches, positions: np.ndarray, like: DNA, name: str) -> DNA:
    """The average of picked images, as a reference: the DNA of the sketches at these positions, (k,) int.

    like: a DNA of the same network and calibration. Raises BadInput for no image at all.
    """
    if not len(positions):
        raise BadInput("Pick at least one image to take the average of.")
    return sketched_dna(sketches.select(np.asarray(positions)), like.calibration, like.extractor, name)
