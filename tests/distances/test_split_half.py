"""The noise floor of a distance: calibrated on sets that do not differ, and passed by sets that do."""

from __future__ import annotations

import numpy as np
import pytest

import dnacore as dc
from dnacore.distances.split_half import Chance, chance, halves
from dnacore.dna.calibration import Calibration
from dnacore.dna.from_sketches import sketched_dna
from tests.sketch_data import NEURONS, sketches_of


def kind(rng: np.random.Generator, images: int, shift: float = 0.0):
    """Sketches of images that differ among themselves, each with its own level and spread."""
    level = rng.normal(400 + shift, 60, (NEURONS, images, 1))
    return sketches_of(np.clip(level + rng.normal(0, 40, (NEURONS, images, 16)), 0, 999))


def dna_of(sketches):
    bounds = Calibration(np.zeros(NEURONS), np.ones(NEURONS), {"a": 2, "b": NEURONS - 2}, "net", "here")
    return sketched_dna(sketches, bounds, {"name": "net"}, "set")


@pytest.mark.parametrize("sizes", [(60, 60), (30, 120)])
@pytest.mark.parametrize("metric", ["emd", "nfd"])
def test_sets_of_one_kind_are_within_the_noise_and_others_are_not(metric, sizes):
    rng = np.random.default_rng(0)
    inside, usual = 0, []
    for _ in range(30):
        a, b = kind(rng, sizes[0]), kind(rng, sizes[1])
        floor = chance(halves(a, metric), halves(b, metric))
        found = dc.pairwise([dna_of(a), dna_of(b)], metric).matrix[0, 1]
        inside += found <= floor.most
        usual.append(floor.usual / found)
    assert inside >= 25, "19 of 20 cases should be within"
    assert np.median(usual) == pytest.approx(1.0, abs=0.25)
    far = kind(rng, sizes[1], shift=120)
    assert (
        dc.pairwise([dna_of(a), dna_of(far)], metric).matrix[0, 1] > chance(halves(a, metric), halves(far, metric)).most
    )


def test_only_the_selected_neurons_count():
    rng = np.random.default_rng(1)
    found = halves(kind(rng, 20))
    for weights in (np.array([1.0]), np.array([2.0])):
        one = dc.Selection(np.array([3]), weights)
        assert found.average(one) == pytest.approx(found.distances[3].mean(dtype=np.float64) * weights[0])
        assert isinstance(chance(found, found, one), Chance)


def test_a_sample_of_a_large_set_gives_the_noise_of_the_whole(monkeypatch):
    rng = np.random.default_rng(2)
    large = kind(rng, 400)
    whole = halves(large).average()
    monkeypatch.setattr("dnacore.distances.split_half.MOST", 100)
    assert halves(large).average() == pytest.approx(whole, rel=0.15)


def test_too_few_images_and_other_metrics_are_refused():
    rng = np.random.default_rng(3)
    with pytest.raises(dc.BadInput, match="at least 4 images"):
        halves(kind(rng, 3))
    with pytest.raises(dc.BadInput, match="emd or nfd"):
        halves(kind(rng, 9), "fd")
    with pytest.raises(dc.BadInput, match="measured alike"):
        chance(halves(kind(rng, 9)), halves(kind(rng, 9), "nfd"))
