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


there, adds = bool(reads.workspace().datasets() or imported.names()), adding.wanted()
if not there:
    st.info("There are no datasets yet. Open a folder of images and press Add, or upload some.")
    with errors.guarded():
        adding.draw()
    st.stop()
listing, images = st.columns([1, 2.1], gap="large")
with listing:
    adding.offer()
    st.fragment(draw_list, run_every=1.0 if tray.running() or deletion.pending() else None)()
with images:
    if adds:
        with errors.guarded():
            adding.draw()
    elif deletion.visible():
        list.look_through()
