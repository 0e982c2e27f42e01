"""Datasets: folders of images, looked through before extraction, extracted in the background."""

from __future__ import annotations

import streamlit as st

from ui import collection, guard, layout, state, tray

layout.header("Datasets", "Which images do you have, and which of them have a DNA?")
listing, adding = layout.result_and_knobs()
with adding:
    collection.add_form()


def draw_list() -> None:
    with guard.guarded():
        collection.draw_list()


with listing:
    if state.workspace().datasets():
        st.fragment(draw_list, run_every=1.0 if tray.running() else None)()
    else:
        st.info("There are no datasets yet. Type the path of a folder of images at the right and press Add.")

if state.workspace().datasets():
    st.divider()
    collection.look_through()
