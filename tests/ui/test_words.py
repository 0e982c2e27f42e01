"""The wording: numbers with units, names a person would say."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dnacore import Sensitivity
from dnacore.extractors.networks.mini_classes import thing_of
from ui.app import words
from ui.figures import findings


def test_a_difference_says_bins_and_share_of_the_range():
    assert words.difference(41.2134, 1000) == "41.2 of 999 bins (4.1\N{NO-BREAK SPACE}% of the range)"
    assert words.difference(0.0, 1000) == "0 of 999 bins (0.0\N{NO-BREAK SPACE}% of the range)"


def test_a_neuron_is_named_with_its_depth():
    layers = {f"block_{i}": 768 for i in range(12)} | {"last_norm": 768}
    assert words.neuron("block_1", 214, layers) == "neuron 214 in block 1 (early layer)"
    assert words.neuron("block_7", 3, layers) == "neuron 3 in block 7 (middle layer)"
    assert words.neuron("last_norm", 0, layers) == "neuron 0 in last norm (late layer)"
    assert words.layer("layer1_0") == "layer 1.0" and words.layer("block_2_1") == "block 2.1"
    assert words.layer("stage_2_block_0") == "stage 2 block 0" and words.layer("things_middle") == "things middle"


def test_a_neuron_that_names_a_thing_says_which():
    assert thing_of({"architecture": "dnacore:mini"}, "things", 28) == "spectacle rim"
    assert thing_of({"architecture": "dnacore:mini"}, "stage_3_block_1", 28) is None
    assert thing_of({"architecture": "resnet18"}, "things", 28) is None  # somebody else's layer of that name
    layers = {"stem": 24, "things": 59}
    said = words.neuron("things", 28, layers, "spectacle rim")
    assert said == "neuron 28 in things (middle layer, trained to name: spectacle rim)"
    assert words.neuron_short("things", 28, "spectacle rim") == "things · 28 (spectacle rim)"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 s"),
        (12.4, "12 s"),
        (89, "89 s"),
        (200, "3 min"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (None, "a moment"),
    ],
)
def test_time_spans(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("octets", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (14_800_000, "14.8 MB"), (84_700, "84.7 kB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes(octets, said):
    assert words.size(octets) == said


@pytest.mark.parametrize(
    ("value", "said"), [(9.96, "10"), (9.94, "9.9"), (41.2, "41"), (0.0312, "0.031"), (1204.4, "1,204")]
)
def test_two_significant_digits(value, said):
    assert words.significant(value, 2) == said


def test_counts_and_lists():
    assert words.count(1, "image") == "1 image"
    assert words.count(1204, "image") == "1,204 images"
    assert words.unreadable(3, 1204) == "3 of 1,204 files could not be read."
    assert words.listing(["photo", "art", "sketch"]) == "photo, art and sketch"


def test_small_saturation_is_not_worth_a_word_and_a_large_one_is():
    assert words.saturation(0.0005) is None
    assert "2.4\N{NO-BREAK SPACE}%" in words.saturation(0.024)


def test_the_odd_one_out_is_found():
    matrix = np.array([[0, 10, 30], [10, 0, 30], [30, 30, 0]], dtype=float)
    assert findings.pairwise(["photo", "cartoon", "sketch"], matrix).startswith(
        "sketch is the odd one out: 3.0 times farther"
    )


def test_without_an_odd_one_the_extremes_are_named():
    matrix = np.array([[0, 10, 12], [10, 0, 11], [12, 11, 0]], dtype=float)
    said = findings.pairwise(["a", "b", "c"], matrix)
    assert said == "a and c differ most, 1.2 times as much as a and b, the closest pair."


def test_identical_sets_are_called_so():
    assert findings.pairwise(["a", "b", "c"], np.zeros((3, 3))) == "These datasets cannot be told apart."
    assert findings.by_layer({"x": 0.0, "y": 0.0}) == "No layer sees a difference."
    assert findings.concentration(np.zeros(5)) == "No neuron sees a difference."


def test_where_in_the_network_the_difference_is():
    said = findings.by_layer({"block_0": 30.0, "block_1": 20.0, "block_2": 10.0})
    assert "largest in block 0" in said and "early layers" in said and "3.0 times" in said


def test_how_few_neurons_carry_half_of_the_difference():
    said = findings.concentration(np.array([6.0, 1, 1, 1, 1]))
    assert said == "Half of the difference sits in 1 neuron of 5 (20.0\N{NO-BREAK SPACE}%)."


def test_who_is_far_from_one_only_is_no_odd_one_out():
    matrix = np.array([[0, 10, 30], [10, 0, 12], [30, 12, 0]], dtype=float)
    said = findings.pairwise(["a", "b", "c"], matrix)
    assert "odd one out" not in said and said.startswith("a and c differ most")


def test_a_headline_about_a_part_says_of_which():
    matrix = np.array([[0, 10, 30], [10, 0, 30], [30, 30, 0]], dtype=float)
    assert findings.pairwise(["a", "b", "c"], matrix, of=20).startswith("Of 3 shown (20 datasets in all): ")


def test_the_headline_counts_the_neurons_beyond_a_stated_rate(monkeypatch):
    monkeypatch.setattr(words, "_own_names", lambda dna: {})  # pages that were drawn before have them looked up
    ratios, chance = np.array([9.0, 5.0, 2.5, 1.0]), np.sort(np.linspace(1.0, 4.0, 40))
    found = Sensitivity(ratios, np.ones(4, int), np.ones(4), {"block_0": 4}, "net", ("a", "b"), (40, 40), chance)
    dna = SimpleNamespace(
        neuron=lambda flat: ("block_0", flat), layers={"block_0": 4}, extractor={}, n_neurons=4, bins=20
    )
    above = found.above_noise(0.05)
    said = findings.sensitivity(found, dna)
    assert len(above) == 2 and "2 of 4 neurons see the difference; the best sees 9.0 times what chance gives." in said
    few = findings.sensitivity(replace(found, images=(40, 5)), dna)
    assert few.startswith("At least 2 of 4 neurons") and "more of them may" in replace(found, images=(40, 5)).too_small
    none = findings.sensitivity(replace(found, images=(40, 5), emd=np.ones(4)), dna)
    assert none.startswith("With so few images no neuron can be told from chance:")
    assert "times" not in none, "beside “no more than chance”, three times chance would contradict itself"
    exact = findings.sensitivity_exact(found, dna)
    assert "19 of 20" in exact and "of 19 bins" in exact


def test_a_name_is_never_written_otherwise_than_it_was_given():
    matrix = np.array([[0, 10, 60], [10, 0, 60], [60, 60, 0]], dtype=float)
    said = [
        findings.pairwise(["b", "c", "styles_photo"], matrix),
        findings.pairwise(["styles_photo", "styles_sketch"], matrix[:2, :2]),
        findings.two(["styles_photo", "b"], 3.0, None),
        words.against("styles_photo", "b"),
    ]
    assert [one[:12] for one in said] == ["styles_photo"] * 4


@pytest.mark.parametrize(
    ("name", "said"),
    [("faces", "faces"), ("faces[hat=1]", "faces with hat"), ("faces[hat=0]", "faces without hat"),
     ("faces[hair_colour=red]", "faces with hair colour red")],
)  # fmt: skip
def test_a_part_is_called_as_a_person_says_it(name, said):
    assert words.dataset(name) == said
