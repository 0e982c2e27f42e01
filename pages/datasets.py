"""Datasets: folders of images, looked through before extraction, extracted in the background."""

from __future__ import annotations

import streamlit as st

from ui import adding, collection, deletion, guard, imports, layout, state, tray

layout.header("Datasets", "Which images do you have, and which of them have a DNA?")
st.html(collection.dots())
listing, more = layout.result_and_knobs()
with more, guard.guarded():
    adding.draw()


def draw_list() -> None:
    with guard.guarded():
        collection.draw_list()


with listing:
    if state.workspace().datasets() or imports.names():
        st.fragment(draw_list, run_every=1.0 if tray.running() or deletion.pending() else None)()
    else:
        st.info("There are no datasets yet. Open a folder of images at the right and press Add, or upload some.")

if deletion.visible():
    st.divider()
    collection.look_through()
