"""Copies of one channel in successive blocks: found by what they say over the images, and counted as one row."""

from __future__ import annotations

import numpy as np
import pytest

from dnacore.attributes.copies import copies, follows, rows
from dnacore.sketches.segments import QUANTILES, Segment, SketchArrays
from dnacore.sketches.sketches import Sketches
from tests.sketch_data import hashes_of

LAYERS = {"block_1_0": 3, "block_1_1": 3, "block_1_2": 3, "block_2_0": 3, "head": 3}


def sketches(means: np.ndarray, start: int = 0) -> Sketches:
    """Sketches of images with these spatial means, (n_neurons, N)."""
    empty = np.zeros((*means.shape, QUANTILES), np.uint16)
    arrays = SketchArrays(empty, empty[..., 0].astype(np.float32), empty[..., 0], means.astype(np.float32))
    names = hashes_of(arrays.images, start)
    return Sketches([Segment(None, arrays, tuple(names))], names, 1000)


@pytest.fixture
def means() -> np.ndarray:
    """Neuron 0 passes its channel on twice, 1 once, 2 never; the next stage repeats neuron 0 by chance."""
    rng = np.random.default_rng(0)
    found = rng.normal(size=(15, 60))
    found[3] = 2 * found[0] + 0.1 * rng.normal(size=60)
    found[6] = found[3] + 0.1 * rng.normal(size=60)
    found[7] = 5 + 3 * found[4]  # 1 begins anew in the second block, and the third passes that on
    found[9] = found[6]
    found[5], found[8] = -found[2], 0.0
    return found


def test_a_channel_is_followed_through_the_blocks_of_its_stage(means: np.ndarray) -> None:
    found = copies([sketches(means)], LAYERS)
    assert found.tolist() == [0, 1, 2, 0, 4, 5, 0, 4, 8, 9, 10, 11, 12, 13, 14]


def test_several_datasets_are_looked_at_together_and_few_images_say_nothing(means: np.ndarray) -> None:
    whole = copies([sketches(means)], LAYERS)
    halves = [sketches(means[:, :30]), sketches(means[:, 30:], start=30)]
    assert np.array_equal(copies(halves, LAYERS), whole)
    assert np.array_equal(copies([sketches(means[:, :19])], LAYERS), np.arange(15))
    assert np.array_equal(copies([], LAYERS), np.arange(15))


def test_a_channel_that_only_resembles_the_one_before_stays_a_row_of_its_own(means: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    means[3] = means[0] + 0.7 * rng.normal(size=60)
    between = np.corrcoef(means[0], means[3])[0, 1]
    assert 0.6 < between < 0.9
    assert copies([sketches(means)], LAYERS)[3] == 3
    assert copies([sketches(means)], LAYERS, alike=between - 0.01)[3] == 0


def test_neurons_that_both_see_how_two_datasets_differ_are_no_copies(means: np.ndarray) -> None:
    dark, bright = means[:, :30], means[:, 30:] + 40
    assert np.corrcoef(means[2] + 40 * (np.arange(60) > 29), means[5] + 40 * (np.arange(60) > 29))[0, 1] > 0.9
    assert copies([sketches(dark), sketches(bright, start=30)], LAYERS).tolist()[:8] == [0, 1, 2, 0, 4, 5, 0, 4]


def test_blocks_follow_each_other_only_within_a_stage() -> None:
    assert follows("block_3_0", "block_3_1") and follows("block_9", "block_10") and follows("layer4_0", "layer4_1")
    assert not follows("block_3_2", "block_4_0") and not follows("block_3_0", "block_3_2")
    assert not follows("block_6_0", "head")


def test_a_ranking_counts_copies_as_one_row_where_the_strongest_stands() -> None:
    first = np.array([0, 1, 2, 0, 4, 2])
    assert rows(np.array([4, 3, 5, 0, 1, 2]), first, 3) == [[4], [3, 0], [5, 2]]
    assert rows(np.array([4, 3, 5, 0, 1, 2]), first, 10) == [[4], [3, 0], [5, 2], [1]]
    assert rows(np.array([3]), first, 2) == [[3]], "of some neurons only those count"
