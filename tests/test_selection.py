"""Sensitivity, its noise floor, and selections as objects that can be kept."""

from __future__ import annotations

import numpy as np
import pytest

import dnacore as dc
from dnacore.noise import split_distances
from dnacore.selection import Selection, of_layer
from dnacore.sketched import sketched_dna
from tests.sketch_data import NEURONS, bounds, sketches_of


def test_the_most_different_neuron_comes_first_with_its_direction() -> None:
    random = np.random.default_rng(0)
    with_, without = random.integers(400, 500, (2, NEURONS, 30, 16))
    with_[2] += 300
    without[5] += 200
    found = dc.sensitivity(*(sketched_dna(sketches_of(q), bounds(), {}, n) for q, n in ((with_, "hats"), (without, "none"))))
    assert found.order[:2].tolist() == [2, 5]
    assert found.emd[2] == pytest.approx(300, abs=15) and found.direction[[2, 5]].tolist() == [1, -1]
    assert min(found.noise_ratio[[2, 5]]) > 5 > np.delete(found.noise_ratio, [2, 5]).max()
    top = found.top(2, "hats")
    assert top.flat.tolist() == [2, 5] and top.weights.tolist() == [0.5, 0.5]
    assert top.origin["with"] == "hats" and top.origin["images"] == [30, 30]


def test_two_random_halves_lie_at_the_noise_floor() -> None:
    random = np.random.default_rng(1)
    everyone = np.sort(random.normal(500, 100, (NEURONS, 60, 16)).clip(0, 999).astype(int), axis=2)
    halves = [sketched_dna(sketches_of(everyone[:, part]), bounds(), {}, "half") for part in (slice(0, 30), slice(30, 60))]
    ratio = dc.sensitivity(*halves).noise_ratio
    assert 0.7 < np.median(ratio) < 1.4
    assert ratio.max() < 3


def test_a_noise_split_is_the_emd_of_the_two_halves_it_names() -> None:
    random = np.random.default_rng(2)
    a, b = random.integers(0, 1000, (NEURONS, 4, 16)), random.integers(0, 1000, (NEURONS, 3, 16))
    found = split_distances(sketches_of(a), sketches_of(b), splits=3, seed=5)
    from dnacore.noise import random_splits

    everything = np.concatenate([a, b], axis=1)
    for r, side in enumerate(random_splits(4, 3, 3, np.random.default_rng(5))):
        for neuron in range(NEURONS):
            h = [np.bincount(everything[neuron, s].ravel(), minlength=1000) for s in (side, ~side)]
            f = [np.cumsum(x) / x.sum() for x in h]
            assert found[neuron, r] == pytest.approx(np.abs(f[0] - f[1]).sum())


def test_without_sketches_there_is_no_noise_floor() -> None:
    from dataclasses import replace

    one = sketched_dna(sketches_of(np.zeros((NEURONS, 2, 16), int)), bounds(), {}, "x")
    assert dc.sensitivity(replace(one, source=None), one).noise_ratio is None


def test_a_neuron_that_never_moves_is_at_chance() -> None:
    one = sketched_dna(sketches_of(np.full((NEURONS, 3, 16), 7)), bounds(), {}, "x")
    assert dc.sensitivity(one, one).noise_ratio.tolist() == [1.0] * NEURONS


def test_a_selection_survives_its_file_and_refuses_another() -> None:
    before = Selection(np.array([3, 1]), np.array([0.7, -0.3]), "mine", "net", {"kind": "hand"})
    after = Selection.from_json(before.to_json())
    assert after.flat.tolist() == [3, 1] and after.weights.tolist() == [0.7, -0.3]
    assert (after.name, after.extractor, after.origin) == ("mine", "net", {"kind": "hand"})
    for broken in ({}, {"format": "x", "version": 1}, before.to_json() | {"weights": [1]}, before.to_json() | {"flat": []}):
        with pytest.raises(dc.BadInput):
            Selection.from_json(broken)


def test_selections_that_make_no_sense_are_refused() -> None:
    with pytest.raises(dc.BadInput, match="at least one"):
        Selection.of([])
    with pytest.raises(dc.BadInput, match="once"):
        Selection.of([1, 1])
    one = sketched_dna(sketches_of(np.zeros((NEURONS, 2, 16), int)), bounds(), {}, "x")
    with pytest.raises(dc.BadInput, match=f"between 1 and {NEURONS}"):
        dc.sensitivity(one, one).top(NEURONS + 1)
    assert of_layer(one, "b").flat.tolist() == [2, 3, 4, 5, 6]
    with pytest.raises(dc.BadInput, match="no layer z"):
        of_layer(one, "z")
