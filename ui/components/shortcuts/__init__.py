"""Keyboard shortcuts of the whole program, and the news that the theme changed."""

from __future__ import annotations

import streamlit as st

from ui.app import layout, navigation
from ui.components.component import component

KEYS = {
    "s": "start", "d": "datasets", "i": "distances", "c": "compare", "n": "neurons", "m": "map", "v": "sensitivity",
    "a": "gallery", "r": "report", "l": "selections", "e": "lens",
}  # fmt: skip
_HELP = (
    ("Arrow keys", "move"),
    ("Enter", "open the image"),
    ("Space", "select; with Shift or Ctrl as in a file manager, Ctrl+A for all"),
    ("w, o", "add what is selected to the pile with, or without"),
    ("r, n", "rank by likeness to what is selected; make a dataset of it"),
    ("Esc", "clear the selection, close a window"),
)
_TABLE = (("Arrow keys", "move"), ("Enter", "open the neuron"), ("Space", "mark; Shift marks a run, Esc none"))
_CHARTS = (
    ("Arrow keys", "move an end of the brushed part (Shift: faster); go from image to image"),
    ("Space, Enter", "select or open an image of the map"),
    ("+, −", "closer, farther"),
)
_component = component(__file__, "shortcuts.js", reports=("page", "help", "theme"))


def listen() -> None:
    """Listen for `g` followed by a page's letter, and for `?`."""
    keys = {letter: name for letter, name in KEYS.items() if name in navigation.TITLES}
    heard = _component(
        key="hands",
        data={"pages": keys},
        height=1,
    )
    if heard.get("page") in navigation.TITLES:
        navigation.go(heard["page"])
    if heard.get("help"):
        _help(keys)


@st.dialog("Keys")
def _help(keys: dict[str, str]) -> None:
    pages = [(f"g {letter}", navigation.TITLES[name]) for letter, name in keys.items()]
    image = [("Left, right", "the image before and after in the ranking"), ("Esc", "back to the gallery")]
    for title, lines in (
        ("Pages", pages),
        ("In a gallery", _HELP),
        ("In the table of neurons", _TABLE),
        ("On a histogram or a map", _CHARTS),
        ("On an image's page", image),
        ("Anywhere", [("/", "search, or the first field"), ("?", "this list")]),
    ):
        st.markdown(f"**{title}**")
        layout.facts(lines)
