"""Distances between DNAs: per neuron, averaged over neurons, and as pairwise matrices.

EMD is in bins: the mean number of bins that activations must be moved to turn one histogram into the other, between 0
and B - 1. NFD and FD are in squared activation units, KID in those of its kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dnacore.distances import kernels
from dnacore.distances.emd import EXACT, check_histograms, check_not_empty, emd, nfd
from dnacore.distances.frechet import fd
from dnacore.distances.mmd import kid
from dnacore.dna.comparable import check_comparable
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection, weighed

METRICS = {
    "emd": "bins", "nfd": "squared activation", "fd": "squared activation", "kid": "squared kernel discrepancy",
}  # fmt: skip
OF_LAYERS = ("fd", "kid")  # one number per layer, none per neuron


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


def pairwise(
    dnas: Sequence[DNA | Gaussian], metric: str = "emd", selection: Selection | None = None,
    of_layers: Sequence[str] | None = None, device: str = "cpu",
) -> Comparison:  # fmt: skip
    """Compare every pair. With a selection, a layer's number is the weighted mean over its selected neurons.

    FD and KID have one number per layer and none per neuron: their total is the mean over layers, or over `of_layers`
    where only some are wanted, and they take no selection. The small form of a DNA (`Gaussian`) goes with nfd and, for
    layers whose covariance it has, fd. The EMD of more than `EXACT` DNAs is computed in single precision, within 1e-4 bins
    of `emd`, on the CPU or another torch device. Raises Mismatch when two of the DNAs must not be compared.
    """
    if not dnas:
        raise BadInput("There is nothing to compare. Choose at least one dataset.")
    if metric not in METRICS:
        raise BadInput(f"There is no metric {metric!r}; choose one of {', '.join(METRICS)}.")
    if metric in OF_LAYERS:
        return _pairwise_layers(dnas, metric, selection, of_layers)
    n = dnas[0].n_neurons
    flat, weights = weighed(selection, n, "")
    rows = {"": np.zeros(n)}
    np.add.at(rows[""], flat, weights)
    for layer, where in layer_slices(dnas[0].layers).items():
        inside = (flat >= where.start) & (flat < where.stop)
        if inside.any():
            rows[layer] = np.zeros(n)
            rows[layer][flat[inside]] = weights[inside] / (np.abs(weights[inside]).sum() or 1)
    sums = _weighted_pairs(dnas, metric, np.stack(list(rows.values())), selection, device)
    tables = dict(zip(rows, (_square(row, len(dnas)) for row in sums), strict=True))
    return Comparison(tuple(d.name for d in dnas), metric, METRICS[metric], tables.pop(""), tables)


def _weighted_pairs(
    dnas: Sequence[DNA | Gaussian], metric: str, weights: np.ndarray, selection: Selection | None, device: str
) -> np.ndarray:
    """Weighted sums over neurons of every pair i < j: (R, P). weights: (R, n)."""
    k = len(dnas)
    if metric == "nfd":
        found = [weights @ nfd(dnas[i], dnas[j]) for i in range(k) for j in range(i + 1, k)]
        return np.stack(found, 1) if found else np.zeros((len(weights), 0))
    full = check_histograms(*dnas)
    for i in range(k):
        for j in range(i + 1, k):
            check_comparable(full[i], full[j])
    if k > 1:
        check_not_empty(*full)
    neurons = None if selection is None else np.unique(selection.flat)
    if k <= EXACT:  # exact, since an explanation has to add up to what such a matrix shows
        exact = [weights @ emd(full[i], full[j]) for i in range(k) for j in range(i + 1, k)]
        return np.stack(exact, 1) if exact else np.zeros((len(weights), 0))
    out = np.zeros((len(weights), k * (k - 1) // 2))
    for here, sums in kernels.pairs([d.histograms for d in full], neurons, device) if k > 1 else ():
        out += weights[:, here if neurons is None else neurons[here]] @ sums
    return out


def _square(pairs: np.ndarray, k: int) -> np.ndarray:
    """The symmetric (k, k) matrix of the pairs i < j, (k (k - 1) / 2,)."""
    table = np.zeros((k, k))
    table[np.triu_indices(k, 1)] = pairs
    return table + table.T


def _pairwise_layers(
    dnas: Sequence[DNA | Gaussian], metric: str, selection: Selection | None, wanted: Sequence[str] | None
) -> Comparison:
    if selection is not None:
        raise BadInput(
            f"{metric.upper()} compares whole layers, so it takes no selection of neurons. Use emd or nfd with a "
            "selection."
        )
    k = len(dnas)
    layers = {layer: np.zeros((k, k)) for layer in wanted or _layers_with_covariance(dnas, metric)}
    for i in range(k):
        for j in range(i + 1, k):
            for layer, table in layers.items():
                table[i, j] = table[j, i] = _of_layer(metric, dnas[i], dnas[j], layer)
    matrix = np.mean(list(layers.values()), axis=0)
    return Comparison(tuple(d.name for d in dnas), metric, METRICS[metric], matrix, layers)


def _of_layer(metric: str, a: DNA | Gaussian, b: DNA | Gaussian, layer: str) -> float:
    if metric == "fd":
        return fd(a, b, layer)
    one, two = check_histograms(a, b)
    return kid(one, two, layer).mean


def _layers_with_covariance(dnas: Sequence[DNA | Gaussian], metric: str) -> list[str]:
    """Every layer; without sketches those whose covariance is there, or all where none is, so that FD says why."""
    every = list(dnas[0].layers)
    if metric != "fd" or all(getattr(d, "source", None) is not None for d in dnas):
        return every
    return [layer for layer in every if all(layer in d.scatter or getattr(d, "source", None) for d in dnas)] or every
