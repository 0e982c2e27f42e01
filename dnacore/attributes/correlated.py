"""Neurons that react alike: their activations rise and fall over the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dnacore import parallel
from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches

MOST = 4000  # images that are used
FEWEST = 8


@dataclass(frozen=True, eq=False)
class Companions:
    """neurons: (k,) flat indices, the most alike first; correlation: (k,) float64, of each, -1 to 1."""

    neurons: np.ndarray
    correlation: np.ndarray


def companions(parts: Sequence[Sketches], flat: int, count: int = 12, seed: int = 0) -> Companions:
    """The neurons whose spatial means correlate most with one neuron's over the images of several sets, by size of the
    correlation (Pearson's), whatever its sign. Of more than 4,000 images a random sample. Raises BadInput below 8.
    """
    images = sum(map(len, parts))
    if images < FEWEST:
        raise BadInput(f"Neurons that react alike can be told from {FEWEST} images on, not {images}.")
    random = np.random.default_rng(seed)
    if images > MOST:
        share = MOST / images
        parts = [
            part.select(np.sort(random.choice(len(part), max(1, int(len(part) * share)), replace=False)))
            for part in parts
        ]
    own = np.concatenate([part.means(np.array([flat]))[0] for part in parts]).astype(np.float64)
    own -= own.mean()
    size = np.sqrt((own**2).sum())
    n = parts[0].n_neurons
    found = np.zeros(n)
    for rows in parallel.blocks(n, max(1, (1 << 24) // max(1, len(own)))):
        values = np.concatenate([part.means(rows) for part in parts], axis=1).astype(np.float64)
        values -= values.mean(1, keepdims=True)
        sizes = np.sqrt((values**2).sum(1)) * size
        found[rows] = np.divide(values @ own, sizes, out=np.zeros(len(values)), where=sizes > 1e-12)
    found[flat] = 0.0
    order = np.argsort(-np.abs(found), kind="stable")[: min(count, n - 1)]
    order = order[np.abs(found[order]) > 0]
    return Companions(order.astype(np.int64), found[order])
