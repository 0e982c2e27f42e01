"""Ranking by table look-up equals ranking by whole histograms; AUC and precision-recall equal scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

import dnacore as dc
from dnacore.analyses.ranking import distances_to, image_distances, table
from dnacore.dna.from_sketches import average, sketched_dna
from dnacore.neurons.selection import Selection
from dnacore.workspace.store.shard_plan import FileRow
from tests.sketch_data import NEURONS, bounds, hashes_of, sketches_of


def literal(quantiles: np.ndarray, cdf: np.ndarray) -> np.ndarray:
    """(n, N): each image's own histogram of 16 atoms, compared bin by bin (eq. 3-4)."""
    out = np.empty(quantiles.shape[:2])
    for neuron, image in np.ndindex(out.shape):
        histogram = np.bincount(quantiles[neuron, image], minlength=1000) / quantiles.shape[2]
        out[neuron, image] = np.abs(np.cumsum(histogram) - cdf[neuron]).sum()
    return out


@given(st.integers(0, 2**32 - 1))
def test_the_look_up_is_exact(seed: int) -> None:
    random = np.random.default_rng(seed)
    spread = random.choice([1, 30, 1000])
    images, others = (random.integers(0, spread, (NEURONS, n, 16)) for n in (5, 3))
    reference = sketched_dna(sketches_of(others), bounds(), {}, "reference")
    view = sketches_of(images)
    found = image_distances(view, reference, np.arange(NEURONS))
    np.testing.assert_allclose(found, literal(view.quantiles(slice(0, NEURONS)), reference.cdf), rtol=1e-9, atol=1e-9)


def test_weights_and_a_second_reference_enter_as_the_blueprint_says() -> None:
    random = np.random.default_rng(0)
    images, like, unlike = (random.integers(0, 1000, (NEURONS, n, 16)) for n in (6, 4, 2))
    a, b = (sketched_dna(sketches_of(q), bounds(), {}, "r") for q in (like, unlike))
    view = sketches_of(images)
    near, far = (literal(view.quantiles(slice(0, NEURONS)), d.cdf) for d in (a, b))
    chosen = Selection(np.array([5, 2]), np.array([0.9, -0.4]))
    np.testing.assert_allclose(distances_to(view, a), near.mean(0))
    np.testing.assert_allclose(distances_to(view, a, selection=chosen), 0.9 * near[5] - 0.4 * near[2])
    np.testing.assert_allclose(distances_to(view, a, b, chosen), 0.9 * (near - far)[5] - 0.4 * (near - far)[2])


def test_many_neurons_are_read_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    view = sketches_of(random.integers(0, 1000, (NEURONS, 6, 16)))
    reference = sketched_dna(sketches_of(random.integers(0, 1000, (NEURONS, 4, 16))), bounds(), {}, "r")
    whole = distances_to(view, reference)
    monkeypatch.setattr("dnacore.analyses.ranking.MOST_TABLES", 2)
    np.testing.assert_allclose(distances_to(view, reference), whole, rtol=1e-12)


def test_the_table_ranks_nearest_first_and_ties_by_path(tmp_path) -> None:
    view = sketches_of(np.zeros((NEURONS, 3, 16), int))
    files = [
        FileRow(i + 10, p, 1, 0, h)
        for i, (p, h) in enumerate(zip(("c.png", "a.png", "b.png"), hashes_of(3), strict=True))
    ]
    found = table(tmp_path, files, view, np.array([2.0, 1.0, 1.0]))
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["path"].tolist() == [str(tmp_path / p) for p in ("a.png", "b.png", "c.png")]
    assert found["index"].tolist() == [11, 12, 10]


@given(st.integers(0, 2**32 - 1))
def test_auc_is_scikit_learns_ties_included(seed: int) -> None:
    random = np.random.default_rng(seed)
    distance, relevant = random.integers(0, 6, 20).astype(float), np.arange(20) % 3 == 0
    assert dc.auc(distance, relevant) == pytest.approx(roc_auc_score(relevant, -distance))


def test_precision_and_recall_by_hand_and_average_by_scikit_learn() -> None:
    found = dc.precision_recall(np.array([True, False, True, False]))
    assert found.precision.tolist() == [1, 1 / 2, 2 / 3, 1 / 2] and found.recall.tolist() == [0.5, 0.5, 1, 1]
    assert found.average == pytest.approx(average_precision_score([1, 0, 1, 0], [4, 3, 2, 1]))


def test_measures_without_anything_to_find_say_so() -> None:
    with pytest.raises(dc.BadInput, match="relevant and other"):
        dc.auc(np.arange(3.0), np.ones(3, bool))
    with pytest.raises(dc.BadInput, match="at least one relevant"):
        dc.precision_recall(np.zeros(3, bool))


def test_picked_images_rank_by_their_average() -> None:
    values = np.random.default_rng(6).integers(0, 1000, (NEURONS, 8, 16))
    view = sketches_of(values)
    like = sketched_dna(view, bounds(), {}, "all")
    reference = average(view, np.array([5, 2]), like, "picked")
    alone = sketched_dna(sketches_of(values[:, [5, 2]]), bounds(), {}, "alone")
    assert np.array_equal(reference.histograms, alone.histograms) and reference.images == 2
    assert set(np.argsort(distances_to(view, reference))[:2].tolist()) == {5, 2}
    with pytest.raises(dc.BadInput, match="at least one"):
        average(view, np.array([], int), like, "none")
