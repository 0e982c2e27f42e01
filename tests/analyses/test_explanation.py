"""The parts of a distance add up to it, and places point at where the picture was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import dnacore as dc
from dnacore.analyses.explanation import explain, explain_image
from dnacore.analyses.places import Place, heat, on_picture, place, places, spots
from dnacore.analyses.ranking import distances_to
from dnacore.dna.from_sketches import sketched_dna
from dnacore.images.resize import resize
from dnacore.neurons.selection import Selection
from dnacore.sketches.segments import Segment, SketchArrays
from dnacore.sketches.sketches import Sketches
from tests.sketch_data import NEURONS, bounds, hashes_of, sketches_of

WEIGHTED = Selection(np.array([5, 0, 3]), np.array([0.9, -0.4, 0.25]))


def dna(seed: int, images: int = 4, name: str = "a") -> dc.DNA:
    quantiles = np.random.default_rng(seed).integers(0, 1000, (NEURONS, images, 16))
    return sketched_dna(sketches_of(quantiles), bounds(), {}, name)


@pytest.mark.parametrize("metric", ["emd", "nfd"])
@pytest.mark.parametrize("selection", [None, WEIGHTED])
def test_the_parts_of_two_datasets_distance_add_up(metric: str, selection: Selection | None) -> None:
    a, b = dna(0), dna(1, name="b")
    found = explain(a, b, selection, metric)
    distance = dc.pairwise([a, b], metric, selection).matrix[0, 1]
    assert found.distance == pytest.approx(distance, abs=1e-9)
    assert found.parts.sum() == pytest.approx(distance, abs=1e-9)
    assert sum(found.layers.values()) == pytest.approx(distance, abs=1e-9)
    assert (np.diff(np.abs(found.parts)) <= 0).all() and found.names == ("a", "b")


@pytest.mark.parametrize("selection", [None, WEIGHTED])
@pytest.mark.parametrize("two", [False, True])
def test_the_parts_of_an_images_distance_are_what_it_is_ranked_by(selection: Selection | None, two: bool) -> None:
    view = sketches_of(np.random.default_rng(4).integers(0, 1000, (NEURONS, 5, 16)))
    unlike = dna(8) if two else None
    ranked = distances_to(view, dna(7), unlike, selection)
    for position in range(5):
        found = explain_image(view, position, dna(7), unlike, selection)
        assert found.distance == pytest.approx(ranked[position], abs=1e-9)
        assert found.parts.sum() == pytest.approx(sum(found.layers.values()), abs=1e-9)


def test_direction_says_which_side_is_more_active() -> None:
    low, high = (sketched_dna(sketches_of(np.full((NEURONS, 2, 16), v)), bounds(), {}, "x") for v in (100, 300))
    assert set(explain(high, low).direction) == {1} and set(explain(low, high).direction) == {-1}
    assert set(explain(low, low).direction) == {0}
    assert set(explain_image(high.source, 0, low).direction) == {1}
    assert explain(high, low).top(2).extractor == "net"


def test_a_place_in_a_map_and_among_tokens() -> None:
    corner = place(0, 16)
    assert (corner.row, corner.column, corner.height) == (0.125, 0.125, 0.25)
    assert (place(7, 16).row, place(7, 16).column) == (0.375, 0.875)
    assert place(0, 197).whole and not place(1, 197).whole  # the class token, then 14 x 14 patches
    assert place(1, 197).row == pytest.approx(0.5 / 14)
    assert place(4, 201).whole and place(5, 201).column == pytest.approx(0.5 / 14)  # class and four registers
    assert place(0, 1).row == 0.5


def test_places_are_read_from_the_sketch_and_sized_by_the_dna() -> None:
    arrays = SketchArrays.empty(NEURONS, 2)
    arrays.places[3] = [0, 8]
    view = Sketches([Segment(None, arrays, tuple(hashes_of(2)))], hashes_of(2), 1000)
    nine = replace(sketched_dna(view, bounds(), {}, "x"), exact=True, histograms=np.full((NEURONS, 2), 9))
    assert spots(nine, 3) == 9
    assert [p.row for p in places(view, 1, [3], nine)] == [pytest.approx(5 / 6)]
    with pytest.raises(dc.BadInput, match="whole dataset"):
        places(view, 1, [3], sketched_dna(view, bounds(), {}, "x"))


def test_a_place_seen_through_a_centre_crop_lies_in_the_middle_square_of_the_picture() -> None:
    corner = Place(0.125, 0.125, 0.25, 0.25)
    assert on_picture(corner, 400, 200, "squash") == corner
    wide = on_picture(corner, 400, 200, "center")
    assert (wide.row, wide.height) == (0.125, 0.25), "the height was not cut"
    assert (wide.column, wide.width) == (0.25 + 0.125 / 2, 0.125)
    tall = on_picture(corner, 100, 400, "center")
    assert (tall.column, tall.row) == (0.125, 0.375 + 0.125 / 4)


def test_the_crop_that_places_undo_is_the_one_that_images_go_through() -> None:
    pixels = np.zeros((60, 180, 3), np.uint8)
    pixels[20:30, 100:110] = 255  # one bright spot in a wide picture
    seen = resize(pixels, (32, 32), "center")[0]
    row, column = np.unravel_index(seen.argmax(), seen.shape)
    found = on_picture(Place((row + 0.5) / 32, (column + 0.5) / 32, 1 / 32, 1 / 32), 180, 60, "center")
    assert 20 / 60 <= found.row <= 30 / 60 and 100 / 180 <= found.column <= 110 / 180


def test_heat_adds_up_to_one_and_lies_where_the_parts_are() -> None:
    places_ = [Place(0.25, 0.25, 0.5, 0.5), Place(0.75, 0.75, 0.5, 0.5), Place(0.5, 0.5, 1, 1, whole=True)]
    found = heat(places_, np.array([3.0, 1.0, 50.0]), side=4)
    assert found.sum() == pytest.approx(1) and found[:2, :2].sum() == pytest.approx(0.75)
    assert found[:2, 2:].sum() == 0 and not heat(places_, np.array([-1.0, 0.0, 2.0])).any()


def test_many_neurons_are_explained_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    view = sketches_of(np.random.default_rng(4).integers(0, 1000, (NEURONS, 5, 16)))
    whole = explain_image(view, 2, dna(7))
    monkeypatch.setattr("dnacore.analyses.ranking.MOST_TABLES", 3)
    assert explain_image(view, 2, dna(7)).distance == pytest.approx(whole.distance, abs=1e-12)
