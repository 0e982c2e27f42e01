"""Selections made of selections behave as sets, keep plain weights plain, and remember how they came about."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dnacore as dc
from dnacore.neurons.algebra import by_hand, difference, intersection, is_plain, renamed, reweighted, union, within
from dnacore.neurons.selection import Selection

LAYERS = {"a": 3, "b": 5}
sets = st.lists(st.integers(0, 7), min_size=1, unique=True)


@given(sets, sets)
def test_they_are_sets(one: list[int], two: list[int]) -> None:
    a, b = Selection.of(one, extractor="net"), Selection.of(two, extractor="net")
    results = {"|": union(a, b)}
    for sign, make, wanted in (("&", intersection, set(one) & set(two)), ("-", difference, set(one) - set(two))):
        if wanted:
            results[sign] = make(a, b)
            assert set(results[sign].flat.tolist()) == wanted
        else:
            with pytest.raises(dc.BadInput, match="No neuron is left"):
                make(a, b)
    assert set(results["|"].flat.tolist()) == set(one) | set(two)
    for found in results.values():
        assert is_plain(found) and found.weights.sum() == pytest.approx(1) and found.extractor == "net"
        assert len(set(found.flat.tolist())) == len(found)


def test_learned_weights_are_kept_as_they_are() -> None:
    learned = Selection(np.array([4, 2, 7]), np.array([0.5, -0.2, 0.1]), "learned")
    plain = Selection.of([2, 0], name="plain")
    assert union(learned, plain).weights.tolist() == [0.5, -0.2, 0.1, 0.5]
    assert difference(learned, plain).weights.tolist() == [0.5, 0.1]
    assert intersection(learned, plain).weights.tolist() == [-0.2]
    assert within(learned, ["b"], LAYERS).flat.tolist() == [4, 7]


def test_a_history_is_told_to_the_end_and_survives_the_file() -> None:
    hats = Selection.of([0, 1, 2], name="hats", origin={"kind": "sensitivity", "with": "hat"})
    made = renamed(difference(union(hats, by_hand([("b", 4)], LAYERS), "more"), Selection.of([1])), "mine")
    first = made.origin["of"][0]
    assert made.name == "mine" and made.origin["kind"] == "difference" and first["name"] == "more"
    assert first["origin"]["of"][0] == {"name": "hats", "neurons": 3, "origin": {"kind": "sensitivity", "with": "hat"}}
    assert Selection.from_json(json.loads(json.dumps(made.to_json()))).origin == made.origin
    again = reweighted(made, [3, 2, 1])
    assert again.weights.tolist() == [3, 2, 1] and again.origin["of"]["neurons"] == 3


def test_what_makes_no_sense_is_refused() -> None:
    one, other = Selection.of([0], extractor="net"), Selection.of([1], extractor="another")
    with pytest.raises(dc.Mismatch, match="different networks"):
        union(one, other)
    with pytest.raises(dc.BadInput, match="layer c"):
        within(one, ["c"], LAYERS)
    with pytest.raises(dc.BadInput, match="1 finite weights"):
        reweighted(one, [1, 2])
    with pytest.raises(dc.BadInput, match="0 to 2"):
        by_hand([("a", 3)], LAYERS)
    with pytest.raises(dc.BadInput, match="needs a name"):
        renamed(one, " ")
