"""Rankings by the first neurons: every row is the ranking that a plain selection of so many neurons gives."""

from __future__ import annotations

import numpy as np
import pytest

import dnacore as dc
from dnacore.analyses.metrics import auc
from dnacore.analyses.ranking import distances_to
from dnacore.analyses.top_k import auc_of_new, prefix_means, steps
from dnacore.dna.from_sketches import sketched_dna
from tests.sketch_data import NEURONS, bounds, sketches_of


@pytest.fixture
def world():
    rng = np.random.default_rng(3)
    sketches = sketches_of(rng.integers(0, 1000, (NEURONS, 9, 16)))
    one, two = (sketched_dna(sketches.select(np.array(part)), bounds(), {}, "x") for part in ([0, 1, 2], [3, 4]))
    return sketches, one, two


@pytest.mark.parametrize("both", [False, True])
def test_every_row_is_the_ranking_by_so_many_neurons(world, both):
    sketches, one, two = world
    order, counts = np.array([4, 0, 6, 2, 1]), [1, 2, 4, 5]
    unlike = two if both else None
    found = prefix_means(sketches, order, counts, one, unlike)
    assert found.dtype == np.float32 and found.shape == (4, 9)
    for row, count in zip(found, counts, strict=True):
        expected = distances_to(sketches, one, unlike, dc.Selection.of(order[:count]))
        np.testing.assert_allclose(row, expected, rtol=1e-6, atol=1e-4)


def test_blocks_of_neurons_change_nothing(world, monkeypatch):
    sketches, one, two = world
    whole = prefix_means(sketches, np.arange(NEURONS), [1, 3, 7], one, two)
    monkeypatch.setattr("dnacore.analyses.top_k.BLOCK", 2)
    np.testing.assert_allclose(prefix_means(sketches, np.arange(NEURONS), [1, 3, 7], one, two), whole, atol=1e-4)


@pytest.mark.parametrize("counts", [[], [0, 1], [2, 2], [3, 1], [1, 9]])
def test_counts_have_to_rise_within_the_neurons(world, counts):
    sketches, one, _ = world
    with pytest.raises(dc.BadInput, match="have to rise"):
        prefix_means(sketches, np.arange(5), counts, one)


@pytest.mark.parametrize("most", [1, 5, 48, 49, 200, 2784])
def test_the_slider_goes_from_one_neuron_to_the_most_there_are_in_few_steps(most):
    found = steps(most)
    assert found[0] == 1 and found[-1] == most and len(found) <= 48
    assert all(b > a for a, b in zip(found, found[1:], strict=False))
    assert found[: min(most, 20)] == list(range(1, min(most, 20) + 1)), "every small number can be chosen"


def test_neurons_picked_between_random_piles_are_worth_nothing_on_other_images():
    rng = np.random.default_rng(0)
    sketches = sketches_of(rng.integers(0, 1000, (NEURONS, 80, 1)).repeat(16, axis=2))
    having = np.arange(80) % 2 == 0
    piles = [sketched_dna(sketches.select(np.flatnonzero(side)), bounds(), {}, "x") for side in (having, ~having)]
    order = dc.sensitivity(*piles, splits=0).order
    same = auc(prefix_means(sketches, order, [NEURONS], *piles)[0], having)
    found = auc_of_new(sketches, having, [1, NEURONS])
    assert same > 0.6 and found.shape == (2,) and (found < 0.58).all(), (same, found)


def test_a_real_difference_is_seen_on_other_images_too():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 400, (NEURONS, 40, 16))
    having = np.arange(40) < 12
    values[2][having] += 500
    sketches = sketches_of(values)
    assert auc_of_new(sketches, having, [1])[0] == 1
    with pytest.raises(dc.BadInput, match="4 images"):
        auc_of_new(sketches, np.arange(40) < 3, [1])
