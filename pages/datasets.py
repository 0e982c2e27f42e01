"""Datasets: folders of images, looked through before extraction, extracted in the background."""

from __future__ import annotations

import streamlit as st

from ui.app import errors, layout, reads
from ui.datasets import adding, deletion, imported, list
from ui.jobs import tray

layout.header("Datasets", "Which images do you have, and which of them have a DNA?")
st.html(list.dots())
listing, more = layout.result_and_knobs()
with more, errors.guarded():
    adding.draw()


def draw_list() -> None:
    with errors.guarded():
        list.draw_list()


with listing:
    if reads.workspace().datasets() or imported.names():
        st.fragment(draw_list, run_every=1.0 if tray.running() or deletion.pending() else None)()
    else:
        st.info("There are no datasets yet. Open a folder of images at the right and press Add, or upload some.")

if deletion.visible():
    st.divider()
    list.look_through()
