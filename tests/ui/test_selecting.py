"""Saved selections: their history in words, files that come and go, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from dnacore.neurons import algebra
from dnacore.workspace.store.settings import Setting
from ui.figures import effects
from ui.selections import selecting

LAYERS = {"layer1_0": 4, "layer2_0": 6}
SETTING = Setting(1, "net", "fingerprint", "calibration", 1000, {}, LAYERS)


def chosen(*flat: int, name: str = "hats", **origin: object) -> dc.Selection:
    return dc.Selection.of(list(flat), name=name, extractor="fingerprint", origin=origin or {"kind": "hand"})


def test_what_is_exported_comes_back_as_it_was():
    kept = algebra.reweighted(chosen(1, 7), [0.5, -0.25], "weighted")
    again = selecting.imported(selecting.exported(kept).encode(), SETTING, {"weighted"}, "the net")
    assert again.name == "weighted 2", "a name that is taken is not overwritten"
    assert again.flat.tolist() == [1, 7] and again.weights.tolist() == [0.5, -0.25]
    assert "other weights" in selecting.origin(again.origin)


def test_another_networks_neurons_are_refused_in_plain_words():
    other = dc.Selection.of([1], name="theirs", extractor="somebody else")
    with pytest.raises(dc.Mismatch, match="another network than the net"):
        selecting.imported(selecting.exported(other).encode(), SETTING, (), "the net")


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        b"[1, 2]",
        b"{}",
        b"\xff\xfe",
        json.dumps(chosen(1).to_json() | {"flat": [99], "weights": [1.0]}).encode(),
        json.dumps(chosen(1).to_json() | {"flat": [-1], "weights": [1.0]}).encode(),
        json.dumps(chosen(1).to_json() | {"flat": [1, 1], "weights": [0.5, 0.5]}).encode(),
        json.dumps(chosen(1).to_json() | {"weights": [float("nan")]}).encode(),
        b" " * (selecting.MOST_BYTES + 1),
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_selection_is_refused(content):
    with pytest.raises(dc.DnaError):
        selecting.imported(content, SETTING, (), "the net")


def test_without_anything_extracted_nothing_can_be_taken_in():
    with pytest.raises(dc.BadInput, match="Extract a dataset first"):
        selecting.imported(selecting.exported(chosen(1)).encode(), None, (), "the net")


def test_selections_are_combined_and_remember_how():
    one, other = chosen(1, 2, 7, name="hats"), chosen(2, 7, 9, name="beards")
    for how, expected in (("union", [1, 2, 7, 9]), ("intersection", [2, 7]), ("difference", [1])):
        made = selecting.COMBINED[how][1](one, other, "new")
        assert made.flat.tolist() == expected
        assert "hats" in selecting.origin(made.origin) and "beards" in selecting.origin(made.origin)


def test_neurons_typed_by_hand():
    made = selecting.hand("layer1_0:3, layer2_0:0 layer1_0:3", LAYERS, "fingerprint", "mine")
    assert made.flat.tolist() == [3, 4] and made.extractor == "fingerprint"
    for bad in ("", "layer1_0", "layer9:1", "layer1_0:99"):
        with pytest.raises(dc.DnaError):
            selecting.hand(bad, LAYERS, "fingerprint", "mine")


def test_every_way_a_selection_can_come_about_has_words():
    told = [
        {"kind": "sensitivity", "with": "a", "without": "b", "top": 20},
        {"kind": "sensitivity", "with": "a", "without": "b", "times_chance": 3.0},
        {"kind": "sensitivity", "with": "a", "without": "b", "above_noise": 0.05},
        {"kind": "learned", "forget": "hat", "delta": 0.93},
        {"kind": "explanation", "of": "x.jpg", "against": "a", "top": 5},
        {"kind": "layer", "layer": "layer1_0"},
        {"kind": "layers", "layers": ["layer1_0"], "of": {"name": "hats"}},
        {"kind": "typed"},
    ]
    said = [selecting.origin(one) for one in told]
    assert len(set(said)) == len(said) and "unknown" not in said
    assert selecting.origin({}) == "unknown"


def test_where_a_selections_neurons_lie():
    assert selecting.by_layer(chosen(0, 3, 4), LAYERS) == {"layer1_0": 2.0, "layer2_0": 1.0}
    assert selecting.weights(chosen(1, 2)) == "equal"
    assert "1 negative" in selecting.weights(algebra.reweighted(chosen(1, 2), [1.0, -1.0]))


def test_what_is_forgotten_stands_first_and_the_rest_by_size():
    figure = effects.changes({"hat": 0.9, "beard": -0.3, "smile": 0.1}, "hat")
    assert list(figure.layout.yaxis.ticktext) == ["hat", "beard", "smile"]
    assert list(figure.data[0].x) == [0.9, -0.3, 0.1]


def test_figures_from_sketches_are_paler_than_exact_ones():
    colours = effects.left_out(["a/", "hat=1"], [2.0, 1.0], [True, False], title="bins").data[0].marker.color
    assert colours[0] != colours[1]
    assert (effects.said("hat=0"), effects.images_of("hat=0")) == ("no hat", "images without hat")


def test_counts_by_layer_are_whole_numbers():
    figure = effects.counts({"layer1_0": 2.0, "layer2_0": 1.0})
    assert figure.layout.annotations[0].text == "2" and np.isclose(sum(figure.data[0].y), 3)


def forgotten() -> None:
    import dnacore as dc
    from ui.selections import kept

    told = {"kind": "learned", "forget": "hat", "delta": 0.9, "side_effects": {"beard": 0.1}}
    kept._forgotten(dc.Selection.of([1, 2], name="no hats", extractor="net", origin=told))


def test_what_a_learned_selection_forgets_is_drawn():
    app = AppTest.from_function(forgotten, default_timeout=60).run()
    assert not app.exception and app.get("plotly_chart")


def no_facts() -> None:
    from ui.app import layout

    layout.facts([])


def test_no_facts_draw_nothing():
    assert not AppTest.from_function(no_facts, default_timeout=60).run().exception


def test_a_neuron_between_two_piles_is_opened_with_both():
    from types import SimpleNamespace

    from ui.app.reads import Ready
    from ui.sensitivity import find

    day, night = (Ready(SimpleNamespace(name=name), name) for name in ("day", "night"))
    assert find.sides(SimpleNamespace(with_=day, without=night, among=(day,))) == {"a": "day", "b": "night"}
