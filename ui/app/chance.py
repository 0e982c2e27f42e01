"""Cached noise floors: what chance alone would give between datasets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.distances import split_half
from dnacore.distances.split_half import Chance, Halves
from ui.app import reads
from ui.app.reads import Ready

METRICS = ("emd", "nfd")


def of(one: Ready, metric: str) -> Halves | None:
    """Return how far random halves of a dataset are apart; None where that cannot be told."""
    return _halves(one.stored, metric, one)


@st.cache_resource(max_entries=64, show_spinner=False)
def _halves(key: str, metric: str, _one: Ready) -> Halves | None:
    sketches = reads.dna(_one).source
    if metric not in METRICS or sketches is None or len(sketches) < split_half.FEWEST:
        return None
    found = split_half.halves(sketches, metric, images=reads.dna(_one).images)
    sketches.release()
    return found


def few(shown: Sequence[Ready]) -> str:
    """Return which of these have only so few images that figures about them say little; "" where none has."""
    return split_half.few({one.said: reads.dna(one).images for one in shown})


def between(a: Ready, b: Ready, metric: str, selection: dc.Selection | None = None) -> Chance | None:
    """Return what chance would give between two datasets; None where that cannot be told."""
    one, two = of(a, metric), of(b, metric)
    return None if one is None or two is None else split_half.chance(one, two, selection)


def table(chosen: Sequence[Ready], metric: str, selection: dc.Selection | None) -> tuple[np.ndarray, np.ndarray]:
    """Return (k, k) what chance usually gives, and (k, k) what it gives in 19 of 20 cases at most; NaN where unknown.

    On the diagonal stands the same between a dataset and another sample of its kind, as large as it is.
    """
    return _table(tuple(one.key for one in chosen), metric, reads.selection_key(selection), tuple(chosen), selection)


@st.cache_resource(max_entries=32, show_spinner=False)
def _table(
    keys: tuple[str, ...], metric: str, selection_name: str, _chosen: tuple[Ready, ...], _selection: dc.Selection | None
) -> tuple[np.ndarray, np.ndarray]:
    k = len(_chosen)
    usual, most = np.full((k, k), np.nan), np.full((k, k), np.nan)
    for i, a in enumerate(_chosen):
        for j in range(i, k):
            found = between(a, _chosen[j], metric, _selection)
            if found is not None:
                usual[i, j] = usual[j, i] = found.usual
                most[i, j] = most[j, i] = found.most if j > i else np.nan
    return usual, most


def per_neuron(a: Ready, b: Ready, metric: str) -> np.ndarray | None:
    """Return (n_neurons,) what chance usually gives between two datasets; None where that cannot be told."""
    one, two = of(a, metric), of(b, metric)
    if one is None or two is None:
        return None
    mean = [half.distances.mean(1, dtype=np.float64) for half in (one, two)]
    return np.hypot(*mean) / 2 if metric == "emd" else (mean[0] + mean[1]) / 4


def layers(chance: np.ndarray | None, dna: dc.DNA, selection: dc.Selection | None) -> dict[str, float]:
    """Return what chance usually gives in each layer: the mean over its neurons, or over its selected ones."""
    if chance is None:
        return {}
    from dnacore.dna.layers import layer_slices

    weights = np.zeros(dna.n_neurons)
    weights[selection.flat if selection is not None else slice(None)] = (
        np.abs(selection.weights) if selection is not None else 1.0
    )
    found = {}
    for layer, where in layer_slices(dna.layers).items():
        if weights[where].any():
            found[layer] = float(np.average(chance[where], weights=weights[where]))
    return found
