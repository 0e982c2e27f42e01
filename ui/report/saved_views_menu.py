"""The menu of saved views: keep what the page shows under a name, and open what was kept, from any page."""

from __future__ import annotations

import streamlit as st

from dnacore.errors import BadInput
from dnacore.workspace.saved import views
from ui.app import capture, navigation, reads, words
from ui.report import presenting


def menu(view: capture.View, query: list[list[str]]) -> None:
    """Draw the menu. query: the choices of the current page, as in an address."""
    with st.popover("Views", key="views-menu"):
        with st.form("view-form", border=False, clear_on_submit=True):
            offered = views.free(view.question or view.title, [one.name for one in views.load(reads.workspace())])
            name = st.text_input("Save this view as", max_chars=views.LONGEST, placeholder=offered)
            if st.form_submit_button("Save", type="primary", width="stretch"):
                _save(name or offered, view.page, query)
        found = [one for one in views.load(reads.workspace()) if one.page in navigation.TITLES]
        if not found:
            st.caption("Saved views appear here, for everybody who opens this workspace.")
        presenting.link()
        for at, one in enumerate(found):
            left, right = st.columns([2.2, 1], vertical_alignment="center")
            title = words.as_markdown(one.name)
            where = f"{navigation.TITLES[one.page]}, saved {words.moment(one.saved)}"
            if left.button(title, key=f"view-{at}", help=where, type="tertiary"):
                navigation.go(one.page, **navigation.choices_of(one.query))
            right.button(
                "Remove", key=f"view-gone-{at}", type="tertiary", on_click=views.remove,
                args=(reads.workspace(), one.name),
            )  # fmt: skip


def _save(name: str, page: str, query: list[list[str]]) -> None:
    try:
        kept, before = views.save(reads.workspace(), name, page, query)
    except BadInput as problem:
        st.error(words.as_markdown(str(problem)))
    else:
        said = f"Saved as {words.as_markdown(kept.name)}. It opens from Views on every page."
        if before is not None:
            said += f" The view that had this name is kept as {words.as_markdown(before.name)}."
        st.toast(said)
