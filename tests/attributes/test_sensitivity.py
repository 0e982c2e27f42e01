"""Sensitivity, its noise floor, and selections as objects that can be kept."""

from __future__ import annotations

import numpy as np
import pytest

import dnacore as dc
from dnacore.distances.permutation import split_distances
from dnacore.dna.from_sketches import sketched_dna
from dnacore.neurons.selection import Selection, of_layer
from tests.sketch_data import NEURONS, bounds, sketches_of


def test_the_most_different_neuron_comes_first_with_its_direction() -> None:
    random = np.random.default_rng(0)
    with_, without = random.integers(400, 500, (2, NEURONS, 30, 16))
    with_[2] += 300
    without[5] += 200
    found = dc.sensitivity(
        *(sketched_dna(sketches_of(q), bounds(), {}, n) for q, n in ((with_, "hats"), (without, "none")))
    )
    assert found.order[:2].tolist() == [2, 5]
    assert found.emd[2] == pytest.approx(300, abs=15) and found.direction[[2, 5]].tolist() == [1, -1]
    assert min(found.noise_ratio[[2, 5]]) > 5 > np.delete(found.noise_ratio, [2, 5]).max()
    top = found.top(2, "hats")
    assert top.flat.tolist() == [2, 5] and top.weights.tolist() == [0.5, 0.5]
    assert top.origin["with"] == "hats" and top.origin["images"] == [30, 30]


def test_two_random_halves_lie_at_the_noise_floor() -> None:
    random = np.random.default_rng(1)
    everyone = np.sort(random.normal(500, 100, (NEURONS, 60, 16)).clip(0, 999).astype(int), axis=2)
    halves = [
        sketched_dna(sketches_of(everyone[:, part]), bounds(), {}, "half") for part in (slice(0, 30), slice(30, 60))
    ]
    ratio = dc.sensitivity(*halves).noise_ratio
    assert 0.7 < np.median(ratio) < 1.4
    assert ratio.max() < 3


def test_a_noise_split_is_the_emd_of_the_two_halves_it_names() -> None:
    random = np.random.default_rng(2)
    a, b = random.integers(0, 1000, (NEURONS, 4, 16)), random.integers(0, 1000, (NEURONS, 3, 16))
    found = split_distances(sketches_of(a), sketches_of(b), splits=3, seed=5)
    from dnacore.distances.permutation import random_splits

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


def halves(seed: int, images: int = 40, extra: float = 0) -> dc.Sensitivity:
    """Random halves of the same images (heavy-tailed, every neuron its own spread); `extra` bins more at neuron 3."""
    random = np.random.default_rng(seed)
    images_at = random.standard_t(3, (NEURONS, 2 * images, 1)) * 80 * (1 + np.arange(NEURONS)[:, None, None])
    values = 500 + images_at + random.normal(0, 20, (NEURONS, 2 * images, 16))
    values[3, :images] += extra
    everyone = np.sort(values.clip(0, 999).astype(int), axis=2)
    parts = (everyone[:, :images], everyone[:, images:])
    return dc.sensitivity(*(sketched_dna(sketches_of(q), bounds(), {}, "half") for q in parts), seed=seed)


def test_the_floor_is_passed_by_chance_as_often_as_it_says() -> None:
    passed = sum(len(halves(seed).above_noise(0.1)) > 0 for seed in range(200))
    assert 8 <= passed <= 34  # of 200; 20 expected, and 99.9 % of binomial draws lie in here


def test_a_real_difference_passes_the_floor_and_becomes_a_selection() -> None:
    found = halves(1, extra=400)
    assert found.above_noise().tolist() == [3]
    kept = found.over_noise(0.05, "kept")
    assert (
        kept.flat.tolist() == [3] and kept.origin["above_noise"] == 0.05 and kept.origin["floor"] == found.floor(0.05)
    )
    with pytest.raises(dc.BadInput, match="better than chance"):
        halves(2).over_noise()


def test_a_rate_that_the_splits_cannot_state_is_refused() -> None:
    found = halves(0)
    with pytest.raises(dc.BadInput, match="at least 99 splits"):
        found.floor(0.01)
    assert found.floor(0.05) >= found.floor(0.5) > 1


def test_a_set_that_is_too_small_says_so() -> None:
    assert halves(0).too_small == ""
    small = halves(0, images=6)
    assert "“half” has 6 and “half” has 6 images: too few" in small.too_small
    with pytest.raises(dc.BadInput, match="Use at least 20"):
        small.over_noise()


def test_a_selection_survives_its_file_and_refuses_another() -> None:
    before = Selection(np.array([3, 1]), np.array([0.7, -0.3]), "mine", "net", {"kind": "hand"})
    after = Selection.from_json(before.to_json())
    assert after.flat.tolist() == [3, 1] and after.weights.tolist() == [0.7, -0.3]
    assert (after.name, after.extractor, after.origin) == ("mine", "net", {"kind": "hand"})
    for broken in (
        {},
        {"format": "x", "version": 1},
        before.to_json() | {"weights": [1]},
        before.to_json() | {"flat": []},
    ):
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


def test_chance_of_many_images_is_told_from_a_sample_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    many, few = (random.normal(500, 100, (NEURONS, count, 1)).clip(0, 999) for count in (2000, 400))
    few[3] += 40
    piles = [
        sketched_dna(sketches_of(q.repeat(16, axis=2)), bounds(), {}, "x") for q in (many.astype(int), few.astype(int))
    ]
    whole = dc.sensitivity(*piles)
    monkeypatch.setattr("dnacore.attributes.sensitivity.MOST_DEALT", 300)
    monkeypatch.setattr("dnacore.attributes.sensitivity.FEWEST_DEALT", 100)
    sampled = dc.sensitivity(*piles)
    np.testing.assert_array_equal(sampled.emd, whole.emd)
    np.testing.assert_allclose(sampled.noise.mean(), whole.noise.mean(), rtol=0.15)
    assert sampled.noise_ratio.argmax() == 3 and np.median(np.delete(sampled.noise_ratio, 3)) < 2


def test_a_small_side_stays_whole_in_a_sample() -> None:
    from dnacore.attributes.sensitivity import FEWEST_DEALT, MOST_DEALT, dealt_out

    many, few = (sketches_of(np.zeros((NEURONS, count, 16), int)) for count in (MOST_DEALT + 50, 30))
    assert [len(side) for side in dealt_out(few, many)] == [30, MOST_DEALT * len(many) // (len(many) + 30)]
    assert dealt_out(few, few) == (few, few)
    assert len(dealt_out(many, sketches_of(np.zeros((NEURONS, FEWEST_DEALT + 9, 16), int)))[1]) == FEWEST_DEALT
