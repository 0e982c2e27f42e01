"""Change points in an ordered set of images, at a controlled rate of false alarms.

Images are compared two by two: the mean over neurons of the EMD between their activations. A split into the images
before and after is judged by the energy statistic of these distances (Székely and Rizzo, 2004), the change point is the
split that has the largest one, and its p-value is the share of random orders of the same images that reach as much at
any split (a permutation test, as in Matteson and James, 2014). So images in no particular
order raise a false alarm no more often than asked, however many splits are tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from dnacore.errors import BadInput
from dnacore.sketches.segments import QUANTILES
from dnacore.sketches.sketches import Sketches
from dnacore.studies.frame.study import Watch

BLOCK_BYTES = 1 << 26


@dataclass(frozen=True, eq=False)
class ChangePoint:
    """Where a set changes, if it does.

    position: the first image after the change. statistic: (N,) float64 at every split, 0 where none was tried.
    p: (1 + orders that reach as much) / (1 + orders), the chance of as much where nothing changes.
    """

    position: int
    p: float
    statistic: np.ndarray


def between_images(sketches: Sketches, weights: np.ndarray | None, watch: Watch) -> np.ndarray:
    """(N, N) float64: EMD between every two images in bins, averaged over neurons or summed with weights (n_neurons,).

    Exact for the sketches: two sets of Q equal atoms are as far apart as their atoms are in rising order.
    """
    n = len(sketches)
    total = np.zeros((n, n))
    rows = np.arange(sketches.n_neurons) if weights is None else np.flatnonzero(weights)
    scale = np.full(len(rows), 1 / max(len(rows), 1)) if weights is None else weights[rows]
    if (scale < 0).any():
        raise BadInput("Neurons with negative weights measure no distance between images. Choose another selection.")
    step = max(1, BLOCK_BYTES // max(1, n * QUANTILES * 4, sketches.lying * QUANTILES // 2))  # 4 times that in the file
    for start in range(0, len(rows), step):
        watch("comparing images with each other", start, len(rows))
        part = slice(start, start + step)
        atoms = sketches.quantiles(rows[part]).astype(np.float32) * (scale[part, None, None] / QUANTILES).astype(
            np.float32
        )
        points = torch.from_numpy(np.ascontiguousarray(atoms.transpose(1, 0, 2)).reshape(n, -1))
        total += torch.cdist(points, points, p=1).double().numpy()
        sketches.release()
    return total


def energies(distances: np.ndarray, least: int) -> np.ndarray:
    """(N,) energy statistic of every split into [0, t) and [t, N); 0 where a side has fewer than `least`.

    n m / (n + m) * (2 mean d(X, Y) - mean d(X, X') - mean d(Y, Y')). distances: (N, N), symmetric, 0 on the diagonal.
    """
    n = len(distances)
    running = distances.cumsum(0)
    running.cumsum(1, out=running)
    t = np.arange(least, n - least + 1)
    out = np.zeros(n)
    if not len(t):
        return out
    inside = running[t - 1, t - 1]
    across = running[t - 1, n - 1] - inside
    outside = running[-1, -1] - inside - 2 * across
    before, after = t.astype(np.float64), (n - t).astype(np.float64)
    gap = 2 * across / (before * after) - inside / before**2 - outside / after**2
    out[t[t < n]] = (before * after / n * gap)[t < n]
    return out


def change_point(
    distances: np.ndarray, least: int, orders: int, random: np.random.Generator, watch: Watch, alike: int = 1
) -> ChangePoint:
    """The split with the largest statistic, and how often chance reaches as much. Raises BadInput for too few images.

    distances: (N, N). least: images on either side. alike: neighbours that are alike by nature (frames of one scene)
    are moved together, in runs of so many.
    """
    n = len(distances)
    if n < 2 * least:
        raise BadInput(f"A change point needs at least {2 * least} images, not {n}. Give more, or smaller windows.")
    found = energies(distances, least)
    best = int(found.argmax())
    reached = 0
    for i in range(orders):
        if i % 20 == 0:
            watch("asking what chance would show", i, orders)
        order = _shuffled(n, alike, random)
        reached += bool(energies(distances[np.ix_(order, order)], least).max() >= found[best])
    return ChangePoint(best, (1 + reached) / (1 + orders), found)


def _shuffled(n: int, alike: int, random: np.random.Generator) -> np.ndarray:
    if alike <= 1:
        return random.permutation(n)
    start = int(random.integers(0, alike))  # the runs' boundaries are unknown, so they are drawn anew each time
    cuts = [0, *range(start or alike, n, alike), n]
    runs = [np.arange(a, b) for a, b in pairwise(cuts)]
    return np.concatenate([runs[i] for i in random.permutation(len(runs))])
