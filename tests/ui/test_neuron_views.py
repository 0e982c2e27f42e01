"""Small histograms, the part that is brushed at first, maps of datasets, and what is said of noise."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from dnacore.distances.split_half import Chance
from ui.components import brush, neuron_table
from ui.figures import findings, maps
from ui.figures import heatmap as heatmaps


def dna_of(histograms):
    running = np.cumsum(histograms, axis=1)
    return SimpleNamespace(cdf=running / running[:, -1:])


def test_small_histograms_keep_the_shape_and_share_one_range():
    low, high = np.zeros((2, 1000)), np.zeros((2, 1000))
    low[:, 100:132] = 5
    high[:, 300:332] = 5
    found = neuron_table.small([dna_of(low), dna_of(high)])
    assert found.shape == (2, 2, neuron_table.BINS) and found.dtype == np.uint8
    first, second = found[:, 0]
    assert first.max() == second.max() == 255
    assert np.flatnonzero(first).max() < np.flatnonzero(second).min(), "drawn over the same range, they stand apart"


def test_a_flat_histogram_is_drawn_without_a_comb():
    flat = np.ones((1, 1000))
    found = neuron_table.small([dna_of(flat)])[0, 0].astype(int)
    assert (np.abs(np.diff(found[1:-2])) <= 1).all()


def test_the_part_brushed_first_is_where_the_dataset_lies_that_the_neuron_reacts_to():
    edges = np.arange(0, 101)
    resting, awake = np.zeros(100), np.full(100, 0.005)
    resting[0] = 1.0
    awake[60:70] += 0.05
    assert brush.telling(edges, [resting, awake]) == brush.telling(edges, [awake, resting])
    first, last = brush.telling(edges, [awake, resting])
    assert first <= 60 and last >= 69 and first > 10


def test_a_single_dataset_begins_with_its_strongest_tenth():
    edges = np.arange(0, 101)
    first, last = brush.telling(edges, [np.full(100, 0.01)])
    assert last == 99 and first == pytest.approx(90, abs=1)


def test_pairs_within_the_noise_are_marked_and_said():
    names = ["a", "b", "c"]
    matrix = np.array([[0.0, 1.0, 9.0], [1.0, 0.0, 9.0], [9.0, 9.0, 0.0]])
    within = matrix == 1.0
    figure = heatmaps.heatmap(names, matrix, unit="bins", halves=np.array([0.5, 0.6, np.nan]), within=within)
    assert list(figure.data[-1].text) == ["0.50", "≈ 1.00", "9.00", "≈ 1.00", "0.60", "9.00", "9.00", "9.00", "–"]
    assert "a and b differ by no more than chance would give" in findings.pairwise(names, matrix, "bins", within)
    assert "chance would give" not in findings.pairwise(names, matrix)
    but_one = (matrix == 9.0) & ~np.isin(np.arange(9).reshape(3, 3), [2, 6])
    assert findings.pairwise(names, matrix, "bins", but_one | within).startswith("Only a and c differ by more than")
    everything = ~np.eye(3, dtype=bool)
    assert "No two of them" in findings.pairwise(names, matrix, "bins", everything)


def test_a_distance_is_held_against_chance():
    chance = Chance(2.0, 3.0)
    assert findings.two(["a", "b"], 6.0, chance) == "a and b differ 3.0 times as much as chance would make them."
    assert findings.two(["a", "b"], 2.5, chance) == "a and b cannot be told apart: chance would give as much."


def test_a_map_of_datasets_can_be_clicked_and_escapes_names():
    figure = maps.datasets(["<b>x</b>", "y"], np.array([[0.0, 0.0], [3.0, 0.0]]), ["#111111", "#222222"])
    assert [tuple(entry) for entry in figure.data[0].customdata] == [(0,), (1,)]
    assert "<b>x" not in figure.layout.annotations[0].text


def test_names_of_datasets_that_lie_together_do_not_lie_on_each_other():
    names = [f"streets number {k}" for k in range(6)]
    at = np.array([[0.01 * k, 0.005 * k] for k in range(6)] + [[10.0, 10.0]])
    figure = maps.datasets([*names, "faces"], at, ["#111111"] * 7)
    pixel = 440 / 10  # one scale for both axes
    middles = [(note.x * pixel + note.ax, note.y * pixel - note.ay) for note in figure.layout.annotations]
    for i, (x, y) in enumerate(middles[:6]):
        for u, v in middles[:i]:
            assert abs(y - v) >= 20 or abs(x - u) >= 8 * len(names[0])
