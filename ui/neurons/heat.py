"""Where in its strongest images a neuron is active: asked of the network beside the page, which goes on meanwhile.

What was found is kept for as long as the server runs; the network stays loaded, so that the next neuron takes no time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.analyses import places
from dnacore.workspace.workspace import Workspace
from ui.app import address, errors, layout, reads, words
from ui.components.peaks import Peak
from ui.neurons.neuron_list import Shown
from ui.server import allowed

KEY = "heat"
KEPT = 600  # maps: 28 x 28 places each
AGAIN = 60.0  # seconds after which an image that could not be looked at is tried again: its disk may be back
AT_ONCE = 0.3  # seconds in which what is quick comes without a word


@dataclass(frozen=True)
class Spot:
    """One image's map: which network and neuron, which image, which version of its file."""

    network: str
    layer: str
    index: int
    dataset: int
    image: int
    version: str


_maps: OrderedDict[Spot, np.ndarray | str] = OrderedDict()  # a map, or why there is none
_failed: dict[Spot, float] = {}  # when that was found
_asked: dict[Spot, Future[None]] = {}
_lock = threading.Lock()
_pool = ThreadPoolExecutor(1, thread_name_prefix="heat")
_network: list[tuple[str, Any]] = []  # the one that is loaded


def choose(shown: Shown) -> bool:
    """Let a person switch it on; whether it is, and the network is at hand to be asked. Else it is said why not."""
    wanted = address.toggle("Show where it is active", key=KEY, help="Warm colours over its strongest images.")
    if wanted and (why := reads.absence()) is not None:
        layout.note(f"Where in an image the neuron is active is asked of the network itself. {why}")
        return False
    if wanted and shown.exact is not None and places.spots(shown.exact, shown.flat) < 4:
        layout.note("This neuron sees the image as a whole, so there is no place where it is active.")
        return False
    return wanted


def over(shown: Shown, peaks: Sequence[Sequence[Peak]]) -> list[list[np.ndarray | None]]:
    """Return where the neuron is active in each image of some rows, 0..1 of what is strongest in them all; None where
    that is not known yet. What is missing is asked for, and the page is drawn again once it is there.
    """
    layer, index = shown.first.neuron(shown.flat)
    network = shown.first.calibration.extractor
    spots = [
        [Spot(network, layer, index, one.picture.dataset, one.picture.index, one.picture.version) for one in row]
        for row in peaks
    ]
    every = [spot for row in spots for spot in row]
    working = _ask(every, shown.first)
    if working:
        wait(working, AT_ONCE)
    with _lock:
        found = {spot: _maps[spot] for spot in every if spot in _maps}
    if len(found) < len(every):
        st.fragment(_wait, run_every=0.5)(tuple(every))
    _tell([one for one in found.values() if isinstance(one, str)], len(every))
    maps = {spot: one for spot, one in found.items() if not isinstance(one, str)}
    top = max((float(one.max()) for one in maps.values()), default=0.0)
    if maps and top <= 0 and len(found) == len(every):
        layout.note("In these images the neuron is nowhere above zero, so nothing is warm.")
    return [[maps[spot] / top if spot in maps and top > 0 else None for spot in row] for row in spots]


def _ask(every: Sequence[Spot], like: dc.DNA) -> list[Future[None]]:
    """Ask for the maps that are not known yet, and for nothing that this session wanted before and has not begun."""
    workspace = reads.workspace()
    with _lock:
        for spot in st.session_state.get("_heat-asked", ()):
            if spot not in every and spot in _asked and _asked[spot].cancel():
                del _asked[spot]
        for spot in every:
            if spot in _failed and time.monotonic() - _failed[spot] > AGAIN:
                del _failed[spot]
                _maps.pop(spot, None)
        missing = [spot for spot in every if spot not in _maps]
        for spot in missing:
            if spot not in _asked:
                _asked[spot] = _pool.submit(_work, spot, workspace, like)
        st.session_state["_heat-asked"] = tuple(missing)
        return [_asked[spot] for spot in missing]


def _work(spot: Spot, workspace: Workspace, like: dc.DNA) -> None:
    try:
        found: np.ndarray | str = _map(spot, workspace, like)
    except dc.DnaError as problem:
        found = str(problem)
    except Exception as problem:  # whatever a network of somebody else's does: said, and the page stands
        logging.getLogger("visual_dna.dashboard").error("A map of a neuron failed", exc_info=problem)
        found = "The network could not look at this image."
    with _lock:
        _maps[spot] = found
        if isinstance(found, str):
            _failed[spot] = time.monotonic()
        _asked.pop(spot, None)
        while len(_maps) > KEPT:
            _failed.pop(_maps.popitem(last=False)[0], None)


def _map(spot: Spot, workspace: Workspace, like: dc.DNA) -> np.ndarray:
    # Imported here: torch takes seconds, and most pages never need it.
    from dnacore.lens.inside.heat import heat
    from dnacore.sources.resolver import Sources

    path = allowed.image_path(workspace, spot.dataset, spot.image)
    if not _network or _network[0][0] != spot.network:
        _network[:] = [(spot.network, Sources(workspace, like=[like]).extractor)]
    return heat(_network[0][1], path, spot.layer, spot.index)


def _wait(every: tuple[Spot, ...]) -> None:
    with errors.guarded():
        with _lock:
            done = sum(spot in _maps for spot in every)
            lost = [spot for spot in every if spot not in _maps and spot not in _asked]
        if done == len(every) or lost:
            st.rerun()
        images = words.count(len(every), "image")
        said = (
            f"The network looks at {images}: {done} done" if done else f"Getting the network ready to look at {images}"
        )
        st.progress(done / len(every), text=said)


def _tell(problems: Sequence[str], count: int) -> None:
    if problems:
        less = f"{len(problems)} of {words.count(count, 'image')}" if len(problems) < count else "These images"
        layout.note(f"{less} could not be looked at. {problems[0]}")
