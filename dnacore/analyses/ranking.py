"""Ranking images against a reference, from sketches alone, and measuring how good a ranking is.

An image's histogram stands in its sketch as Q equal atoms. Its EMD to a reference is then a sum of Q table look-ups per
neuron: with F the reference's CDF and T_i[b] the sum over bins below b of |i/Q - F|, the distance is
T_Q[B] + sum_i (T_{i-1} - T_i)[q_i], where q_1 <= ... <= q_Q are the atoms' bins. Exact, whatever Q is.
"""

from __future__ import annotations

from operator import le
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
    return atom_distances(np.ascontiguousarray(sketches.quantiles(neurons)), reference.cdf[neurons])


def atom_cdf(quantiles: np.ndarray, bins: int) -> np.ndarray:
    """The CDF of all images together: quantiles (k, N, Q) -> (k, B) float64."""
    counts = [np.bincount(np.minimum(row, bins - 1).ravel(), minlength=bins) for row in quantiles]
    return np.cumsum(counts, axis=1) / max(1, quantiles.shape[1] * quantiles.shape[2])


def atom_distances(quantiles: np.ndarray, cdf: np.ndarray) -> np.ndarray:
    """EMD of every image to a reference: quantiles (k, N, Q), cdf (k, B) -> (k, N) float64, in bins."""
    quantiles, cdf = np.ascontiguousarray(quantiles), np.ascontiguousarray(cdf)
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
        total += weights[part] @ atom_distances(quantiles, reference.cdf[rows])
        if unlike is not None:
            total -= weights[part] @ atom_distances(quantiles, unlike.cdf[rows])
        if selection is None:
            sketches.release()
    return total


def table(folder: Path, files: list, sketches: Sketches, distances: np.ndarray) -> pd.DataFrame:
    """A ranking as a DataFrame: rank, path, distance, index; nearest first, ties by path.

    files: the dataset's files, in the order the sketches were asked for; distances: (N,) for the sketches found.
    """
    order = nearest_first(files, sketches, distances)
    found = numbered(files, sketches, distances, order)
    paths = [str(folder / files[i].path) for i in sketches.found[order]]
    found.insert(1, "path", paths)
    return found


def rank(
    files: list, sketches: Sketches, reference: DNA, unlike: DNA | None = None, selection: Selection | None = None
) -> pd.DataFrame:
    """Images by their distance, as `distances_to` gives it: rank, distance, index; see `table`."""
    distances = distances_to(sketches, reference, unlike, selection)
    return numbered(files, sketches, distances, nearest_first(files, sketches, distances))


def numbered(files: list, sketches: Sketches, distances: np.ndarray, order: np.ndarray) -> pd.DataFrame:
    """The same without paths, of which 100,000 take longer than the ranking. order: as `nearest_first` gives it."""
    index = np.array([files[i].index for i in sketches.found], np.int64)
    return pd.DataFrame({"rank": np.arange(1, len(order) + 1), "distance": distances[order], "index": index[order]})


def nearest_first(files: list, sketches: Sketches, distances: np.ndarray) -> np.ndarray:
    """(N,) places of the sketches' images, nearest first, ties by path. files: in the order the sketches were asked for."""
    paths = [files[i].path for i in sketches.found]
    if all(map(le, paths, paths[1:])):  # as the catalogue lists them
        return np.argsort(distances, kind="stable")
    return np.array(sorted(range(len(paths)), key=lambda i: (distances[i], paths[i])), np.int64)


def among(ranking: pd.DataFrame, indices: set[int]) -> pd.DataFrame:
    """The ranking of some of a ranking's images, numbered anew: distances are each image's own. indices: of the images."""
    kept = ranking[np.fromiter((int(index) in indices for index in ranking["index"]), bool, len(ranking))]
    return kept.assign(rank=np.arange(1, len(kept) + 1)).reset_index(drop=True)
