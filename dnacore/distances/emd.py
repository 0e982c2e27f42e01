"""Distances per neuron: the Earth Mover's Distance (CVPR 2023, eq. 3-4) and the neuron-wise Fréchet distance.

EMD is in bins (0 to bins - 1), NFD in squared activations.
"""

from __future__ import annotations

import numpy as np

from dnacore.distances import kernels
from dnacore.distances.frechet import check_gaussians
from dnacore.dna.comparable import check_comparable, named
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection, check_selection

EXACT = 3  #: matrices of so few DNAs are in double precision


def emd(a: DNA, b: DNA) -> np.ndarray:
    """Earth Mover's Distance of every neuron: (n_neurons,) float64, in bins (CVPR 2023, eq. 3-4). Raises Mismatch."""
    check_histograms(a, b)
    check_comparable(a, b)
    check_not_empty(a, b)
    return kernels.differences(a.cdf, b.cdf)


def nfd(a: DNA | Gaussian, b: DNA | Gaussian) -> np.ndarray:
    """Fréchet distance of every neuron's Gaussians: (n_neurons,) float64, squared activation units.

    (m1 - m2)^2 + v1 + v2 - 2 sqrt(v1 v2), with mean and variance (n - 1) of the images' spatial means. Raises Mismatch,
    and BadInput for sets of one image, which have no variance.
    """
    check_gaussians(a, b)
    for dna in (a, b):
        if dna.images < 2:
            raise BadInput(f"NFD needs at least two images on each side; {named(dna)} has {dna.images}.")
    return (a.mean - b.mean) ** 2 + (np.sqrt(a.variance) - np.sqrt(b.variance)) ** 2


def per_neuron(a: DNA, b: DNA, metric: str = "emd") -> np.ndarray:
    """(n_neurons,) float64 distances under a metric that has one number per neuron: emd or nfd."""
    if metric not in ("emd", "nfd"):
        raise BadInput(f"There is no metric {metric!r} with a number per neuron; choose emd or nfd.")
    return emd(a, b) if metric == "emd" else nfd(a, b)


def emd_avg(a: DNA, b: DNA, selection: Selection | None = None) -> float:
    """Mean EMD over neurons, or the weighted sum over a selection's neurons, in bins (CVPR 2023, eq. 4 and 5)."""
    return combine(emd(a, b), selection)


def combine(distances: np.ndarray, selection: Selection | None) -> float:
    """Sum of w * distance over a selection's neurons; the plain mean without one. distances: (n_neurons,)."""
    if selection is None:
        return float(distances.mean())
    check_selection(selection, len(distances))
    return float(distances[selection.flat] @ selection.weights)


def check_not_empty(*dnas: DNA) -> None:
    """Raise BadInput for a DNA without images."""
    for dna in dnas:
        if not dna.images:
            raise BadInput(f"“{dna.name}” has no readable image, so there is nothing to compare.")


def check_histograms(*dnas: DNA | Gaussian) -> list[DNA]:
    """The same DNAs as DNAs with histograms. Raises BadInput for one that has none."""
    found = []
    for dna in dnas:
        if isinstance(dna, Gaussian):
            raise BadInput(
                f"{named(dna)} holds a mean and a variance per neuron and no histograms, so it has neither EMD nor "
                "KID. Compare it by nfd or fd, or get the file with histograms."
            )
        found.append(dna)
    return found
