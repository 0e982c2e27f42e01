"""Images in order, cut into windows: how far each is from the first, and what chance gives."""

from __future__ import annotations

import numpy as np

from dnacore.distances.contrasts import contrast
from dnacore.distances.emd import combine
from dnacore.studies.frame.study import Request, Subject

CHANCE = 20  # random orders for each window's chance
HELD = 1 << 26  # bytes of distances between windows that are in memory at once


def spaced(images: int, most: int) -> np.ndarray:
    """(k,) positions of at most `most` images, evenly spaced from the first to the last."""
    return np.linspace(0, images - 1, min(images, most)).round().astype(np.int64)


def windows(images: int, size: int) -> list[tuple[int, int]]:
    """[(first, past the last)] of windows of `size` images; what is left over goes to the last one."""
    starts = list(range(0, images - size + 1, size))
    return [(a, b) for a, b in zip(starts, [*starts[1:], images], strict=True)]


def from_the_first(
    one: Subject, cuts: list[tuple[int, int]], request: Request, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each window's distance to the first, and what 19 of 20 random orders stay below: (W,) each, in bins."""
    count, others = len(one), len(cuts) - 1
    orders = [np.arange(count), *(random.permutation(count) for _ in range(CHANCE))]
    step = max(1, HELD // (8 * others * (count + 2 * one.sketches.n_neurons)))
    far: list[float] = []
    for start in range(0, len(orders), step):
        request.watch("comparing windows with the first", start, len(orders))
        columns = np.hstack([_columns(order, cuts) for order in orders[start : start + step]])
        found = contrast(one.sketches, columns).emd
        far += [combine(column, request.selection) for column in found.T]
    each = np.array(far).reshape(len(orders), others)
    return np.r_[0.0, each[0]], np.r_[0.0, np.quantile(each[1:], 0.95, axis=0)]


def _columns(order: np.ndarray, cuts: list[tuple[int, int]]) -> np.ndarray:
    """(N, W - 1) image weights, as `contrast` takes them: each window but the first against the first."""
    columns = np.zeros((len(order), len(cuts) - 1))
    first = order[slice(*cuts[0])]
    for at, cut in enumerate(cuts[1:]):
        here = order[slice(*cut)]
        columns[first, at], columns[here, at] = -1 / len(first), 1 / len(here)
    return columns
