"""Keyboard shortcuts of the whole program, and the news that the theme changed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui import layout, navigation

KEYS = {"s": "start", "d": "datasets", "i": "distances", "n": "neurons", "v": "sensitivity", "a": "gallery"}
_HELP = (
    ("Arrow keys", "move"),
    ("Enter", "open the image"),
    ("Space", "select; with Shift or Ctrl as in a file manager"),
    ("Esc", "let go of the selection, close a window"),
)
_component = st.components.v2.component(
    "visual_dna_hands", js=(Path(__file__).parent / "static" / "hands.js").read_text(encoding="utf-8")
)


def listen() -> None:
    """Listen for `g` followed by a page's letter, and for `?`."""
    keys = {letter: name for letter, name in KEYS.items() if name in navigation.TITLES}
    heard = _component(
        key="hands",
        data={"pages": keys},
        height=1,
        on_page_change=_nothing,
        on_help_change=_nothing,
        on_theme_change=_nothing,
    )
    if heard.get("page") in navigation.TITLES:
        navigation.go(heard["page"])
    if heard.get("help"):
        _help(keys)


@st.dialog("Keys")
def _help(keys: dict[str, str]) -> None:
    pages = [(f"g {letter}", navigation.TITLES[name]) for letter, name in keys.items()]
    for title, lines in (("Pages", pages), ("In a gallery", _HELP), ("Anywhere", [("?", "this list")])):
        st.markdown(f"**{title}**")
        layout.facts(lines)


def _nothing() -> None:
    """What was heard is read from the component's result; Streamlit wants a callback for every name it returns."""
