"""Learned weights: eq. 5-7 against slow literal versions, cases worked by hand, and what holds on images not learned
from.
"""

from __future__ import annotations

import numpy as np
import pytest

import dnacore as dc
from dnacore.attributes.forgetting import deltas, expected, forget, learn, loss
from dnacore.attributes.survey import Attribute
from dnacore.distances.emd import combine
from dnacore.neurons.selection import Selection
from tests.sketch_data import sketches_of


def literal_delta(weights: list[float], distances: list[float]) -> float:
    """Eq. 5 and 6 in so many words."""
    weighted, plain = 0.0, 0.0
    for w, d in zip(weights, distances, strict=True):
        weighted += w * d
        plain += d
    plain /= len(distances)
    return (plain - weighted) / plain


def literal_loss(weights: list[float], distances: list[list[float]], a: int) -> float:
    """Eq. 7 in so many words."""
    total, others = abs(1 - literal_delta(weights, distances[a])), []
    for b in range(len(distances)):
        if b != a:
            others.append(abs(literal_delta(weights, distances[b])))
    return total + sum(others) / len(others)


def test_the_equations_are_their_literal_versions() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        distances, weights = random.gamma(2, 5, (4, 9)), random.normal(0.1, 0.2, 9)
        found = deltas(weights[None], distances)[0]
        assert found == pytest.approx([literal_delta(weights.tolist(), d.tolist()) for d in distances])
        for a in range(4):
            assert loss(weights, distances, a) == pytest.approx(literal_loss(weights.tolist(), distances.tolist(), a))
        assert combine(distances[0], Selection(np.arange(9), weights)) == pytest.approx(
            (1 - found[0]) * distances[0].mean()
        )


def test_by_hand_equal_weights_change_nothing_and_none_forget_everything() -> None:
    distances = np.array([[4.0, 0.0, 2.0, 2.0], [0.0, 6.0, 1.0, 1.0]])
    assert deltas(np.full((1, 4), 0.25), distances).tolist() == [[0, 0]]
    assert deltas(np.zeros((1, 4)), distances).tolist() == [[1, 1]]
    # neuron 1 sees only the second attribute, whose mean is 2: a third of it alone keeps that and forgets the first
    assert deltas(np.array([[0, 1 / 3, 0, 0]]), distances).tolist() == [[1, 0]]
    assert loss(np.array([0, 1 / 3, 0, 0]), distances, 0) == 0 and loss(np.zeros(4), distances, 0) == 1


def test_learning_reaches_what_can_be_reached() -> None:
    random = np.random.default_rng(1)
    distances = random.gamma(1, 4, (5, 60))
    weights = learn(distances, [0, 3])
    for row, a in zip(weights, (0, 3), strict=True):
        assert loss(row, distances, a) < 0.02 < loss(np.full(60, 1 / 60), distances, a)
    assert (weights < 0).any()
    assert np.array_equal(weights, learn(distances, [0, 3]))


def test_what_cannot_be_told_apart_cannot_be_kept() -> None:
    same = np.ones((2, 6))
    assert loss(learn(same, [0])[0], same, 0) == pytest.approx(1, abs=0.05)
    with pytest.raises(dc.BadInput, match="no difference"):
        learn(np.array([[0.0, 0.0], [1.0, 2.0]]), [0])


def test_an_attribute_within_the_noise_is_taken_for_little_more_than_noise() -> None:
    floor = np.full((2, 50), 2.0)
    strong, weak = floor[0] + 30, floor[0] + np.linspace(-1, 1, 50)
    shrunk = expected(np.stack([strong, weak]), floor)
    assert shrunk[0] == pytest.approx(strong, rel=0.01) and np.abs(shrunk[1] - 2).max() <= 0.2 * 1 + 1e-12


def faces(images: int = 240, neurons: int = 40) -> tuple:
    """Images with three attributes, each seen by ten neurons of its own, and ten neurons that see nothing."""
    random = np.random.default_rng(2)
    has = random.integers(0, 2, (3, images)).astype(bool)
    centre = np.full((neurons, images), 500.0) + random.normal(0, 30, (neurons, images))
    for k in range(3):
        centre[10 * k : 10 * k + 10] += 120 * has[k] * random.uniform(0.5, 1, (10, 1))
    values = centre[..., None] + random.normal(0, 20, (neurons, images, 16))
    names = ("hat", "smile", "beard")
    return sketches_of(values.clip(0, 999).astype(int)), [Attribute(n, h, ~h) for n, h in zip(names, has, strict=True)]


@pytest.mark.parametrize("metric", ["emd", "nfd"])
def test_on_other_images_one_attribute_is_forgotten_and_the_rest_kept(metric: str) -> None:
    sketches, attributes = faces()
    steps = []
    found = forget(sketches, attributes, metric=metric, extractor="net", progress=lambda *step: steps.append(step))
    assert [f.attribute for f in found] == ["hat", "smile", "beard"] and set(found[0].side_effects) == {
        "smile",
        "beard",
    }
    assert all(0.75 < f.delta < 1.25 and f.harm < 0.15 for f in found)
    assert steps[-1][0] == "learning weights" and steps[-1][1] == steps[-1][2]
    kept = found[0].selection("no hats")
    assert kept.origin["forget"] == "hat" and kept.origin["side_effects"] == found[0].side_effects
    assert (
        kept.extractor == "net"
        and len(kept) == 40
        and Selection.from_json(kept.to_json()).origin["delta"] == found[0].delta
    )
    sees = np.abs(found[0].weights - 1 / 40)
    assert sees[:10].mean() > sees[30:].mean()


def test_whole_layers_are_the_weak_baseline() -> None:
    sketches, attributes = faces()
    layers = {"one": 15, "two": 25}
    found = forget(sketches, attributes, ["hat"], "fd", layers)[0]
    assert found.weights.shape == (2,) and found.harm > 0.15  # the layer that sees the hat sees smiles too
    with pytest.raises(dc.Mismatch, match="whole layers"):
        found.selection()


def test_what_cannot_be_learned_is_said_and_stopping_stops() -> None:
    sketches, attributes = faces(40)
    with pytest.raises(dc.BadInput, match="wig cannot be forgotten"):
        forget(sketches, attributes, ["wig"])
    with pytest.raises(dc.BadInput, match="at least two attributes"):
        forget(sketches, attributes[:1])
    with pytest.raises(dc.BadInput, match="no metric"):
        forget(sketches, attributes, metric="kid")
    with pytest.raises(dc.Cancelled):
        forget(sketches, attributes, stop=lambda: True)
