"""One image, large: what it is, where it stands, and what can be done with it."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dnacore.workspace.datasets import Dataset
from ui.app import address, layout, navigation, reads
from ui.app.reads import Ready
from ui.choices import alike, parts
from ui.choices.own import tagging
from ui.components import wall
from ui.components.wall import Picture, pictures

KEY = "open"  # in the address: the image whose window is open, `dataset:index`
_AT, _DRAWN = "_closeup-at", "_closeup-drawn"


Facts = Sequence[tuple[str, str]] | Callable[[Picture], Sequence[tuple[str, str]]]


def begin() -> None:
    """Begin a run of a page, on which no window is drawn yet."""
    st.session_state[_DRAWN] = False


def show(
    dataset: Ready,
    opened: Picture | None,
    facts: Facts = (),
    *,
    among: Sequence[Picture] = (),
    rankable: bool = True,
    why: Mapping[str, str] | None = None,
) -> None:
    """Open a window with one image of a dataset: one that was just opened, or that the address asks for; else nothing.

    facts: what the page knows about the image, as names and values, or what tells it of each. among: the pictures that it
    stands among, through which arrow keys and buttons lead. rankable: whether its dataset has a DNA. why: the choices that
    make the ranking the image was found in, for the page that explains its place.
    """
    part, dataset = dataset.dataset, parts.whole(dataset)
    picture = None if st.session_state.get(_DRAWN) else _wanted(dataset.name, part, opened, among)
    if picture is None:
        return
    context = get_script_run_ctx()
    if context is not None and context.has_dialog_opened:  # another window takes its place, such as that of the keys
        _close()
        return
    st.session_state[_DRAWN] = True
    row = list(among) if picture in among else [picture]
    st.session_state[_AT] = row.index(picture)

    @st.dialog("Image", width="large", on_dismiss=_close)
    def window() -> None:
        now = row[min(st.session_state.get(_AT, 0), len(row) - 1)]
        address.mark(KEY, _code(dataset.dataset, now.index))
        left, right = st.columns([2.2, 1], gap="large")
        with left:
            source = wall.image_url(now.dataset, now.index, now.version)
            st.html(
                f'<div class="vds-large"><img src="{html.escape(source, quote=True)}" '
                f'alt="{html.escape(now.name, quote=True)}"></div>'
            )
            if len(row) > 1:
                _steps(len(row))
        with right:
            st.html(layout.dataset_name(dataset.dataset))
            layout.facts([("File", now.name)])
            layout.facts([*(facts(now) if callable(facts) else facts), *attributes(dataset, now.index)])
            if rankable and st.button("Why? Look inside", key="closeup-why", type="primary", width="stretch"):
                navigation.go("image", **{**(why or {}), "of": f"{dataset.name}:{now.index}"})
            if rankable and st.button("Rank by likeness to this image", key="closeup-like", width="stretch"):
                navigation.go("gallery", dataset=dataset.name, like=f"image:{dataset.name}:{now.index}")
            tagging.of_one(dataset.dataset, now.index)  # below what it would cover: its list opens downwards
        alike.draw(dataset, now.index, rankable=rankable)

    window()


def rest() -> None:
    """Open the window that the address asks for where the page that was drawn does not show that image."""
    code = address.of_page(KEY)
    if not code or st.session_state.get(_DRAWN):
        return
    name = code.rpartition(":")[0]
    dataset = next((one for one in reads.workspace().datasets() if one.name == name), None)
    picture = None if dataset is None else _wanted(name, dataset, None, ())
    if dataset is None or picture is None:
        address.mark(KEY, "")
        st.toast("The image that the link opens is not here any more.")
        return
    key = reads.workspace().store.dna_key(dataset, reads.extractor())
    show(Ready(dataset, key or ""), picture, rankable=key is not None)


def _close() -> None:
    address.mark(KEY, "")


def _code(dataset: Dataset, index: int) -> str:
    return f"{dataset.name}:{index}"


def _wanted(whole: str, dataset: Dataset, opened: Picture | None, among: Sequence[Picture]) -> Picture | None:
    """The picture of a dataset, or of a part of the `whole` one, that was just opened or that the address asks for."""
    if opened is not None:
        return opened if opened.dataset == dataset.id else None
    name, _, index = address.of_page(KEY).rpartition(":")
    if name != whole or not index.isdecimal():
        return None
    if among:
        return next((one for one in among if one.index == int(index) and one.dataset == dataset.id), None)
    rows = [row for row in reads.files(dataset) if row.index == int(index)]
    return next(iter(pictures.plain(dataset, rows)), None)


def _steps(count: int) -> None:
    """Draw the ways to the pictures before and after."""

    def step(by: int) -> None:
        st.session_state[_AT] = min(max(st.session_state.get(_AT, 0) + by, 0), count - 1)

    at = st.session_state.get(_AT, 0)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="center", gap="small"):
        st.button("Previous", key="closeup-before", on_click=step, args=(-1,), disabled=at <= 0, shortcut="Left")
        st.html(f'<span class="vds-quiet">{at + 1:,} of {count:,}</span>', width="content")
        st.button("Next", key="closeup-after", on_click=step, args=(1,), disabled=at >= count - 1, shortcut="Right")


def attributes(dataset: Ready, index: int) -> list[tuple[str, str]]:
    """Return what is known about an image, as names and values; the first few of them."""
    table = reads.attributes(dataset.dataset)
    rows = reads.files(dataset.dataset)
    place = next((at for at, row in enumerate(rows) if row.index == index), None)
    if place is None or table.empty:
        return []
    known = table.iloc[place]
    answers = {column for column in table.columns if set(table[column]) <= {"0", "1", ""}}
    said = {"0": "no", "1": "yes"}
    facts = [
        (str(column).replace("_", " "), said.get(value, value) if column in answers else str(value))
        for column, value in known.items()
        if value != ""
    ]
    return facts[:14]
