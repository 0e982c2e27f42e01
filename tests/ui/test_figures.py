"""The figure builders: what is drawn is what was counted, and what may be clicked says where it leads."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dnacore.studies.frame import drawing
from dnacore.studies.frame.result import Figure, Series
from ui.app import palette, words
from ui.figures import distances, histograms, names, study
from ui.figures import heatmap as heatmaps


def clicks(figure):
    """Every customdata a click in the figure can report."""
    return [tuple(entry) for trace in figure.data if trace.customdata is not None for entry in trace.customdata]


def test_one_distance_alone_is_neither_near_nor_far():
    figure = heatmaps.heatmap(["a", "b"], np.array([[0.0, 8.0], [8.0, 0.0]]), unit="bins", dark=True)
    cells = figure.data[0]
    assert np.nanmax(np.asarray(cells.z, float)) / cells.zmax == 0.5, (
        "in the dark the far end is darker than the diagonal"
    )


def test_every_pair_of_the_heatmap_can_be_clicked_and_no_dataset_against_itself():
    matrix = np.array([[0.0, 2.0, 9.0], [2.0, 0.0, 5.0], [9.0, 5.0, 0.0]])
    figure = heatmaps.heatmap(["a", "b", "c"], matrix, unit="bins")
    assert sorted(clicks(figure)) == [(i, j) for i in range(3) for j in range(3) if i != j]
    assert list(figure.data[-1].text) == ["0", "2.00", "9.00", "2.00", "0", "5.00", "9.00", "5.00", "0"]


def test_a_heatmap_to_come_names_its_datasets_and_claims_no_distance():
    figure = heatmaps.waiting(["a", "b"], cell=40)
    assert clicks(figure) == []
    assert list(figure.layout.xaxis.ticktext) == ["a", "b"]
    assert all(getattr(trace, "text", None) is None for trace in figure.data)


def test_names_from_users_are_never_markup():
    figure = heatmaps.heatmap(["<b>x</b>", "y"], np.array([[0.0, 1.0], [1.0, 0.0]]), unit="bins")
    assert "&lt;b&gt;x" in figure.layout.xaxis.ticktext[0]
    (targets,) = (trace for trace in figure.data if trace.hovertext is not None)
    assert all("<b>x</b>" not in text for text in targets.hovertext)


def test_identical_datasets_draw_without_dividing_by_zero():
    heatmaps.heatmap(["a", "b"], np.zeros((2, 2)), unit="bins")
    distances.by_layer({"block_0": 0.0, "block_1": 0.0}, unit="bins")
    distances.most_different(["n"], [0.0], unit="bins")
    histograms.overlay([histograms.Series("empty", "#000000", np.zeros(1000, dtype=int))])


def test_layers_stay_in_network_order_and_the_largest_is_emphasised():
    means = {"layer_10": 1.0, "layer_2": 7.0, "layer_1": 3.0}
    figure = distances.by_layer(means, unit="bins")
    assert clicks(figure) == [("layer_10",), ("layer_2",), ("layer_1",)]
    assert figure.data[0].marker.color[1] == palette.LIGHT.accent


def test_the_largest_neuron_is_on_top():
    figure = distances.most_different(["first", "second"], [9.0, 4.0], unit="bins")
    low, high = figure.layout.yaxis.range
    assert low > high, "the axis runs downwards, so that place 0 is on top"
    assert list(figure.data[0].y) == [0, 1]


@given(arrays(np.int64, (3, 1000), elements=st.integers(0, 10**6)))
def test_rebinning_keeps_every_activation(counts):
    edges, shares = histograms.rebin(list(counts))
    assert len(edges) - 1 <= histograms.SHOWN_BINS + 4
    assert (np.diff(edges) > 0).all() and edges[0] >= 0 and edges[-1] <= 1000
    for histogram, share in zip(counts, shares, strict=True):
        assert share.sum() == pytest.approx(1.0 if histogram.any() else 0.0)


def test_rebinning_zooms_to_where_the_activations_are():
    counts = np.zeros(1000, dtype=int)
    counts[480:520] = 100
    edges, (share,) = histograms.rebin([counts])
    assert edges[0] >= 470 and edges[-1] <= 530
    assert len(edges) > 30


@pytest.mark.parametrize("logarithmic", [False, True])
def test_overlay_labels_up_to_four_series_directly_and_uses_a_legend_beyond(logarithmic):
    rng = np.random.default_rng(0)

    def some(k):
        return [histograms.Series(f"set {i}", palette.dataset_colour(i), rng.integers(0, 50, 1000)) for i in range(k)]

    four, five = (histograms.overlay(some(k), logarithmic=logarithmic, dark=True) for k in (4, 5))
    assert len(four.layout.annotations) == 4 and not any(trace.showlegend for trace in four.data)
    assert len(five.layout.annotations) == 0 and sum(bool(trace.showlegend) for trace in five.data) == 5


def test_a_spike_at_zero_is_cut_off_and_says_how_high_it_is():
    counts = np.full(1000, 2)
    counts[500] = 30_000
    figure = histograms.overlay(
        [histograms.Series("a", "#0072B2", counts), histograms.Series("b", "#E69F00", np.full(1000, 2))]
    )
    tallest = max(value for bar in figure.data if bar.type == "bar" for value in bar.y)
    marks = [note.text for note in figure.layout.annotations if "cut off" in note.text]
    assert figure.layout.yaxis.range[1] < tallest / 2 and len(marks) == 1 and marks[0].endswith(" at 0")
    assert words.percent(tallest) in marks[0]
    whole = histograms.overlay([histograms.Series("b", "#E69F00", np.full(1000, 2))])
    assert not any("cut off" in note.text for note in whole.layout.annotations)


def test_a_bar_of_the_overlay_knows_its_series_and_its_bins():
    counts = np.zeros(1000, dtype=int)
    counts[500:503] = [5, 10, 5]
    figure = histograms.overlay([histograms.Series("a", "#112233", counts)], low=-2.0, high=2.0)
    covered = {bin_ for _, first, last in clicks(figure) for bin_ in range(first, last + 1)}
    assert {500, 501, 502} <= covered
    assert {place for place, _, _ in clicks(figure)} == {0}


def test_dataset_colours_are_distinct_and_fixed():
    colours = [palette.dataset_colour(index) for index in range(12)]
    assert len(set(colours)) == 12
    assert palette.dataset_colour(0) == "#0072B2"


def test_no_two_of_ninety_eight_datasets_share_a_colour_and_all_stand_out():
    colours = [palette.dataset_colour(index) for index in range(98)]
    assert len(set(colours)) == 98
    for colour in colours[18:]:
        assert min(contrast(colour, tone.ground) for tone in (palette.LIGHT, palette.DARK)) >= 3.0

    def channels(colour):
        return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])

    near = [np.abs(channels(a) - channels(b)).max() for i, a in enumerate(colours[:50]) for b in colours[:i]]
    assert min(near) >= 12, "two of them look the same"


def test_names_cut_for_a_figure_stay_apart():
    alike = ["holiday pictures 2023 spring", "holiday pictures 2023 summer", "holiday pictures 2024 summer"]
    cut = names.distinct(alike, 18)
    assert len(set(cut)) == 3 and all(len(name) <= 28 for name in cut)
    figure = heatmaps.heatmap(alike, np.ones((3, 3)), unit="bins")
    assert len(set(figure.layout.xaxis.ticktext)) == 3


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    bright, dim = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_text_is_readable_on_both_grounds():
    for tone in (palette.LIGHT, palette.DARK):
        assert contrast(tone.text, tone.ground) >= 7
        assert contrast(tone.quiet, tone.ground) >= 4.5


@pytest.mark.parametrize("index", range(len(palette.DATASET_COLOURS)))
def test_dataset_colours_stand_out_on_both_grounds(index):
    wanted = 2.2 if index < 8 else 3.0  # the first eight lie far from each other instead; they always come with a name
    for tone in (palette.LIGHT, palette.DARK):
        assert contrast(palette.dataset_colour(index), tone.ground) >= wanted


def test_distances_run_from_light_to_dark():
    steps = [luminance(colour) for colour in palette.SEQUENTIAL]
    assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize("share", np.linspace(0, 1, 21))
def test_values_on_heatmap_cells_are_readable(share):
    scale = palette.SEQUENTIAL
    at = share * (len(scale) - 1)
    below, above = scale[int(at)], scale[min(int(at) + 1, len(scale) - 1)]
    mix = "#" + "".join(
        f"{round(int(below[p : p + 2], 16) * (1 - at % 1) + int(above[p : p + 2], 16) * (at % 1)):02X}"
        for p in (1, 3, 5)
    )
    assert contrast(palette.text_on(share), mix) >= 4.0


def test_a_study_shows_datasets_in_their_colours_and_layers_by_their_names():
    layers = [f"block_{at}_0" for at in range(12)]
    lines = Figure("line", "t", "layer", "bins", [Series("sea", layers, [1.0] * 12, [0.5] * 12, [1.5] * 12)])
    drawn = study.dressed(go.Figure(drawing.plotly(lines)), {"sea": "#0072B2"})
    assert drawn.data[-1].line.color == "#0072B2" and drawn.data[1].fillcolor == "rgba(0,114,178,0.15)"
    assert "block 0.0" in drawn.layout.xaxis.ticktext and len(drawn.layout.xaxis.ticktext) <= study.MOST_NAMES
    both = ["sea_day", "sea_night"]
    square = Figure("heatmap", "t", "", "", [Series(name, both, [0.0, 3.0]) for name in both])
    drawn = study.dressed(go.Figure(drawing.plotly(square)), {})
    assert drawn.data[0].text[0][1] == "3.00" and not drawn.layout.xaxis.ticktext, "names of datasets stay as they are"
