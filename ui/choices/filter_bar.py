"""The filter bar: which of a dataset's images are shown, by several attributes, words and tags at once, with counts.

What it makes is a part of the dataset, `faces[hat=1][smiling=1]`, which can be used wherever a dataset can.
"""

from __future__ import annotations

import streamlit as st

import dnacore as dc
from dnacore.workspace.attribute_table import choose, facets
from dnacore.workspace.datasets import Dataset, Part
from ui.app import address, layout, reads, seen, words

KEY = "only"
MOST = 300


def draw(dataset: Dataset, key: str = KEY) -> Part | None:
    """Let a person choose the images that fulfil every one of some conditions; None while all are shown."""
    table = f"{dataset.name}:{reads.table_key(dataset)}:{len(seen.unreadable(dataset))}"
    every = _facets(table, "", dataset, None)
    if not every:
        return None
    asked = _asked(key, every)
    left = _facets(table, str(asked or ""), dataset, asked)
    chosen = [] if asked is None else [_code(*one) for one in asked.conditions]
    counts = {_code(column, value): count for column, values in left.items() for value, count in values.items()}
    taken = {column for column, _ in asked.conditions if column != "tag"} if asked else set()
    free = [code for code in counts if _parse(code)[0] not in taken and code not in chosen]
    shown = address.several(
        "Show only images",
        [*chosen, *free[:MOST]],
        key=key,
        format_func=lambda code: _said(code, counts.get(code)),
        placeholder="with, without, in, tagged …",
        help="Each one chosen narrows the images further. The number says how many images would be left.",
    )
    return Part.of([_parse(code) for code in shown])


def rows(dataset: Dataset, part: Part | None) -> list[int] | None:
    """Return the places of the images that a filter leaves, in `files` order; None for all of them."""
    return None if part is None else _rows(f"{dataset.name}:{reads.table_key(dataset)}", str(part), dataset, part)


def use(dataset: Dataset, part: Part | None, left: int) -> None:
    """Say in words what a filter leaves."""
    if part is not None:
        layout.note(
            f"{words.count(left, 'image')} of {seen.images(dataset):,}: {words.dataset(dataset.name)} {words.conditions(part)}."
        )


def _asked(key: str, every: dict[str, dict[str, int]]) -> Part | None:
    # What the address asks for comes first, as in every choice; the widget is drawn only after its options are known.
    given = st.query_params.get_all(key)
    fresh = given and (given != st.session_state.get(f"_address_{key}") or key not in st.session_state)
    codes = given if fresh else st.session_state.get(key) or []
    return Part.of([(column, value) for column, value in map(_parse, codes) if value in every.get(column, {})])


def _code(column: str, value: str) -> str:
    return f"{column}={value}"


def _parse(code: str) -> tuple[str, str]:
    column, _, value = code.partition("=")
    return column, value


def _said(code: str, count: int | None) -> str:
    said = words.condition(*_parse(code))
    return said if count is None else f"{said} ({count:,})"


@st.cache_data(max_entries=60, show_spinner=False)
def _facets(key: str, part: str, _dataset: Dataset, _part: Part | None) -> dict[str, dict[str, int]]:
    rows, broken = None if _part is None else _rows(key, part, _dataset, _part), seen.unreadable(_dataset)
    if broken:
        files = reads.files(_dataset)
        rows = [at for at in (range(len(files)) if rows is None else rows) if files[at].path not in broken]
    table = reads.attributes(_dataset)
    return facets(table, rows if len(table) else None)


@st.cache_data(max_entries=60, show_spinner=False)
def _rows(key: str, part: str, _dataset: Dataset, _part: Part) -> list[int]:
    try:
        return choose(reads.attributes(_dataset), _part, _dataset.name)
    except dc.UnknownName:
        return []
