"""A ranking of very many images: at once by a few neurons, so that pictures are in sight, and then by all that count.

The whole ranking is made in a thread beside the server's sessions, once for all of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.analyses import ranking as retrieval
from ui.app import comparisons, errors, layout, reads, words
from ui.app.reads import Ready, Reference

LARGE = 50_000_000  # images times neurons that one waits for: about a second of two cores
FEW = 48  # neurons of the first ranking
LOOK_S = 0.5
KEPT = 4  # rankings that are held until a page has taken them over

_lock = threading.Lock()
_pool = ThreadPoolExecutor(1, thread_name_prefix="ranking")
_making: OrderedDict[tuple[str, ...], Future[pd.DataFrame]] = OrderedDict()


def first(
    dataset: Ready, reference: Reference, unlike: Reference | None, selection: dc.Selection | None
) -> dc.Selection | None:
    """Return the few neurons to rank by meanwhile, and say so; None where the ranking is there, or is made while one
    waits.
    """
    sketches = reads.sketches_of(dataset)
    neurons = np.arange(sketches.n_neurons) if selection is None else selection.flat
    key = comparisons.ranking_key(dataset, reference, unlike, selection)
    if len(neurons) * len(sketches) <= LARGE or comparisons.ranked(key, dataset) is not None:
        return None
    with _lock:
        made = _making.get(key)
    if made is None:
        # What caches are asked for is asked here: they belong to the session, and the thread to none.
        like, other = reads.as_dna(reference), None if unlike is None else reads.as_dna(unlike)
        _begin(key, reads.files(dataset.dataset), sketches, like, other, selection)
    elif made.done():
        if made.exception() is None:
            comparisons.rankings[key] = made.result()  # kept by us until the page's own cache has it
        return None  # what failed is tried again where the page can say why
    few = neurons[:: -(-len(neurons) // FEW)]
    st.fragment(_wait, run_every=LOOK_S)(len(few), len(neurons), key)
    return dc.Selection.of(few, extractor=reads.as_dna(reference).calibration.extractor)


def _wait(few: int, every: int, key: tuple[str, ...]) -> None:
    with errors.guarded():
        with _lock:
            made = _making.get(key)
        if made is None or made.done():
            st.rerun()
        with st.container(key="ranking-wait"):
            layout.note(f"By {few} of {words.count(every, 'neuron')} so far; by all of them in some seconds.")


def _begin(key: tuple[str, ...], *asked: Any) -> None:
    with _lock:
        if key not in _making:
            _making[key] = _pool.submit(retrieval.rank, *asked)
        while len(_making) > KEPT:
            old, future = next(iter(_making.items()))
            future.cancel()
            del _making[old]
