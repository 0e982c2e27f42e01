"""Presenter mode: larger type and pictures, no sidebar, and the saved views one after the other.

`present=N` in the address turns it on at the N-th saved view, `present=0` at the page as it stands.
"""

from __future__ import annotations

import streamlit as st

from dnacore.workspace.saved import views
from dnacore.workspace.saved.views import SavedView
from ui.app import navigation, palette, reads, theme, words
from ui.components.component import component

KEY, _SAID = theme.PRESENT, "_present-address"
_switch = component(__file__, "lights.js")


def begin() -> None:
    """Read from the address whether presenter mode is on, before anything is drawn."""
    given = st.query_params.get(KEY)
    if given is not None and given != st.session_state.get(_SAID):
        st.session_state[KEY] = st.session_state[_SAID] = given if given.isdecimal() and len(given) < 7 else "0"
    if theme.presenting() and st.query_params.get(KEY) != st.session_state[KEY]:
        st.query_params[KEY] = st.session_state[_SAID] = st.session_state[KEY]


def link() -> None:
    """Draw the link that turns it on, for the menu of saved views."""
    if st.button(
        "Present",
        key="present-begin",
        help="Larger type and pictures, no sidebar; Page Down and Up go through the views.",
    ):
        st.session_state[KEY] = "0"
        st.query_params[KEY] = st.session_state[_SAID] = "0"
        st.rerun()


def draw() -> None:
    """Draw presenter mode's bar at the bottom: back, forward, light or dark, and end."""
    if not theme.presenting():
        return
    kept = known()
    at = min(int(st.session_state[KEY]), len(kept))
    tone = palette.ink(theme.is_dark())
    st.html(
        f"<style>.st-key-presenter {{ background: {tone.ground}; border-top: 1px solid {tone.rule}; }} "
        '[data-testid="stPopoverBody"]:has(.st-key-present-begin) { display: none; }</style>'  # close the menu from which it began
    )
    with st.container(key="presenter", horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Previous", key="present-back", disabled=at <= 1, shortcut="PageUp", type="tertiary"):
            _go(kept, at - 1)
        if st.button("Next", key="present-next", disabled=at >= len(kept), shortcut="PageDown", type="tertiary"):
            _go(kept, at + 1)
        st.html(f'<span class="vds-quiet">{said(kept, at)}</span>', width="stretch")
        _switch(key="lights", data={"dark": theme.is_dark(), "pages": list(navigation.TITLES)}, width="content")
        if st.button("End", key="present-end", type="tertiary"):
            end()


def known() -> list[SavedView]:
    """Return the saved views in the order in which they are presented: as they were saved."""
    return [one for one in reversed(views.load(reads.workspace())) if one.page in navigation.TITLES]


def said(kept: list[SavedView], at: int) -> str:
    """Return the position among the saved views, in words."""
    if not kept:
        return "No saved views yet: end this, and press Views on a page that you want to show."
    there = words.count(len(kept), "saved view")
    return f"{at} of {there}" if at else f"{there}: Next opens the first"


def end() -> None:
    """Leave presenter mode."""
    st.session_state.pop(KEY, None)
    st.session_state.pop(_SAID, None)
    if KEY in st.query_params:
        del st.query_params[KEY]
    st.rerun()


def _go(kept: list[SavedView], at: int) -> None:
    view = kept[at - 1]
    st.session_state[KEY] = str(at)
    navigation.go(view.page, **(navigation.choices_of(view.query) | {KEY: str(at)}))
