"""What the page in front of the reader shows, noted while it is drawn, so that it can go into a report or a link.

Pages do not call this: the ways in which they draw sentences, figures, tables and images do.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

MOST_IMAGES = 24
_KEY = "_view"


@dataclass
class View:
    """One page as it was drawn.

    parts: [kind, content] in their order. address: the choices that lead back to it. question: what the page answers,
    once its choices are known; until then "".
    """

    page: str
    title: str
    sentence: str
    drawn: float
    parts: list[tuple[str, Any]] = field(default_factory=list)
    address: dict[str, list[str]] = field(default_factory=dict)
    datasets: dict[str, Any] = field(default_factory=dict)
    question: str = ""


def begin(title: str, sentence: str) -> None:
    """Start recording a page."""
    st.session_state[_KEY] = View(title.lower(), title, sentence, time.time())


def current() -> View | None:
    """Return what was recorded of the page that is being drawn."""
    return st.session_state.get(_KEY)


def ask(question: str) -> None:
    """Record the question that the page answers, in place of the page's own sentence."""
    if (view := current()) is not None:
        view.sentence = view.question = question


def choice(key: str, value: list[str]) -> None:
    """Record a choice, as it is written in an address."""
    if (view := current()) is not None:
        view.address[key] = value


def used(dataset: Any) -> None:
    """Record a dataset whose DNA the page reads."""
    if (view := current()) is not None:
        view.datasets[dataset.name] = dataset


def text(kind: str, content: str) -> None:
    """Record a sentence. kind: found, caption or heading."""
    _note(kind, content)


def figure(drawn: go.Figure, alt: str) -> None:
    """Record a figure."""
    _note("figure", (drawn, alt))


def table(frame: pd.DataFrame, title: str) -> None:
    """Record a table."""
    _note("table", (frame, title))


def images(title: str, pictures: list[Any], total: int | None = None) -> None:
    """Record the first images of a sequence. total: how many there are in all."""
    if pictures:
        _note("images", (title, pictures[:MOST_IMAGES], len(pictures) if total is None else total))


def picture(body: bytes, alt: str) -> None:
    """Record a picture that was computed: an image file's bytes, and what it shows."""
    _note("picture", (body, alt))


def place() -> int:
    """Return the place of the next thing that is recorded."""
    view = current()
    return len(view.parts) if view is not None else 0


def lift(to: int) -> None:
    """Move what was recorded last to an earlier place, where it is drawn although it was known only later."""
    if (view := current()) is not None and view.parts:
        view.parts.insert(to, view.parts.pop())


def _note(kind: str, content: Any) -> None:
    if (view := current()) is not None:
        view.parts.append((kind, content))
