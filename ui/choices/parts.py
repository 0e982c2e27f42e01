"""Parts of datasets by attribute, `faces[hat=1]`, wherever a dataset can be chosen."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

import dnacore as dc
from dnacore.workspace.attribute_table import facets
from dnacore.workspace.datasets import Dataset, Part, parse_part
from ui.app import capture, palette, reads, words
from ui.app.reads import Ready

MOST_VALUES = 12
MOST_PARTS = 400
CLEAR = 0.2  # apart in Oklab: histograms of two such colours can be told from each other where they overlap


def names(ready: Sequence[Ready]) -> list[str]:
    """Return the names of all parts of the extracted datasets, as `faces[hat=1]`."""
    found = []
    for one in ready:
        for column, values in values_of(one.dataset).items():
            found += [f"{one.name}{Part(column, value)}" for value in values]
    return found[:MOST_PARTS]


def called(options: Sequence[str]) -> Callable[[str], str]:
    """Return what each of these datasets and parts is called on the screen: `faces with hat`.

    Where two would be called the same, the part keeps its exact name.
    """
    said = {name: words.dataset(name) for name in options}
    often = Counter(said.values())
    clear = {name: text if often[text] == 1 else name for name, text in said.items()}
    return lambda name: clear.get(name, name)


def values_of(dataset: Dataset) -> dict[str, list[str]]:
    """Return the attributes that split a dataset, with their values: 1 before 0, then the most frequent first."""
    return _values(dataset.id, reads.table_key(dataset), dataset)


@st.cache_data(max_entries=100, show_spinner=False)
def _values(number: int, key: str, _dataset: Dataset) -> dict[str, list[str]]:
    return {column: list(counts)[:MOST_VALUES] for column, counts in facets(reads.attributes(_dataset)).items()}


def asked_for(key: str, ready: Sequence[Ready]) -> list[str]:
    """Return the parts that the address or this session asks for under a key and that are in no list of choices.

    A list offers parts by one attribute; a filter makes those by several.
    """
    kept = st.session_state.get(key)
    given = [*st.query_params.get_all(key), *([kept] if isinstance(kept, str) else kept or [])]
    several = [name for name in dict.fromkeys(given) if (part := parse_part(name)[1]) and part.also]
    return [one.name for one in resolve(ready, several)]


def resolve(ready: Sequence[Ready], chosen: Sequence[str]) -> list[Ready]:
    """Return the datasets and parts of these names, in that order; names that mean nothing here are passed over.

    A part gets a colour of its own, the same one wherever the others shown leave it free.
    """
    known = {one.name: one for one in ready}
    taken = {known[name].dataset.colour for name in chosen if name in known}
    found = []
    for name in chosen:
        if name in known:
            found.append(known[name])
            continue
        base, part = parse_part(name)
        if part is None or base not in known:
            continue
        try:
            one = reads.part(known[base], part.column, part.value, part.also)
        except dc.UnknownName:
            continue
        colour = _colour(known[base].dataset, part, taken)
        taken.add(colour)
        found.append(replace(one, dataset=replace(one.dataset, colour=colour)))
    return found


def used(ready: Sequence[Ready], chosen: Sequence[str]) -> list[Ready]:
    """Return what `resolve` does, recorded as what the page is about."""
    found = resolve(ready, chosen)
    for one in found:
        capture.used(one)
    return found


def whole(one: Ready) -> Ready:
    """Return the dataset that a part belongs to; a whole dataset is itself."""
    if one.dataset.part is None:
        return one
    return next((other for other in reads.ready() if other.dataset.id == one.dataset.id), one)


def _colour(owner: Dataset, part: Part, taken: set[int]) -> int:
    places = len(palette.DATASET_COLOURS)
    start = owner.colour + zlib.crc32(str(part).encode()) % (places - 1) + 1
    near = {at: min((palette.distance(at, other) for other in taken), default=1.0) for at in range(places)}
    order = [at % places for at in range(start, start + places)]
    clear = next((at for at in order if near[at] >= CLEAR), None)
    if clear is not None:
        return clear
    further = range(places, places + palette.MOST_COLOURS)  # all chosen ones are near something: the farthest there is
    return max([*order, *further], key=lambda at: min(palette.distance(at, other) for other in taken))
