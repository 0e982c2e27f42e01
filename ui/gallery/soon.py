"""A ranking of very many images: at once by a few neurons, so that pictures are in sight, and then by all that count.

The whole ranking is made in a thread beside the server's sessions, once for all of them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.analyses import ranking as retrieval
from dnacore.neurons.selection import weighed
from ui.app import comparisons, errors, layout, reads, words
from ui.app.reads import Ready, Reference

Key = tuple[str, ...]
LARGE = 50_000_000  # images times neurons that one waits for: about a second of two cores
FEW = 48  # neurons of the first ranking
LOOK_S = 0.5
PATIENCE_S = 3.0  # a page that has not looked for so long shows something else now
KEPT = 4  # rankings that are held until a page has taken them over, of those that no page looks for

_lock = threading.Lock()
_pool = ThreadPoolExecutor(1, thread_name_prefix="ranking")
_making: OrderedDict[Key, Future[pd.DataFrame]] = OrderedDict()
_looked: dict[Key, float] = {}  # when a page last looked for each


def first(
    dataset: Ready, reference: Reference, unlike: Reference | None, selection: dc.Selection | None
) -> dc.Selection | None:
    """Return the few neurons to rank by meanwhile, and say so; None where the ranking is there, or is made while one
    waits.
    """
    sketches = reads.sketches_of(dataset)
    neurons, weights = weighed(selection, sketches.n_neurons, "")
    key = comparisons.ranking_key(dataset, reference, unlike, selection)
    if len(neurons) * len(sketches) <= LARGE or comparisons.ranked(key, dataset) is not None:
        return None
    made = _look(key)
    if made is None:
        # What caches are asked for is asked here: they belong to the session, and the thread to none.
        like, other = reads.as_dna(reference), None if unlike is None else reads.as_dna(unlike)
        _begin(key, reads.files(dataset.dataset), sketches, like, other, selection)
    elif made.done():
        if made.exception() is None:
            comparisons.rankings[key] = made.result()  # kept by us until the page's own cache has it
        return None  # what failed is tried again where the page can say why
    chosen = _first_few(weights)
    st.fragment(_wait, run_every=LOOK_S)(len(chosen), len(neurons), key)
    share = np.abs(weights[chosen]).sum() / np.abs(weights).sum()
    network = reads.as_dna(reference).calibration.extractor
    return dc.Selection(neurons[chosen], weights[chosen] / (share or 1), extractor=network)


def _first_few(weights: np.ndarray) -> np.ndarray:
    """Places of the neurons to begin with: those that count most, or some spread over all where all count the same."""
    if (weights == weights[0]).all():
        return np.arange(0, len(weights), -(-len(weights) // FEW))
    return np.argsort(-np.abs(weights), kind="stable")[:FEW]


def _wait(few: int, every: int, key: Key) -> None:
    with errors.guarded():
        made = _look(key)
        if made is None or made.done():
            st.rerun()
        with st.container(key="ranking-wait"):
            layout.note(f"By {few} of {words.count(every, 'neuron')} so far; by all of them in some seconds.")


def _look(key: Key) -> Future[pd.DataFrame] | None:
    """Return the ranking in the making, noting that a page looks for it; what no page looks for is let go of.

    What pages do wait for stays, however many they are: they would take turns in putting each other's away for ever.
    """
    with _lock:
        now = time.monotonic()
        if key in _making:
            _looked[key] = now
        for other in [other for other, looked in _looked.items() if now - looked > PATIENCE_S]:
            if _making[other].cancel() or (_making[other].done() and len(_making) > KEPT):
                del _making[other], _looked[other]
        return _making.get(key)


def _begin(key: Key, *asked: Any) -> None:
    with _lock:
        if key not in _making:
            _making[key] = _pool.submit(retrieval.rank, *asked)
        _looked[key] = time.monotonic()
