"""Learned weights of neurons: never negative, better than all alike where many neurons know a little, honest of chance."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import dnacore as dc
from dnacore.analyses.ranking import distances_to
from dnacore.analyses.sharpening import logistic, sharpen
from dnacore.dna.from_sketches import sketched_dna
from tests.sketch_data import NEURONS, bounds, sketches_of


def piles(random: np.random.Generator, images: int, shift: np.ndarray) -> tuple[object, np.ndarray]:
    """Sketches of images of which every second has its quantiles moved by `shift` bins, (n,)."""
    with_ = np.arange(images) % 2 == 0
    base = random.normal(500, 60, (NEURONS, images, 1)) + random.normal(0, 20, (NEURONS, images, 16))
    base += shift[:, None, None] * with_[None, :, None]
    return sketches_of(np.clip(base, 0, 999)), with_


def test_neurons_that_know_get_the_weight_and_none_is_negative() -> None:
    sketches, with_ = piles(np.random.default_rng(0), 80, np.array([120, 0, 0, 0, 0, 0, 0]))
    like = sketched_dna(sketches, bounds(), {}, "all")
    found = sharpen(sketches, with_, ~with_, like, top=1, name="moved")
    assert 0 in found.selection.flat
    assert (found.selection.weights > 0).all() and found.selection.weights.sum() == pytest.approx(1)
    assert found.auc > 0.8 and found.images == (40, 40)
    again = dc.Selection.from_json(found.selection.to_json())
    assert again.origin["kind"] == "sharpened" and again.origin["plain_auc"] == found.plain_auc


def test_what_it_promises_is_what_new_images_give() -> None:
    random = np.random.default_rng(1)
    shift = np.array([40, 50, 30, 45, 0, 0, 0])
    sketches, with_ = piles(random, 120, shift)
    like = sketched_dna(sketches, bounds(), {}, "all")
    found = sharpen(sketches, with_, ~with_, like, top=1)
    assert found.auc > found.plain_auc, "four neurons that know a little know more than the best of them"
    fresh, truth = piles(random, 400, shift)
    sides = [sketched_dna(sketches.select(np.flatnonzero(m)), bounds(), {}, "") for m in (with_, ~with_)]
    assert dc.auc(distances_to(fresh, *sides, found.selection), truth) == pytest.approx(found.auc, abs=0.1)


def test_chance_is_said_to_be_chance() -> None:
    sketches, with_ = piles(np.random.default_rng(2), 120, np.zeros(NEURONS))
    like = sketched_dna(sketches, bounds(), {}, "all")
    try:
        assert abs(sharpen(sketches, with_, ~with_, like, top=2).auc - 0.5) < 0.2
    except dc.BadInput as problem:
        assert "nothing to weigh" in str(problem)


def test_too_few_images_are_refused() -> None:
    sketches, with_ = piles(np.random.default_rng(0), 18, np.zeros(NEURONS))
    with pytest.raises(dc.BadInput, match="one side has 9"):
        sharpen(sketches, with_, ~with_, sketched_dna(sketches, bounds(), {}, ""))


def test_where_no_weight_wants_to_be_negative_it_is_scikit_learns_regression() -> None:
    random = np.random.default_rng(3)
    asked = random.random(200) < 0.3
    terms = random.normal(0, 1, (200, 6)) + 0.8 * asked[:, None]
    ours = logistic(terms, asked, 0.05)
    theirs = LogisticRegression(C=0.05, class_weight="balanced", tol=1e-8).fit(terms, asked).coef_[0]
    assert (theirs > 0).all() and np.allclose(ours, theirs, rtol=0.03)
