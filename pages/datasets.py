"""Datasets: folders of images, looked through before extraction, extracted in the background."""

from __future__ import annotations

import streamlit as st

from ui.app import errors, layout, reads
from ui.datasets import adding, deletion, imported, list
from ui.jobs import tray

layout.header("Datasets", "Which images do you have, and which of them have a DNA?")
st.html(list.dots())


def draw_list() -> None:
    with errors.guarded():
        list.draw_list()


listing, images = st.columns([1, 2.1], gap="large")
with listing:
    if reads.workspace().datasets() or imported.names():
        st.fragment(draw_list, run_every=1.0 if tray.running() or deletion.pending() else None)()
        st.divider()
    with errors.guarded():
        adding.draw()
with images:
    if deletion.visible():
        list.look_through()
    elif not imported.names():
        st.info("There are no datasets yet. Open a folder of images at the left and press Add, or upload some.")
