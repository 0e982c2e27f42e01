"""Words on pages: chosen like an attribute, searched in the table of neurons, asked for where they are lacking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from dnacore.sketches.words import Words, save_words
from tests import small_world
from ui.app import reads, seen
from ui.choices import parts, piles
from ui.selections import kept
from ui.sensitivity import deck

TORCH, ALP = 862, 970


@pytest.fixture
def workspace(workspace_home: Path, tmp_path: Path):
    """The server's workspace with drawings, without a table; made to show torches (the dark half) or alps."""
    reads._open.cache_clear()
    opened = small_world.workspace(workspace_home)
    for name, dark in (("day", False), ("night", True)):
        opened.add_dataset(name, small_world.draw(tmp_path / name, 24, int(dark), dark))
        small_world.extract(opened, name)
        say(opened, name, TORCH if dark else ALP)
    yield opened
    reads._open.cache_clear()


def say(workspace: dc.Workspace, name: str, first: int) -> None:
    """Keep words of a dataset: most images show one thing first, the last four another."""
    dataset = workspace.dataset(name)
    hashes = tuple(f.hash for f in workspace.files(dataset))
    classes = np.tile([first, 1, 2, 3, 4], (24, 1))
    classes[-4:, 0] = 5
    odds = np.tile(np.float32([0.5, 0.1, 0.1, 0.1, 0.1]), (24, 1))
    (shard,) = workspace.store._shards_of(dataset)[workspace.store.settings()[0].id]
    save_words(workspace.root / "words" / f"{shard}.words", Words(classes, odds, hashes, 1000))


def test_what_an_image_shows_can_be_chosen_where_an_attribute_can(workspace):
    day, night = sorted(reads.ready(), key=lambda one: one.name)
    assert seen.described(day.dataset)
    assert list(reads.attributes(day.dataset)["sees"].value_counts()) == [20, 4]
    assert parts.values_of(night.dataset)["sees"][0] == "torch" and "night[sees=torch]" in parts.names([day, night])
    (torches,) = parts.resolve([day, night], ["night[sees=torch]"])
    assert torches.dataset.images == reads.dna(torches).images == 20
    assert piles.splits(reads.attributes(night.dataset))["sees"][0] == "torch"
    rest = reads.part(night, "sees!", "torch")
    assert rest.dataset.images == len(reads.sketches_of(rest)) == 4


def two_words() -> None:
    import streamlit as st

    from ui.app import reads
    from ui.choices import piles

    found = piles.choose(reads.ready())
    st.text(f"{found.with_.name} {found.without.name}")


def test_the_words_that_are_chosen_stay_chosen(workspace):
    app = AppTest.from_function(two_words, default_timeout=60)
    app.query_params["from"] = "night"
    app.query_params["with-sees"] = "electric ray"
    for _ in range(3):
        app.run()
        assert not app.exception and app.text[0].value == "night[sees=electric ray] night[sees!=electric ray]"
    app.selectbox(key="without-sees").select("torch").run()
    for _ in range(2):
        app.run()
        assert app.text[0].value == "night[sees=electric ray] night[sees=torch]"


def test_learned_weights_say_of_which_datasets_they_are(workspace):
    day, night = sorted(reads.ready(), key=lambda one: one.name)
    pair = piles.Chosen(day, reads.part(night, "sees", "torch"), (day, night), "datasets")
    origin = deck.sharpened(pair, 3).selection.origin
    assert (origin["with"], origin["without"]) == ("day", "night[sees=torch]")
    assert origin["with"] in {"day"} and set(kept.question(origin)) == {"dataset", "like", "unlike"}


def test_two_datasets_are_told_apart_in_words_and_the_sentence_follows_the_words(workspace):
    day, night = sorted(reads.ready(), key=lambda one: one.name)
    assert {word.name for word in seen.contrast(day, night).less} == {"torch"}
    say(workspace, "night", ALP)
    small_world.extract(workspace, "night", words=True)
    assert seen.contrast(day, night) is not None
    assert seen.contrast(day, day) is None


def test_without_words_pages_offer_them_and_nothing_else_changes(workspace):
    for path in (workspace.root / "words").iterdir():
        path.unlink()
    day, night = sorted(reads.ready(), key=lambda one: one.name)
    assert seen.lacking([day, night]) == ["day", "night"] and seen.contrast(day, night) is None
    assert not seen.described(day.dataset) and parts.values_of(day.dataset) == {}
    assert seen.of_neurons() is None and seen.of_neuron(reads.dna(day), 0) == ""


def test_words_of_neurons_stand_in_the_table_that_is_searched(workspace):
    found, dna = seen.of_neurons(), reads.dna(reads.ready()[0])
    assert found is not None and found.images == 48
    told = seen.things(dna)
    flats = [flat for flat in range(dna.n_neurons) if found.rising[flat]]
    named = {dna.flat(layer, index) for layer, things in told.items() for index in things}
    assert named == set(flats)
    for flat in flats[:3]:
        layer, index = dna.neuron(flat)
        assert told[layer][index] == found.said(flat) and "rises with" in seen.of_neuron(dna, flat)
