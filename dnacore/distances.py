"""Distances between DNAs: per neuron, averaged over neurons, and as pairwise matrices.

EMD is in bins: the mean number of bins that activations must be moved to turn one histogram into the other, between 0
and B - 1. NFD and FD are in squared activation units, KID in those of its kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .comparable import named
from .dna import DNA, check_comparable, layer_slices
from .errors import BadInput
from .frechet import check_gaussians, fd
from .gaussian import Gaussian
from .mmd import kid
from .selection import Selection, check_selection

METRICS = {
    "emd": "bins", "nfd": "squared activation", "fd": "squared activation", "kid": "squared kernel discrepancy",
}  # fmt: skip
OF_LAYERS = ("fd", "kid")  # one number per layer, none per neuron


def emd(a: DNA, b: DNA) -> np.ndarray:
    """Earth Mover's Distance of every neuron: (n_neurons,) float64, in bins (CVPR 2023, eq. 3-4). Raises Mismatch."""
    _check_histograms(a, b)
    check_comparable(a, b)
    _check_not_empty(a, b)
    return np.abs(a.cdf - b.cdf).sum(1)


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


@dataclass(frozen=True)
class Comparison:
    """How far k sets of images are from each other.

    matrix: (k, k) float64, zero on the diagonal. layers: {layer: (k, k)}, the same over the neurons of one layer.
    unit: of every number in here.
    """

    names: tuple[str, ...]
    metric: str
    unit: str
    matrix: np.ndarray
    layers: Mapping[str, np.ndarray]


def pairwise(dnas: Sequence[DNA | Gaussian], metric: str = "emd", selection: Selection | None = None) -> Comparison:
    """Compare every pair. With a selection, a layer's number is the weighted mean over its selected neurons.

    FD and KID have one number per layer and none per neuron: their total is the mean over layers, and they take no
    selection. The small form of a DNA (`Gaussian`) goes with nfd and, for layers whose covariance it has, fd.
    Raises Mismatch when two of the DNAs must not be compared.
    """
    if not dnas:
        raise BadInput("There is nothing to compare. Choose at least one dataset.")
    if metric not in METRICS:
        raise BadInput(f"There is no metric {metric!r}; choose one of {', '.join(METRICS)}.")
    if metric in OF_LAYERS:
        return _pairwise_layers(dnas, metric, selection)
    slices = layer_slices(dnas[0].layers)
    weights = {layer: _layer_weights(where, selection) for layer, where in slices.items()}
    k = len(dnas)
    matrix = np.zeros((k, k))
    layers = {layer: np.zeros((k, k)) for layer, w in weights.items() if w is not None}
    for i in range(k):
        for j in range(i + 1, k):
            distances = per_neuron(dnas[i], dnas[j], metric)
            matrix[i, j] = matrix[j, i] = combine(distances, selection)
            for layer, table in layers.items():
                table[i, j] = table[j, i] = float(distances[slices[layer]] @ weights[layer])
    return Comparison(tuple(d.name for d in dnas), metric, METRICS[metric], matrix, layers)


def _pairwise_layers(dnas: Sequence[DNA | Gaussian], metric: str, selection: Selection | None) -> Comparison:
    if selection is not None:
        raise BadInput(
            f"{metric.upper()} compares whole layers, so it takes no selection of neurons. Use emd or nfd with a "
            "selection."
        )
    k = len(dnas)
    layers = {layer: np.zeros((k, k)) for layer in _layers_with_covariance(dnas, metric)}
    for i in range(k):
        for j in range(i + 1, k):
            for layer, table in layers.items():
                pair = dnas[i], dnas[j], layer
                table[i, j] = table[j, i] = fd(*pair) if metric == "fd" else kid(*pair).mean
    matrix = np.mean(list(layers.values()), axis=0)
    return Comparison(tuple(d.name for d in dnas), metric, METRICS[metric], matrix, layers)


def _layers_with_covariance(dnas: Sequence[DNA | Gaussian], metric: str) -> list[str]:
    """Every layer; without sketches those whose covariance is there, or all where none is, so that FD says why."""
    every = list(dnas[0].layers)
    if metric != "fd" or all(getattr(d, "source", None) is not None for d in dnas):
        return every
    return [layer for layer in every if all(layer in d.scatter or getattr(d, "source", None) for d in dnas)] or every


def _layer_weights(where: slice, selection: Selection | None) -> np.ndarray | None:
    size = where.stop - where.start
    if selection is None:
        return np.full(size, 1 / size)
    inside = (selection.flat >= where.start) & (selection.flat < where.stop)
    if not inside.any():
        return None
    weights = np.zeros(size)
    weights[selection.flat[inside] - where.start] = selection.weights[inside]
    total = np.abs(weights).sum()
    return weights / total if total else weights


def _check_not_empty(*dnas: DNA) -> None:
    for dna in dnas:
        if not dna.images:
            raise BadInput(f"“{dna.name}” has no readable image, so there is nothing to compare.")


def _check_histograms(*dnas: DNA | Gaussian) -> None:
    for dna in dnas:
        if isinstance(dna, Gaussian):
            raise BadInput(
                f"{named(dna)} holds a mean and a variance per neuron and no histograms, so it has no EMD. Compare it by "
                "nfd, or get the file with histograms."
            )
