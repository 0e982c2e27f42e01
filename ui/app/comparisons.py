"""Cached distances: between datasets, neuron by neuron and pair by pair, and of every image to a reference."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from weakref import WeakValueDictionary

import numpy as np
import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.analyses import ranking as retrieval
from dnacore.attributes.copies import copies
from dnacore.distances.emd import per_neuron
from ui.app import reads
from ui.app.reads import Ready, Reference

rankings: WeakValueDictionary[tuple[str, ...], pd.DataFrame] = WeakValueDictionary()  # for as long as they are cached


def farthest(ready: Sequence[Ready]) -> tuple[int, int]:
    """Return the places of the two datasets that are farthest apart; (0, 0) for a single one."""
    if len(ready) < 2:
        return 0, 0
    matrix = comparison(ready, "emd", None).matrix
    a, b = np.unravel_index(int(np.argmax(matrix)), matrix.shape)
    return int(a), int(b)


def comparison(
    chosen: Sequence[Ready], metric: str, selection: dc.Selection | None, layer: str | None = None
) -> dc.Comparison:
    """Return all pairwise distances of the chosen datasets. layer: the only one that counts, for FD and KID."""
    keys = tuple(one.key for one in chosen)
    return _comparison(keys, metric, reads.selection_key(selection), layer, tuple(chosen), selection)


@st.cache_resource(max_entries=32, show_spinner=False)
def _comparison(
    keys: tuple[str, ...],
    metric: str,
    selection: str,
    layer: str | None,
    _chosen: tuple[Ready, ...],
    _selection: dc.Selection | None,
) -> dc.Comparison:
    return dc.pairwise([reads.dna(one) for one in _chosen], metric, _selection, [layer] if layer else None)


def sensitivity(a: Ready, b: Ready, *, noise: bool = False) -> dc.Sensitivity:
    """Return per neuron how far two datasets are apart; with `noise`, also what chance would give (slower)."""
    return _sensitivity(a.key, b.key, noise, a, b)


@st.cache_resource(max_entries=32, show_spinner=False)
def _sensitivity(a_key: str, b_key: str, noise: bool, _a: Ready, _b: Ready) -> dc.Sensitivity:
    return (
        dc.sensitivity(reads.dna(_a), reads.dna(_b))
        if noise
        else dc.sensitivity(reads.dna(_a), reads.dna(_b), splits=0)
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _differences(a_key: str, b_key: str, metric: str, _a: Ready, _b: Ready) -> np.ndarray:
    return per_neuron(reads.dna(_a), reads.dna(_b), metric)


def differences(a: Ready, b: Ready, metric: str = "emd") -> np.ndarray:
    """Return (n_neurons,) how far two datasets are apart on every neuron: emd in bins, nfd in squared activation."""
    return sensitivity(a, b).emd if metric == "emd" else _differences(a.key, b.key, metric, a, b)


def channels(shown: Sequence[Ready]) -> np.ndarray:
    """Return (n_neurons,) of every neuron the first one that it is a copy of, over the images of these datasets."""
    return _channels(tuple(reads.listed(one) for one in shown), tuple(shown))


@st.cache_resource(max_entries=32, show_spinner=False)
def _channels(keys: tuple[str, ...], _shown: tuple[Ready, ...]) -> np.ndarray:
    parts = []
    for one in _shown:
        with suppress(dc.BadInput):  # it came without its images, or was extracted without sketches
            parts.append(reads.sketches_of(one))
    return copies(parts, reads.dna(_shown[0]).layers)


def from_one(one: Ready, others: Sequence[Ready]) -> np.ndarray:
    """Return (k,) how far each of k datasets is from one, EMD in bins over all neurons."""
    return _from_one(one.key, tuple(other.key for other in others), one, tuple(others))


@st.cache_resource(max_entries=32, show_spinner=False)
def _from_one(key: str, keys: tuple[str, ...], _one: Ready, _others: tuple[Ready, ...]) -> np.ndarray:
    return np.array([dc.emd_avg(reads.dna(_one), reads.dna(other)) for other in _others])


def ranking(
    dataset: Ready, reference: Reference, unlike: Reference | None = None, selection: dc.Selection | None = None
) -> pd.DataFrame:
    """Return a dataset's images by distance to a reference, nearest first: columns rank, distance (bins), index.

    From what is stored: nothing is extracted, and images without a sketch are left out. Raises BadInput.
    """
    return _ranking(ranking_key(dataset, reference, unlike, selection), dataset, reference, unlike, selection)


def ranking_key(of: Ready, like: Reference, unlike: Reference | None, by: dc.Selection | None) -> tuple[str, ...]:
    """Return what a ranking is known by."""
    return reads.listed(of), reads.key_of(like), reads.key_of(unlike), reads.selection_key(by), reads.extractor()


def ranked(key: tuple[str, ...], dataset: Ready) -> pd.DataFrame | None:
    """Return a ranking that is there already, or a part's out of that of the whole; None where it has to be made."""
    if dataset.dataset.part is None or key in rankings:
        return rankings.get(key)
    found = reads.whole_of(dataset.dataset)
    whole = Ready(found, reads.workspace().store.dna_key(found, reads.extractor()) or "")
    known = rankings.get((reads.listed(whole), *key[1:]))
    return None if known is None else retrieval.among(known, {row.index for row in reads.files(dataset.dataset)})


@st.cache_resource(max_entries=48, show_spinner=False)
def _ranking(
    key: tuple[str, ...], _dataset: Ready, _like: Reference, _unlike: Reference | None, _by: dc.Selection | None
) -> pd.DataFrame:
    if (known := ranked(key, _dataset)) is not None:  # a filter is answered at once where the whole is ranked already
        return known
    like, other = reads.as_dna(_like), None if _unlike is None else reads.as_dna(_unlike)
    found = retrieval.rank(reads.files(_dataset.dataset), reads.sketches_of(_dataset), like, other, _by)
    rankings[key] = found
    return found
