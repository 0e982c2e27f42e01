"""Selections out of selections: by hand, by layer, both, either, one without the other, reweighted, renamed.

Each result remembers in its `origin` what was done to what. Plain selections (equal weights) stay plain; the weights of
others are kept as they are, since learned weights mean something only in their own scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dnacore.dna.layers import flat_index, layer_slices
from dnacore.errors import BadInput, Mismatch
from dnacore.neurons.selection import Selection


def by_hand(
    neurons: Sequence[tuple[str, int]], layers: Mapping[str, int], extractor: str = "", name: str = ""
) -> Selection:
    """Neurons picked one by one, as (layer, index). Raises BadInput for an unknown one."""
    flat = [flat_index(layers, layer, index) for layer, index in neurons]
    return Selection.of(flat, name=name, extractor=extractor, origin={"kind": "hand"})


def within(selection: Selection, chosen: Iterable[str], layers: Mapping[str, int], name: str = "") -> Selection:
    """The neurons of a selection that lie in some layers. layers: {layer: neurons}, all of the network's. Raises
    BadInput.
    """
    slices, chosen = layer_slices(layers), list(chosen)
    if unknown := [layer for layer in chosen if layer not in slices]:
        raise BadInput(f"There is no layer {', '.join(unknown)}. The layers are {', '.join(layers)}.")
    inside = np.zeros(sum(layers.values()), bool)
    for layer in chosen:
        inside[slices[layer]] = True
    return _kept(selection, inside[selection.flat], name, {"kind": "layers", "layers": chosen, "of": _told(selection)})


def union(a: Selection, b: Selection, name: str = "") -> Selection:
    """The neurons of either, a's first. Of two plain ones a plain one; else each neuron keeps its weight, a's in
    both.
    """
    _check(a, b)
    fresh = ~np.isin(b.flat, a.flat)
    flat = np.concatenate([a.flat, b.flat[fresh]])
    weights = np.concatenate([a.weights, b.weights[fresh]])
    if is_plain(a) and is_plain(b):
        weights = np.full(len(flat), 1 / len(flat))
    return Selection(flat, weights, name, a.extractor or b.extractor, _both("union", a, b))


def intersection(a: Selection, b: Selection, name: str = "") -> Selection:
    """The neurons of both, in a's order and with its weights. Raises BadInput when there is none."""
    _check(a, b)
    return _kept(a, np.isin(a.flat, b.flat), name, _both("intersection", a, b))


def difference(a: Selection, b: Selection, name: str = "") -> Selection:
    """The neurons of a that are not in b. Raises BadInput when there is none."""
    _check(a, b)
    return _kept(a, ~np.isin(a.flat, b.flat), name, _both("difference", a, b))


def reweighted(selection: Selection, weights: Sequence[float] | np.ndarray, name: str = "") -> Selection:
    """The same neurons with these weights, (k,), in their order. Raises BadInput unless there are as many, all
    finite.
    """
    weights = np.asarray(weights, np.float64)
    if weights.shape != selection.flat.shape or not np.isfinite(weights).all():
        raise BadInput(f"{len(selection)} finite weights are needed, one a neuron.")
    return Selection(
        selection.flat, weights, name, selection.extractor, {"kind": "reweighted", "of": _told(selection)}
    )  # fmt: skip


def renamed(selection: Selection, name: str) -> Selection:
    """The same selection under another name. Raises BadInput for an empty one."""
    if not name.strip():
        raise BadInput("A selection needs a name to be kept under.")
    return replace(selection, name=name.strip())


def is_plain(selection: Selection) -> bool:
    """Whether every neuron weighs 1/k."""
    return bool(np.allclose(selection.weights, 1 / len(selection), rtol=1e-9, atol=0))


def _kept(selection: Selection, keep: np.ndarray, name: str, origin: dict[str, Any]) -> Selection:
    if not keep.any():
        raise BadInput("No neuron is left. Choose other selections or layers.")
    flat, weights = selection.flat[keep], selection.weights[keep]
    if is_plain(selection):
        weights = np.full(len(flat), 1 / len(flat))
    return Selection(flat, weights, name, selection.extractor, origin)


def _check(a: Selection, b: Selection) -> None:
    if a.extractor and b.extractor and a.extractor != b.extractor:
        raise Mismatch(
            f"The selections “{a.name}” and “{b.name}” name neurons of different networks. Make both with the same one."
        )


def _both(kind: str, a: Selection, b: Selection) -> dict[str, Any]:
    return {"kind": kind, "of": [_told(a), _told(b)]}


def _told(selection: Selection) -> dict[str, Any]:
    """A selection's own history, for that of what is made from it."""
    return {"name": selection.name, "neurons": len(selection), "origin": dict(selection.origin)}
