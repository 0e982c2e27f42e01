"""Ranking images against a reference, from sketches alone, and measuring how good a ranking is.

An image's histogram stands in its sketch as Q equal atoms. Its EMD to a reference is then a sum of Q table look-ups per
neuron: with F the reference's CDF and T_i[b] the sum over bins below b of |i/Q - F|, the distance is
T_Q[B] + sum_i (T_{i-1} - T_i)[q_i], where q_1 <= ... <= q_Q are the atoms' bins. Exact, whatever Q is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numba import njit

from dnacore import parallel
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection, weighed
from dnacore.sketches.segments import QUANTILES
from dnacore.sketches.sketches import Sketches

BLOCK_BYTES = 1 << 27  # of quantiles held at once
MOST_TABLES = 256  # neurons whose look-up tables (128 kB each) are held at once


@njit(nogil=True, cache=True)
def _tables(first, last, cdf, gains, ends):
    """cdf (k, B) -> gains (k, Q, B): T_{i-1}[b] - T_i[b]; ends (k,): T_Q[B]. T sums over the bins below b."""
    bins, atoms = cdf.shape[1], gains.shape[1]
    sums = np.zeros(atoms + 1)
    for k in range(first, last):
        sums[:] = 0.0
        for b in range(bins):
            for i in range(atoms):
                gains[k, i, b] = sums[i] - sums[i + 1]
            for i in range(atoms + 1):
                sums[i] += abs(i / atoms - cdf[k, b])
        ends[k] = sums[atoms]


@njit(nogil=True, cache=True)
def _look_up(first, last, quantiles, gains, ends, out):
    """quantiles (k, N, Q) -> out (k, N). A bin beyond the last, from a damaged file, counts as the last."""
    end = gains.shape[2] - 1
    for k in range(first, last):
        for n in range(quantiles.shape[1]):
            total = ends[k]
            for i in range(quantiles.shape[2]):
                total += gains[k, i, min(quantiles[k, n, i], end)]
            out[k, n] = total


def image_distances(sketches: Sketches, reference: DNA, neurons: np.ndarray | slice) -> np.ndarray:
    """EMD of every image to the reference, neuron by neuron: (k, N) float64, in bins. neurons: k flat indices."""
    return _distances(np.ascontiguousarray(sketches.quantiles(neurons)), reference.cdf[neurons])


def _distances(quantiles: np.ndarray, cdf: np.ndarray) -> np.ndarray:
    """quantiles (k, N, Q), cdf (k, B) -> (k, N)."""
    cdf = np.ascontiguousarray(cdf)
    gains, ends = np.empty((len(cdf), quantiles.shape[2], cdf.shape[1])), np.empty(len(cdf))
    parallel.over_rows(_tables, len(cdf), cdf, gains, ends)
    out = np.empty(quantiles.shape[:2])
    parallel.over_rows(_look_up, len(cdf), quantiles, gains, ends, out)
    return out


def distances_to(
    sketches: Sketches, reference: DNA, unlike: DNA | None = None, selection: Selection | None = None
) -> np.ndarray:
    """Weighted distance of every image to the reference: (N,) float64, in bins.

    With `unlike`: distance to the reference minus distance to `unlike`, so the smallest is most like one and least like
    the other. Without a selection every neuron weighs 1/n. Raises Mismatch through the selection's check.
    """
    if reference.n_neurons != sketches.n_neurons:
        raise BadInput(f"The sketches hold {sketches.n_neurons} neurons, the reference {reference.n_neurons}.")
    neurons, weights = weighed(selection, reference.n_neurons, reference.network)
    total = np.zeros(len(sketches))
    step = max(1, min(BLOCK_BYTES // max(1, len(sketches) * QUANTILES * 2), MOST_TABLES))
    for part in parallel.blocks(len(neurons), step):
        rows = part if selection is None else neurons[part]  # all neurons: a slice of a mapped file is not copied
        quantiles = np.ascontiguousarray(sketches.quantiles(rows))
        total += weights[part] @ _distances(quantiles, reference.cdf[rows])
        if unlike is not None:
            total -= weights[part] @ _distances(quantiles, unlike.cdf[rows])
        if selection is None:
            sketches.release()
    return total


def table(folder: Path, files: list, sketches: Sketches, distances: np.ndarray) -> pd.DataFrame:
    """A ranking as a DataFrame: rank, path, distance, index; nearest first, ties by path.

    files: the dataset's files, in the order the sketches were asked for; distances: (N,) for the sketches found.
    """
    found = [files[i] for i in sketches.found]
    order = sorted(range(len(found)), key=lambda i: (distances[i], found[i].path))
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "path": [str(folder / found[i].path) for i in order],
            "distance": distances[order],
            "index": [found[i].index for i in order],
        }
    )
