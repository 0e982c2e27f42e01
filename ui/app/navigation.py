"""The pages, in the order they are listed, and how to get from one to another with choices made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from ui.app import words

_FOLDER = Path(__file__).parents[2] / "pages"
TITLES = {
    "start": "Start",
    "datasets": "Datasets",
    "distances": "Distances",
    "compare": "Compare",
    "neurons": "Neurons",
    "lens": "Lens",
    "map": "Map",
    "sensitivity": "Sensitivity",
    "gallery": "Gallery",
    "selections": "Selections",
    "studies": "Studies",
    "report": "Report",
    "image": "Image",
}
HIDDEN = frozenset({"image"})  # pages that only make sense coming from somewhere


def pages() -> dict[str, Page]:
    """Return the pages by name; the first one is what the bare address opens."""
    return {
        name: st.Page(
            _FOLDER / f"{name}.py",
            title=title,
            url_path=name if name != "start" else None,
            default=name == "start",
            visibility="hidden" if name in HIDDEN else "visible",
        )
        for name, title in TITLES.items()
    }


def link(page: str, label: str, /, **choices: Any) -> None:
    """Draw a link to a page with choices made."""
    st.page_link(
        pages()[page],
        label=words.as_markdown(label),
        query_params=_query(choices),
        icon=":material/arrow_forward:",
        icon_position="right",
    )


def go(page: str, /, **choices: Any) -> None:
    """Open a page with choices made."""
    for name in choices:  # they count as new, also where the same choice was made before
        st.session_state.pop(f"_address_{name}", None)
    st.switch_page(pages()[page], query_params=_query(choices))


def choices_of(query: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """Return the choices in an address, (key, value) each, by key and in their order."""
    found: dict[str, list[str]] = {}
    for key, value in query:
        found.setdefault(key, []).append(value)
    return found


def _query(choices: dict[str, Any]) -> dict[str, Any] | None:
    given = {name: value for name, value in choices.items() if value is not None}
    return given or None
