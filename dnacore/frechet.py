"""Fréchet distance of whole layers: the multivariate cousin of NFD, and FID where the layer is Inception's last."""

from __future__ import annotations

import numpy as np

from .dna import DNA, check_comparable, layer_slices
from .errors import BadInput


def fd(a: DNA, b: DNA, layer: str) -> float:
    """Fréchet distance of one layer's Gaussians, squared activation units.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2), with mean and covariance (n - 1) of the images' spatial means,
    taken from the sketches. Raises Mismatch; BadInput without sketches or with fewer than two images on a side.
    """
    check_comparable(a, b)
    where = layer_slices(a.layers).get(layer)
    if where is None:
        raise BadInput(f"There is no layer {layer}. The layers are {', '.join(a.layers)}.")
    means = [_spatial_means(dna, where) for dna in (a, b)]
    (m1, c1), (m2, c2) = ((x.mean(1), np.atleast_2d(np.cov(x))) for x in means)
    return frechet(m1, c1, m2, c2)


def frechet(m1: np.ndarray, c1: np.ndarray, m2: np.ndarray, c2: np.ndarray) -> float:
    """Fréchet distance of two Gaussians. m: (d,), c: (d, d) float64.

    By two symmetric eigen-decompositions: faster than a matrix square root and more exact (2.7 s against 9.5 s at
    d = 2048).
    """
    values, vectors = np.linalg.eigh(c1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    inner = root @ c2 @ root
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh((inner + inner.T) / 2), 0)).sum()
    return float(max(0.0, (m1 - m2) @ (m1 - m2) + np.trace(c1) + np.trace(c2) - 2 * cross))


def _spatial_means(dna: DNA, where: slice) -> np.ndarray:
    if dna.source is None:
        raise BadInput(f"FD needs the sketches of “{dna.name}”; a DNA from a file has none. Extract the images here.")
    if len(dna.source) < 2:
        raise BadInput(f"FD needs at least two images on each side; “{dna.name}” has {len(dna.source)}.")
    return dna.source.means(where).astype(np.float64)
