"""Flat maps: distances that fit a plane are kept, kinds of images part, and the same images give the same map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dnacore as dc
from dnacore.analyses import projection
from dnacore.attributes.correlated import companions
from tests.sketch_data import NEURONS, sketches_of


def two_kinds(images: int = 40):
    rng = np.random.default_rng(0)
    level = np.where(np.arange(images) < images // 2, 200, 700)[None, :, None]
    return sketches_of(np.clip(level + rng.normal(0, 30, (NEURONS, images, 16)), 0, 999))


def test_distances_of_points_in_a_plane_are_kept():
    at = np.random.default_rng(0).normal(size=(6, 2))
    matrix = np.linalg.norm(at[:, None] - at, axis=2)
    found = projection.of_distances(matrix)
    np.testing.assert_allclose(np.linalg.norm(found.points[:, None] - found.points, axis=2), matrix, atol=1e-9)
    assert found.kept == pytest.approx(1.0)


@pytest.mark.parametrize("matrix", [np.zeros((1, 1)), np.array([[0.0, 3.0], [3.0, 0.0]]), np.zeros((4, 4))])
def test_few_or_identical_sets_have_a_map_too(matrix):
    found = projection.of_distances(matrix)
    assert found.points.shape == (len(matrix), 2) and np.isfinite(found.points).all()


@pytest.mark.parametrize("method", [projection.pca, projection.umap, projection.tsne])
def test_two_kinds_of_images_part_and_the_map_is_the_same_again(method):
    values = projection.features([two_kinds()])
    points = method(values).points
    first, second = points[:20], points[20:]
    apart = np.linalg.norm(first.mean(0) - second.mean(0))
    assert apart > 2 * max(first.std(), second.std())
    np.testing.assert_array_equal(points, method(values).points)


@pytest.mark.parametrize("method", [projection.pca, projection.umap, projection.tsne])
def test_a_single_neuron_has_a_map_too(method):
    values = projection.features([two_kinds()], np.array([3]))
    points = method(values).points
    assert points.shape == (40, 2) and np.isfinite(points).all()
    assert points[:20, 0].max() < points[20:, 0].min() or points[:20, 0].min() > points[20:, 0].max()


def test_one_loud_neuron_does_not_drown_the_rest():
    quantiles = two_kinds().quantiles(slice(0, NEURONS)).copy()
    quantiles[0] = np.random.default_rng(1).permutation(np.linspace(0, 999, 40).astype(int))[:, None]
    values = projection.features([sketches_of(quantiles)])
    np.testing.assert_allclose(values.std(0), 1, rtol=1e-3)


def test_of_too_many_neurons_some_are_passed_over_evenly(monkeypatch):
    whole = projection.features([two_kinds()])
    monkeypatch.setattr(projection, "BUDGET", 40 * 3)
    assert projection.counted(NEURONS, 40) == 3
    np.testing.assert_array_equal(projection.features([two_kinds()]), whole[:, ::3])


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.integers(5, 400))
def test_a_sample_takes_of_every_set_in_proportion(counts, most):
    taken = projection.sample(counts, most)
    assert all((np.diff(one) > 0).all() and (one < count).all() for one, count in zip(taken, counts, strict=True))
    if sum(counts) <= most:
        assert [len(one) for one in taken] == counts
    else:
        assert sum(map(len, taken)) <= most + len(counts)


def test_images_that_are_all_the_same_say_so():
    with pytest.raises(dc.BadInput, match="nothing to lay out"):
        projection.pca(projection.features([sketches_of(np.full((NEURONS, 5, 16), 3))]))


def test_neurons_that_react_alike_are_found_whatever_their_sign():
    rng = np.random.default_rng(0)
    quantiles = rng.integers(0, 900, (NEURONS, 30, 1)) + np.zeros(16, int)
    quantiles[4] = quantiles[1] + rng.integers(0, 30, (30, 1))
    quantiles[6] = 900 - quantiles[1]
    found = companions([sketches_of(quantiles)], 1)
    assert list(found.neurons[:2]) == [6, 4]
    assert found.correlation[0] == pytest.approx(-1) and found.correlation[1] > 0.98
    assert 1 not in found.neurons
    expected = np.corrcoef(quantiles[:, :, 0])[1]
    np.testing.assert_allclose(found.correlation, expected[found.neurons], atol=1e-6)
