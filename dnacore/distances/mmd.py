"""KID, FID's kernel counterpart: a baseline that assumes no Gaussian and has no bias at small sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dnacore.distances.frechet import spatial_means
from dnacore.dna.comparable import check_comparable
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput

SUBSETS, SUBSET_SIZE = 100, 1000  # as published


@dataclass(frozen=True)
class KernelDistance:
    """Squared maximum mean discrepancy: mean and standard deviation over random subsets of the images."""

    mean: float
    deviation: float


def kid(a: DNA, b: DNA, layer: str, subsets: int = SUBSETS, size: int = SUBSET_SIZE, seed: int = 0) -> KernelDistance:
    """Kernel distance of one layer (Bińkowski et al., ICLR 2018): squared discrepancy, unit of the kernel.

    The unbiased estimate under k(x, y) = (x.y / d + 1)^3 of the images' spatial means, averaged over `subsets` random
    subsets of `size` images of each side (of all there are, where there are fewer). Near 0, and below it by chance,
    for images of one kind. Raises Mismatch, and BadInput without sketches or with fewer than two images on a side.
    """
    check_comparable(a, b)
    where = layer_slices(a.layers).get(layer)
    if where is None:
        raise BadInput(f"There is no layer {layer}. The layers are {', '.join(a.layers)}.")
    if subsets < 1 or size < 2:
        raise BadInput(f"KID needs at least one subset of two images, not {subsets} of {size}.")
    x, y = spatial_means(a, where, "KID").T, spatial_means(b, where, "KID").T
    return kernel_distance(x, y, subsets, size, seed)


def kernel_distance(x: np.ndarray, y: np.ndarray, subsets: int, size: int, seed: int) -> KernelDistance:
    """KID of two sets of features. x: (N, d), y: (M, d) float64."""
    size = min(size, len(x), len(y))
    random = np.random.default_rng(seed)
    if size == len(x) == len(y):
        subsets = 1  # each subset is the whole set
    found = [
        discrepancy(x[random.choice(len(x), size, replace=False)], y[random.choice(len(y), size, replace=False)])
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(found)), float(np.std(found)))


def discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased squared discrepancy of (m, d) and (m, d) features under the cubic kernel."""
    m, d = x.shape
    xx, yy, xy = ((one @ two.T / d + 1) ** 3 for one, two in ((x, x), (y, y), (x, y)))
    within = (xx.sum() - np.trace(xx) + yy.sum() - np.trace(yy)) / (m * (m - 1))
    return float(within - 2 * xy.mean())
