"""Cached words: what the network says images show, what tells two datasets apart in words, what neurons rise with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

import dnacore as dc
from dnacore.analyses.neuron_words import FEWEST, NeuronWords, neuron_words
from dnacore.analyses.words import WordContrast, word_contrast
from dnacore.dna.layers import layer_slices
from dnacore.extractors.labels import may_have_head
from dnacore.extractors.networks.mini_classes import things_of
from dnacore.workspace.datasets import Dataset, of_demo
from dnacore.workspace.kept_words import with_words, words_of
from ui.app import reads, words
from ui.app.reads import Ready


def described(dataset: Dataset) -> bool:
    """Return whether there is an attribute to choose a dataset's images by: of a table, or what the network sees."""
    return bool(len(reads.attributes(dataset).columns))


def given(dataset: Dataset) -> list[str]:
    """Return the attributes that a dataset's own table has: without folders, tags and what the network sees."""
    try:
        return _given(dataset.id, reads.table_key(dataset), dataset)
    except dc.BadInput:
        return []


@st.cache_data(max_entries=40, show_spinner=False)
def _given(number: int, key: str, _dataset: Dataset) -> list[str]:
    return [str(column) for column in reads.workspace().attributes(_dataset).columns]


def unreadable(dataset: Dataset) -> set[str]:
    """Return the paths of the files that are known not to be readable, since the last look or an extraction."""
    return {one.path for one in reads.workspace().rejected(dataset)}


def images(dataset: Dataset, stored: str = "") -> int:
    """Return how many images a dataset has that can be read, as far as that is known. stored: of its DNA, see `Ready`."""
    return _images(f"{dataset.name}:{dataset.images}:{reads.workspace().root}:{stored}", dataset)


@st.cache_data(max_entries=500, ttl=60, show_spinner=False)
def _images(key: str, _dataset: Dataset) -> int:
    if _dataset.imported or not (broken := unreadable(_dataset)):
        return _dataset.images
    return sum(row.path not in broken for row in reads.files(_dataset))


def lacking(chosen: Sequence[Ready]) -> list[str]:
    """Return the names of the datasets whose words could be kept and are not, as older versions left them."""
    setting = reads.workspace().store.find_setting(reads.extractor())
    if setting is None or not may_have_head(setting.specification):
        return []
    names = [one.name for one in chosen if one.dataset.part is None and not one.dataset.imported]
    return [one.name for one in chosen if one.name in names and not reads.workspace().store.words_key(one.dataset)]


def contrast(a: Ready, b: Ready) -> WordContrast | None:
    """Return what tells two datasets apart in words; None where that cannot be told."""
    store = reads.workspace().store
    keys = tuple(f"{one.key}:{store.words_key(one.dataset)}" for one in (a, b))
    return None if any(key.endswith(":") for key in keys) else _contrast(keys, a, b)


@st.cache_resource(max_entries=64, show_spinner=False)
def _contrast(keys: tuple[str, ...], _a: Ready, _b: Ready) -> WordContrast | None:
    one, other = (words_of(reads.workspace(), ready.dataset) for ready in (_a, _b))
    try:
        return None if one is None or other is None else word_contrast(one, other, (_a.said, _b.said))
    except dc.BadInput:  # the same images, or other networks' words
        return None


def of_neurons() -> NeuronWords | None:
    """Return what the neurons of the extractor in use rise with, over the images that have words; None without any."""
    store, ready = reads.workspace().store, _worded()
    return _of_neurons(tuple(f"{one.key}:{store.words_key(one.dataset)}" for one in ready), reads.extractor(), ready)


def _worded() -> list[Ready]:
    """The datasets that neurons are explained over: of those that have words a person's own, else the demo's too."""
    workspace = reads.workspace()
    ready = [one for one in reads.ready() if workspace.store.words_key(one.dataset)]
    own = [one for one in ready if not of_demo(one.dataset, workspace.root)]
    return own if sum(one.dataset.images for one in own) >= FEWEST else ready


@st.cache_resource(max_entries=4, show_spinner="Asking what neurons rise with…")
def _of_neurons(keys: tuple[str, ...], label: str, _ready: Sequence[Ready]) -> NeuronWords | None:
    found = [with_words(reads.workspace(), one.dataset, label) for one in _ready]
    try:
        return neuron_words([one for one in found if one is not None])
    except dc.BadInput:  # too few images
        return None


def things(dna: dc.DNA) -> dict[str, dict[int, str]]:
    """Return what stands beside neurons, {layer: {index: words}}: things they were trained to name, else their words."""
    trained = {layer: dict(enumerate(things_of(dna.extractor, layer))) for layer in dna.layers}
    if any(trained.values()):
        return trained
    found = of_neurons()
    if found is None or len(found.rising) != dna.n_neurons:
        return trained
    return {
        layer: {
            flat - where.start: said for flat in range(where.start, where.stop) if (said := found.said(flat))
        }
        for layer, where in layer_slices(dna.layers).items()
    }  # fmt: skip


def of_neuron(dna: dc.DNA, flat: int) -> str:
    """Return what a neuron rises and falls with, as a sentence; "" where it is nothing beyond chance."""
    found = of_neurons()
    if found is None or len(found.rising) != dna.n_neurons:
        return ""
    said = found.sentence(flat)
    over = words.several([one.name for one in _worded()])
    return f"Over {found.images:,} images of {over} it {said}" if said else ""


def of_selection(selection: dc.Selection, most: int = 6) -> str:
    """Return the words that most neurons of a selection rise with, as a sentence; "" where there are none."""
    found = of_neurons()
    if found is None or selection.flat.max() >= len(found.rising):
        return ""
    counts = Counter(word for flat in selection.flat.tolist() for word, _ in found.rising[flat][:3])
    told = ", ".join(f"{word} ({count:,})" for word, count in counts.most_common(most))
    return f"Words that its neurons rise with, and how many of them: {told}." if told else ""
