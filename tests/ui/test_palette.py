"""The colours of datasets: the first eight stay apart where they overlap, on both grounds and for colour-blind viewers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ui.app import palette

FIRST = [palette.dataset_colour(at) for at in range(8)]
# What people see who lack one kind of cone, of linear RGB: Machado, Oliveira & Fernandes 2009, table 1, severity 1.0.
EYES = {
    "all three cones": np.eye(3),
    "no long cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no middle cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no short cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def channels(colour: str) -> np.ndarray:
    """(3,) of a `#RRGGBB`, 0..1 as screens take them."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def linear(screen: np.ndarray) -> np.ndarray:
    return np.where(screen <= 0.04045, screen / 12.92, ((screen + 0.055) / 1.055) ** 2.4)


def seen(screen: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """(3,) in Oklab, as these eyes see it."""
    light = np.clip(eyes @ linear(screen), 0, 1)
    return np.array(
        palette._lab(tuple(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)))
    )


def nearest(colours: list[np.ndarray], eyes: np.ndarray) -> float:
    """How far the two nearest of these colours lie apart."""
    return min(float(np.linalg.norm(seen(a, eyes) - seen(b, eyes))) for a, b in combinations(colours, 2))


@pytest.mark.parametrize(("who", "apart"), [("all three cones", 0.199), *((one, 0.09) for one in list(EYES)[1:])])
def test_any_two_of_the_first_eight_can_be_told_apart(who, apart):
    assert nearest([channels(one) for one in FIRST], EYES[who]) >= apart


@pytest.mark.parametrize("ground", [palette.LIGHT.ground, palette.DARK.ground])
def test_two_of_them_laid_over_each_other_are_a_third_colour(ground):
    """Filled as histograms are, 28 % strong, under lines of the full colour: neither of the two, nor the page."""
    for one, other in combinations(FIRST, 2):
        a, b = (0.28 * channels(colour) + 0.72 * channels(ground) for colour in (one, other))
        both = 0.28 * channels(other) + 0.72 * a
        assert nearest([a, b], np.eye(3)) >= 0.05
        assert min(nearest([both, one], np.eye(3)) for one in (a, b)) >= 0.02, "what is just seen, side by side"
        assert nearest([both, channels(ground)], np.eye(3)) >= 0.1


def test_the_further_ones_are_no_look_alikes():
    every = [channels(colour) for colour in palette.DATASET_COLOURS]
    assert nearest(every, EYES["all three cones"]) >= 0.1, "0.033 once"
    assert min(nearest(every, eyes) for eyes in EYES.values()) >= 0.045, "0.016 once"


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(channels(colour))) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_all_but_three_stand_out_by_three_to_one_on_both_grounds():
    """As docs/presenting.md and the palette say of these three."""
    grounds = palette.LIGHT.ground, palette.DARK.ground
    faintest = [min(contrast(palette.dataset_colour(at), ground) for ground in grounds) for at in range(98)]
    assert [at for at, found in enumerate(faintest) if found < 2.995] == [1, 5, 7]
    assert min(faintest) >= 2.2
