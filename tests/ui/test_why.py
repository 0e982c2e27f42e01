"""Why an image lies where it does: what is shown beside it, and what is said."""

from __future__ import annotations

import numpy as np

from dnacore.analyses.explanation import Explanation
from dnacore.analyses.places import Place
from ui.gallery import truth
from ui.image import why

SPOT, WHOLE = Place(0.5, 0.25, 0.1, 0.1), Place(0.5, 0.5, 1, 1, whole=True)


def told(parts: list[float], direction: list[int]) -> Explanation:
    return Explanation(
        sum(parts), np.arange(len(parts)), np.array(parts), np.array(direction), {"a": sum(parts)}, ("x", "y")
    )


def test_some_neurons_that_can_be_pointed_at_are_always_among_those_shown():
    parts, direction = [float(20 - at) for at in range(20)], [-1] * 12 + [1] * 8
    found = why._shown(told(parts, direction), tuple([SPOT] * 20))
    assert len(found) == why.SHOWN and list(found) == sorted(found)
    assert [at for at in found if direction[at] > 0] == [12, 13, 14]
    assert found[0] == 0, "the largest part comes first"


def test_without_places_the_largest_parts_are_shown():
    found = why._shown(told([3.0, 2.0, 1.0], [1, -1, 1]), ())
    assert found == (0, 1, 2)
    assert why._shown(told([float(9 - at) for at in range(9)], [1] * 9), tuple([WHOLE] * 9)) == tuple(range(8))


def test_a_tiny_place_is_drawn_large_enough_to_be_seen():
    top, left, height, width = why._box(Place(0.5, 0.5, 0.01, 0.2))
    assert (height, width) == (0.04, 0.2) and (top, left) == (0.48, 0.4)


def test_small_histograms_keep_rare_values_visible():
    counts = np.zeros(1000, int)
    counts[500] = 99
    counts[900] = 1
    shares = why._shares(counts)
    assert len(shares) == why.CURVE and max(shares) > 0.9 and shares[45] == 0.1


def test_what_missing_activity_is_said_to_be():
    assert "less active" in why._said(-1, SPOT)
    assert "as a whole" in why._said(1, WHOLE) and "as a whole" not in why._said(1, SPOT)


def test_precision_against_recall_with_the_line_that_chance_gives():
    figure = truth.curve([0.5, 1.0], [1.0, 0.8], chance=0.3)
    assert list(figure.data[0].x) == [0.5, 1.0] and figure.layout.shapes[0].y0 == 0.3
    assert len(truth.curve(np.linspace(0, 1, 10_000), np.ones(10_000), chance=0.5).data[0].x) <= truth.MOST_POINTS
