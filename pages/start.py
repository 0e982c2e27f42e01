"""Start: what this is in three sentences, and a first answer on demo data before any set-up."""

from __future__ import annotations

import streamlit as st

from ui.app import errors, layout, reads
from ui.start import demo, own_folder, tour

layout.header(
    "Visual DNA Studio",
    "How do two folders of images differ? A frozen network looks at every image, and each of its neurons keeps a small "
    "histogram of what it saw: together they are the dataset's DNA. Comparing DNAs tells how far datasets are apart, "
    "which neurons see the difference, and which images cause it.",
)
demo.begin_when_empty()
ready = demo.ready_sets()
mine = own_folder.sets()
shown = [*mine, *(one for one in ready if one not in mine)]
shown = shown if len(shown) >= 2 else reads.ready()
current = demo.job()
running = current is not None and current.state == "running"


def progress() -> None:
    with errors.guarded():
        demo.draw_progress(len(ready))


left, right = st.columns([2.1, 1], gap="large")
with left:
    above, heatmap = st.container(), st.container()  # places that stay, whatever is drawn in them
    with above:
        own_folder.progress()
    with heatmap:
        if len(shown) >= 2:
            demo.heatmap(shown, own_folder.nearest(mine[0]) if mine else None)
    if running:
        st.fragment(progress, run_every=1.0 if len(shown) >= 2 else 0.4)()
        if len(shown) < 2:
            demo.awaited()
    elif not ready:
        layout.found("See it work on demo data")
        layout.caption("Draws ten small datasets and compares them. Takes a minute or two; nothing is downloaded.")
        demo.offer()
with right:
    st.subheader("New here?", anchor=False)
    layout.caption("Five steps from a folder of faces to the neurons that see hats, and the images that have one.")
    if st.button("Take the tour", key="tour-begin", type="primary" if ready else "secondary"):
        tour.begin()
    own_folder.draw()
st.divider()
demo.cards()
