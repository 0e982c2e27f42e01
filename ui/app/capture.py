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
    """One page as it was drawn. parts: [kind, content] in their order; address: the choices that lead back to it."""

    page: str
    title: str
    sentence: str
    drawn: float
    parts: list[tuple[str, Any]] = field(default_factory=list)
    address: dict[str, list[str]] = field(default_factory=dict)
    datasets: dict[str, Any] = field(default_factory=dict)


def begin(title: str, sentence: str) -> None:
    """Start to note a page."""
    st.session_state[_KEY] = View(title.lower(), title, sentence, time.time())


def current() -> View | None:
    """Return what was noted of the page that is being drawn."""
    return st.session_state.get(_KEY)


def ask(question: str) -> None:
    """Note the question that the page answers: it stands for the page's own sentence."""
    if (view := current()) is not None:
        view.sentence = question


def choice(key: str, value: list[str]) -> None:
    """Note a choice, as it stands in an address."""
    if (view := current()) is not None:
        view.address[key] = value


def used(dataset: Any) -> None:
    """Note a dataset whose DNA the page reads."""
    if (view := current()) is not None:
        view.datasets[dataset.name] = dataset


def text(kind: str, content: str) -> None:
    """Note a sentence. kind: found, caption or heading."""
    _note(kind, content)


def figure(drawn: go.Figure, alt: str) -> None:
    """Note a figure."""
    _note("figure", (drawn, alt))


def table(frame: pd.DataFrame, title: str) -> None:
    """Note a table."""
    _note("table", (frame, title))


def images(title: str, pictures: list[Any], total: int | None = None) -> None:
    """Note a run of images: the first ones of it. total: how many there are in all."""
    if pictures:
        _note("images", (title, pictures[:MOST_IMAGES], len(pictures) if total is None else total))


def picture(body: bytes, alt: str) -> None:
    """Note a picture that was made, not taken: an image file's bytes, and what it shows."""
    _note("picture", (body, alt))


def place() -> int:
    """Return where the next thing that is noted will stand."""
    view = current()
    return len(view.parts) if view is not None else 0


def lift(to: int) -> None:
    """Put what was noted last in an earlier place: it is drawn there, though it was known only later."""
    if (view := current()) is not None and view.parts:
        view.parts.insert(to, view.parts.pop())


def _note(kind: str, content: Any) -> None:
    if (view := current()) is not None:
        view.parts.append((kind, content))
