"""How a page is built: title and one sentence, the result at the left, the knobs at the right, what to do next."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dnacore.workspace.datasets import Dataset
from ui.app import capture, navigation, palette, reads, renames, words

_QUESTION = "_question"
_UNIT, _TOGETHER = re.compile(r"(?<=\d) (?=[A-Za-z%]+$)"), "\N{NO-BREAK SPACE}"  # 19.3 MB stays on one line


def header(title: str, sentence: str, *, hand: str = "", back: tuple[str, str] | None = None) -> None:
    """Draw a page's title and the one sentence under it; the right corner is kept for what can be done with the page.

    hand: what hands can do here, which a printed page leaves out. back: the page that this one hangs from, and what it
    is called; drawn as a breadcrumb.
    """
    capture.begin(title, sentence)
    left, right = st.columns([3, 1.75], vertical_alignment="top")
    st.session_state["_corner"] = right.container(
        horizontal=True, horizontal_alignment="right", key="page-corner", gap="small"
    )
    with left:
        if back is not None:
            with st.container(key="breadcrumb", horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.page_link(navigation.pages()[back[0]], label=back[1])
                st.html(f'<span class="vds-quiet">/</span> <span>{html.escape(title)}</span>', width="content")
        st.title(title, anchor=False)
        st.html(f'<p class="vds-lead">{html.escape(f"{sentence} {hand}".strip())}</p>')
        renames.say()
        st.session_state[_QUESTION] = st.container()


def question(text: str) -> None:
    """Say below the page's title, and in reports, what this view asks: known once the choices are."""
    place = st.session_state.pop(_QUESTION, None)
    if place is not None:
        capture.ask(text)
        place.html(f'<p class="vds-question">{html.escape(text)}</p>')


def result_and_knobs() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the place of the result (wide) and of the choices (narrow)."""
    left, right = st.columns([2.4, 1], gap="large")
    return left, right


def found(sentence: str, exact: str = "") -> None:
    """Draw the one thing found, readable from the back of a room.

    exact: the numbers and names behind it, for those who ask; smaller, below it.
    """
    capture.text("found", sentence)
    if exact:
        capture.text("caption", exact)
    behind = f'<p class="vds-exact">{html.escape(exact)}</p>' if exact else ""
    st.html(f'<p class="vds-found">{html.escape(sentence)}</p>{behind}')


def caption(text: str, hand: str = "") -> None:
    """Draw what a figure shows and what to look for.

    hand: what hands can do with it ("Click …"); it stands on the page, and not in a report, which can do none of it.
    """
    if text:
        capture.text("caption", text.strip())
    st.html(f'<p class="vds-caption">{html.escape(f"{text} {hand}".strip())}</p>')


def note(text: str) -> None:
    """Draw a remark that is not part of the saved view."""
    st.html(f'<p class="vds-caption">{html.escape(text)}</p>')


def dataset_name(dataset: Dataset, note: str = "") -> str:
    """Return a dataset's name with its colour, as HTML."""
    dot = f'<span class="vds-dot" style="background:{palette.dataset_colour(dataset.colour)}"></span>'
    tail = f'<span class="vds-quiet" style="font-weight:400">{html.escape(note)}</span>' if note else ""
    return f'<span class="vds-name">{dot}{html.escape(words.dataset(dataset.name))}{tail}</span>'


def facts(rows: Sequence[tuple[str, str]]) -> None:
    """Draw short facts, names left and values right; nothing where there are none."""
    if not rows:  # Streamlit refuses to draw empty HTML
        return
    lines = (
        f'<div class="vds-row"><span class="vds-quiet">{html.escape(a)}</span><span>{html.escape(_UNIT.sub(_TOGETHER, b))}</span></div>'
        for a, b in rows
    )
    st.html("".join(lines))


def inline(picture: bytes) -> str:
    """Return a PNG as an address that holds it whole, so that no later run of the page can take it from the browser.

    Streamlit would serve the bytes from an address of their own and forget them when the next run shows others; a
    browser slower than that found nothing there any more.
    """
    return f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], plain: Sequence[Sequence[str]], title: str) -> None:
    """Draw a small table. rows: cells as HTML, names already escaped; plain: the same as text, for reports."""
    capture.table(pd.DataFrame(list(plain), columns=list(head)), title)
    top = "".join(f"<th>{html.escape(one)}</th>" for one in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    name = html.escape(title, quote=True)
    st.html(
        f'<div class="vds-scroll" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="vds-table" aria-label="{name}"><tr>{top}</tr>{body}</table></div>'
    )


def nothing_extracted(needed: int = 1) -> None:
    """Say what to do when too few datasets have a DNA, and stop drawing the page."""
    there = len(reads.workspace().datasets())
    if there == 0:
        st.info("There are no datasets yet. Add a folder of images, or try the demo data.")
        navigation.link("datasets", "Add a folder")
        navigation.link("start", "Try the demo data")
    else:
        what = "a dataset" if needed == 1 else "two datasets"
        st.info(f"This page needs {what} whose DNA has been extracted with this extractor. Extraction takes one click.")
        navigation.link("datasets", "Extract")
    st.stop()
