"""The question that a page answers: in words at its top, and kept from page to page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import dnacore as dc
from ui.app import words
from ui.choices import choices, parts
from ui.neurons.neuron_list import Shown
from ui.selections import kept


def ready(*names: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(name=name, said=words.dataset(name)) for name in names]


@pytest.fixture
def known(monkeypatch) -> None:
    """A workspace with faces, of which the table knows hats, and streets."""
    names = {"faces", "streets", "faces[hat=1]", "faces[hat=0]"}
    monkeypatch.setattr(kept.reads, "ready", lambda: ready("faces", "streets"))
    monkeypatch.setattr(parts, "resolve", lambda there, chosen: ready(*(name for name in chosen if name in names)))


def test_two_datasets_are_a_question_in_words():
    said = words.against("faces[hat=1]", "faces[hat=0]")
    assert said == "faces with hat against faces without hat"
    assert words.against("iPhone", "sketch", "20 neurons") == "iPhone against sketch, by 20 neurons"
    assert words.several(["a", "b"]) == "a and b" and words.several(list("abcde")) == "5 datasets"


def test_the_neurons_that_answer_are_part_of_the_question():
    assert choices.by(None) == ""
    assert choices.by(dc.Selection.of([3, 4], name="hats", extractor="net", origin={})) == "2 neurons (hats)"
    assert (
        choices.by(dc.Selection.of([3], name="typed neurons", extractor="net", origin={"kind": "typed"})) == "1 neuron"
    )


@pytest.mark.parametrize(
    "origin",
    [
        {"kind": "sensitivity", "with": "faces[hat=1]", "without": "faces[hat=0]", "top": 20},
        {"kind": "layers", "layers": ["late"], "of": {"name": "hats", "neurons": 20, "origin": {
            "kind": "sensitivity", "with": "faces[hat=1]", "without": "faces[hat=0]", "top": 20}}},
    ],
)  # fmt: skip
def test_ranking_by_a_selection_asks_what_it_was_made_of(known, origin):
    asked = kept.question(origin)
    assert asked == {"dataset": "faces", "like": "faces[hat=1]", "unlike": "faces[hat=0]"}
    assert kept.asked(asked) == "faces with hat against faces without hat"


def test_a_selection_whose_datasets_are_gone_asks_nothing(known):
    origin = {"kind": "sensitivity", "with": "gone", "without": "faces"}
    assert kept.question(origin) == {} and kept.asked({}) == ""


def test_piles_picked_by_hand_are_asked_about_again(known, monkeypatch):
    monkeypatch.setattr(kept, "_there", lambda code: code.startswith("picked:"))
    origin = {"with": "With", "without": "Without", "dataset": "faces", "like": "picked:a", "unlike": "picked:b"}
    asked = kept.question(origin)
    assert asked == {"dataset": "faces", "like": "picked:a", "unlike": "picked:b"}
    assert kept.asked(asked) == "Images of faces picked by hand, with against without"


def test_a_part_is_offered_in_words_and_two_of_one_name_stay_apart():
    said = parts.called(["faces", "faces with hat", "faces[hat=1]", "faces[hat=0]"])
    assert said("faces[hat=0]") == "faces without hat"
    assert said("faces[hat=1]") == "faces[hat=1]", "a dataset is called faces with hat already"


def test_neurons_asks_one_dataset_against_another():
    two = tuple(ready("faces[hat=1]", "faces[hat=0]"))
    dna = SimpleNamespace(layers={"block_0": 4}, extractor={}, neuron=lambda flat: ("block_0", flat))
    assert Shown(two, two, 0, dna, None).question == "faces with hat against faces without hat"
    assert Shown(two[:1], two[:1], 0, dna, None).question == "What do the neurons see in faces with hat?"
