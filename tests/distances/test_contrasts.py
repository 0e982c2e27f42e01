"""Many questions in one pass give what each gives alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import dnacore as dc
from dnacore.attributes.survey import attribute, attributes_of, sensitivities
from dnacore.distances.contrasts import columns, contrast, contrast_gaussians
from dnacore.dna.from_sketches import sketched_dna
from dnacore.sketches.sketches import together
from tests.sketch_data import NEURONS, bounds, sketches_of

IMAGES = 60


@pytest.fixture(scope="module")
def view():
    return sketches_of(np.random.default_rng(0).integers(0, 1000, (NEURONS, IMAGES, 16)))


def halves(count: int) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(1).integers(0, 3, (count, IMAGES))
    return dice == 0, dice == 1


def dna_of(view, mask: np.ndarray) -> dc.DNA:
    return sketched_dna(view.select(np.flatnonzero(mask)), bounds(), {}, "part")


@pytest.mark.parametrize("count", [1, 16, 21])
def test_every_column_is_the_distance_of_its_two_sides(view, count: int) -> None:
    with_, without = halves(count)
    found = contrast(view, columns(with_, without))
    gaussian = contrast_gaussians(view, with_, without)
    for c in range(count):
        a, b = dna_of(view, with_[c]), dna_of(view, without[c])
        np.testing.assert_allclose(found.emd[:, c], dc.emd(a, b), atol=1e-9)
        np.testing.assert_allclose(found.shift[:, c], (b.cdf - a.cdf).sum(1), atol=1e-9)
        np.testing.assert_allclose(gaussian[:, c], dc.nfd(a, b), atol=1e-6)


def test_parts_of_one_file_put_together_are_read_as_they_lie(view) -> None:
    odd, even = view.select(np.arange(1, IMAGES, 2)), view.select(np.arange(0, IMAGES, 2))
    both = together(odd, even)
    rows, where = both.laid_out(slice(2, 5))
    assert rows.base is not None and np.shares_memory(rows, view.quantiles(slice(2, 5))), "nothing is copied"
    np.testing.assert_array_equal(rows[:, where], both.quantiles(slice(2, 5)))
    np.testing.assert_array_equal(both.quantiles(slice(2, 5))[:, : IMAGES // 2], odd.quantiles(slice(2, 5)))
    sides = np.arange(IMAGES) < IMAGES // 2
    np.testing.assert_allclose(contrast(both, columns(sides, ~sides)).emd[:, 0], dc.emd(
        sketched_dna(odd, bounds(), {}, "odd"), sketched_dna(even, bounds(), {}, "even")), atol=1e-9)  # fmt: skip


def test_sets_of_two_files_put_together_are_both_read(view) -> None:
    other = sketches_of(np.random.default_rng(8).integers(0, 1000, (NEURONS, 9, 16)))
    both, sides = together(view, other), np.arange(IMAGES + 9) < IMAGES
    emd = dc.emd(sketched_dna(view, bounds(), {}, "one"), sketched_dna(other, bounds(), {}, "other"))
    np.testing.assert_allclose(contrast(both, columns(sides, ~sides)).emd[:, 0], emd, atol=1e-9)


def test_whole_sets_against_a_target(view) -> None:
    with_, target = halves(2)[0], dna_of(view, halves(3)[1][2])
    found = contrast(view, (with_ / with_.sum(1, keepdims=True)).T, target.cdf)
    for c in range(2):
        np.testing.assert_allclose(found.emd[:, c], dc.emd(dna_of(view, with_[c]), target), atol=1e-9)


def test_questions_without_two_sides_are_refused(view) -> None:
    with pytest.raises(dc.BadInput, match="one image on each side"):
        columns(np.ones((1, 4), bool), np.zeros((1, 4), bool))
    with pytest.raises(dc.BadInput, match="3 image weights"):
        contrast(view, np.ones((3, 1)))
    with pytest.raises(dc.BadInput, match="two images"):
        contrast_gaussians(view, np.arange(IMAGES)[None] == 0, np.arange(IMAGES)[None] > 0)


TABLE = pd.DataFrame(
    {
        "hat": ["1", "0", "1", "", "0", "1"], "hair": ["red", "fair", "red", "dark", "", "fair"],
        "never": ["0"] * 6, "name": [f"n{i}" for i in range(6)],
    }
)  # fmt: skip


def test_a_table_asks_one_question_a_column_or_word() -> None:
    found = {a.name: a for a in attributes_of(TABLE, least=1)}
    assert list(found)[:4] == ["hat", "hair=dark", "hair=fair", "hair=red"] and "never" not in found
    assert found["hat"].images == (3, 2) and found["hair=red"].images == (2, 3)  # unknown ones are on neither side
    assert [a.name for a in attributes_of(TABLE)] == ["hat", "hair=fair", "hair=red"]
    with pytest.raises(dc.UnknownName, match="There are: hat"):
        attribute(TABLE, "wig")
    assert attribute(TABLE, "hat").among(np.array([0, 1])).images == (1, 1)


def test_the_sensitivities_to_all_attributes_are_those_of_each(view) -> None:
    random = np.random.default_rng(3)
    table = pd.DataFrame({"a": random.choice(["0", "1"], IMAGES), "b": random.choice(["0", "1", "", "0"], IMAGES)})
    found = sensitivities(view, attributes_of(table), bounds().layers, "net", splits=60)
    for name in ("a", "b"):
        question = attribute(table, name)
        one = dc.sensitivity(dna_of(view, question.with_), dna_of(view, question.without), splits=60)
        np.testing.assert_allclose(found[name].emd, one.emd, atol=1e-9)
        assert found[name].direction.tolist() == one.direction.tolist() and found[name].images == one.images
        np.testing.assert_allclose(found[name].noise, one.noise, rtol=0.3)  # carried over to these sizes
        assert found[name].floor() == pytest.approx(one.floor(), rel=0.3)


def test_the_mean_and_spread_of_sketches_are_those_of_numpy_and_of_no_image_nothing(view) -> None:
    mask = np.arange(IMAGES) % 3 == 1
    part, means = dna_of(view, mask), view.means(slice(0, NEURONS)).astype(np.float64)[:, mask]
    np.testing.assert_allclose(part.mean, means.mean(1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(part.deviations, ((means - means.mean(1, keepdims=True)) ** 2).sum(1), atol=1e-9)
    nothing = dna_of(view, ~np.ones(IMAGES, bool))
    assert nothing.images == 0 and not nothing.histograms.any() and not nothing.mean.any()
