"""What can be done with several datasets that were ticked in the list: extract, compare, delete."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from dnacore.workspace.datasets import Dataset
from ui.app import layout, navigation, popovers, words
from ui.datasets import deletion
from ui.jobs import tray

POPOVER = "several-delete"


def key_of(dataset: Dataset) -> str:
    """Return the key of a dataset's check box."""
    return f"tick-{dataset.id}"


def draw(datasets: Sequence[Dataset], ready: Collection[int], busy: Collection[str], absent: bool) -> None:
    """Draw what can be done with the ticked datasets; nothing while none is ticked."""
    ticked = [one for one in datasets if st.session_state.get(key_of(one))]
    if not ticked:
        return
    with st.container(key="several", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<span class="vds-quiet">{len(ticked)} ticked</span>', width="content")
        free = [one.name for one in ticked if one.name not in busy]
        if st.button("Extract", key="several-extract", disabled=absent or not free):
            tray.extract(free)
            _untick(ticked)
            st.rerun()
        here = [one.name for one in ticked if one.id in ready]
        if st.button(
            "Compare", key="several-compare", disabled=len(here) < 2,
            help=None if len(here) > 1 else "Tick two datasets that have been extracted.",
        ):  # fmt: skip
            if len(here) == 2:
                navigation.go("compare", a=here[0], b=here[1])
            navigation.go("distances", datasets=here)
        if free:  # datasets that are being extracted stay
            with popovers.popover("Delete", POPOVER):
                _delete([one for one in ticked if one.name in free])


def _delete(ticked: Sequence[Dataset]) -> None:
    names = words.listing([one.name for one in ticked])
    st.markdown(f"**Delete {words.as_markdown(names)}?**")
    layout.note("What was computed from the images goes. Your own image files are not touched.")

    def begin() -> None:
        popovers.close(POPOVER)
        for one in ticked:
            deletion.begin(one)
        _untick(ticked)

    st.button(f"Delete {words.count(len(ticked), 'dataset')}", key="several-delete-go", type="primary", on_click=begin)


def _untick(ticked: Sequence[Dataset]) -> None:
    for one in ticked:
        st.session_state[key_of(one)] = False
