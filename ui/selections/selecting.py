"""Saved selections: where they came from in words, taking them in from a file, and making new ones out of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

import dnacore as dc
from dnacore import versioned
from dnacore.dna.layers import layer_slices
from dnacore.errors import Damaged
from dnacore.neurons import algebra
from dnacore.neurons.selection import check_selection
from dnacore.workspace.datasets import free_name
from dnacore.workspace.store.settings import Setting
from ui.app import words

MOST_BYTES = 5_000_000
COMBINED = {
    "union": ("either", algebra.union),
    "intersection": ("both", algebra.intersection),
    "difference": ("the first, not the second", algebra.difference),
}


def origin(told: Mapping[str, Any]) -> str:
    """Return the origin of a selection, as a sentence fragment."""
    kind = told.get("kind")
    if kind == "sensitivity":
        how = f"the {told['top']:,} most sensitive" if "top" in told else "all clearly above chance"
        if "times_chance" in told:
            how = f"all at least {words.times(float(told['times_chance']))} what chance gives"
        return f"{how}, {_sides(told)}"
    if kind == "sharpened":
        return (
            f"weights learned from {_sides(told)}: one with comes first {words.pairs(float(told.get('auc', 0.5)))}, by the "
            f"{told.get('top', '?')} most sensitive {words.pairs(float(told.get('plain_auc', 0.5)))}"
        )
    if kind == "learned":
        return (
            f"weights learned to forget {str(told.get('forget', '?')).replace('_', ' ')}: "
            f"{words.percent(max(0.0, float(told.get('delta', 0))))} of its difference is gone"
        )
    if kind == "explanation":
        one, other = (words.dataset(str(told.get(key))) for key in ("of", "against"))
        return f"the {told.get('top', '?')} largest parts of the distance of {one} to {other}"
    if kind == "layer":
        return f"all neurons of {words.layer(str(told.get('layer', '?')))}"
    if kind == "layers":
        layers = words.listing([words.layer(str(layer)) for layer in told.get("layers", [])])
        return f"those of {_name(told.get('of'))} in {layers}"
    if kind in COMBINED:
        both = told.get("of") or [{}, {}]
        joined = {"union": "and", "intersection": "that are also in", "difference": "without"}[kind]
        return f"{_name(both[0])} {joined} {_name(both[1])}"
    if kind == "reweighted":
        return f"{_name(told.get('of'))} with other weights"
    if kind in ("hand", "typed"):
        return "chosen by hand"
    return "unknown"


def _sides(told: Mapping[str, Any]) -> str:
    return f"{words.dataset(str(told.get('with', '?')))} against {words.dataset(str(told.get('without', '?')))}"


def _name(told: object) -> str:
    return str(told.get("name") or "an unnamed one") if isinstance(told, Mapping) else "another one"


def weights(selection: dc.Selection) -> str:
    """Return what a selection's weights are like."""
    if algebra.is_plain(selection):
        return "equal"
    negative = int((selection.weights < 0).sum())
    return f"weighted, {negative:,} negative" if negative else "weighted"


def by_layer(selection: dc.Selection, layers: Mapping[str, int]) -> dict[str, float]:
    """Return per layer how many of the selection's neurons lie in it."""
    return {
        layer: float(np.count_nonzero((selection.flat >= where.start) & (selection.flat < where.stop)))
        for layer, where in layer_slices(layers).items()
    }


def exported(selection: dc.Selection) -> str:
    """Return a selection as the text of a small file."""
    return json.dumps(selection.to_json(), indent=1, ensure_ascii=False) + "\n"


def imported(content: bytes, setting: Setting | None, taken: Collection[str], title: str) -> dc.Selection:
    """Read a selection's file for the network in use. Raises BadInput, or Mismatch for another network's neurons.

    taken: names that are in use; another one is then found. title: what the network in use is called.
    """
    if len(content) > MOST_BYTES:
        raise dc.BadInput("This file is too large to be a selection.")
    try:
        found = dc.Selection.from_json(versioned.parsed(content, title))
    except Damaged as error:
        raise dc.BadInput("This is not a selection file: give the JSON that “Export” wrote.") from error
    if setting is None:
        raise dc.BadInput("Extract a dataset first, so that it is known which network's neurons these are.")
    if found.extractor and found.extractor != setting.extractor:
        raise dc.Mismatch(
            f"“{found.name}” names neurons of another network than {title}: they are other neurons here. "
            "Choose the extractor that it was made with in the sidebar, then import it again."
        )
    check_selection(found, sum(setting.layers.values()))
    name = free_name((found.name.strip() or "imported")[:120], taken)
    return dc.Selection(found.flat, found.weights, name, setting.extractor, found.origin)


def hand(codes: str, layers: Mapping[str, int], extractor: str, name: str) -> dc.Selection:
    """Return the neurons that somebody typed as `layer:index`, separated by commas or spaces. Raises BadInput."""
    neurons = []
    for code in codes.replace(",", " ").split():
        layer, _, index = code.rpartition(":")
        if not layer or not index.isdecimal():
            first = next(iter(layers))
            raise dc.BadInput(f"{code!r} is not a neuron. Write layer:index, for example {first}:0.")
        neurons.append((layer, int(index)))
    if not neurons:
        raise dc.BadInput("Name at least one neuron.")
    return algebra.by_hand(list(dict.fromkeys(neurons)), layers, extractor, name)


def proposed(name: str, saved: Sequence[dc.Selection]) -> str:
    """Return a name for a new selection that no other one has."""
    return free_name(name, {one.name for one in saved})
