"""Start: what this is in three sentences, and a first answer on demo data before any set-up."""

from __future__ import annotations

import streamlit as st

from ui import demo, guard, layout, navigation, state

layout.header(
    "Visual DNA Studio",
    "How do two folders of images differ? A frozen network looks at every image, and each of its neurons keeps a small "
    "histogram of what it saw: together they are the dataset's DNA. Comparing DNAs tells how far datasets are apart, "
    "which neurons see the difference, and which images cause it.",
)
demo.begin_when_empty()
ready = demo.ready_sets()
shown = ready if len(ready) >= 2 else state.ready()
current = demo.job()
running = current is not None and current.state == "running"


def progress() -> None:
    with guard.guarded():
        demo.draw_progress(len(ready))


left, right = st.columns([2.1, 1], gap="large")
with left:
    if len(shown) >= 2:
        demo.heatmap(shown)
    if running:
        st.fragment(progress, run_every=1.0)()
    elif len(shown) < 2:
        layout.found("See it work on demo data")
        layout.caption("Draws ten small datasets and compares them. Takes a minute or two; nothing is downloaded.")
        if st.button("Try it on demo data", type="primary", key="try-demo"):
            demo.begin()
            st.rerun()
with right:
    st.subheader("Use your own images", anchor=False)
    layout.caption(
        "Point to a folder on this computer. Your images stay where they are and nothing leaves this machine."
    )
    if st.button("Use my folder", key="use-folder", type="primary" if len(ready) >= 2 else "secondary"):
        navigation.go("datasets")
    st.subheader("What to try", anchor=False)
    st.markdown(
        "1. Click a cell of the heatmap: the two datasets' most telling neuron opens.\n"
        "2. Click a layer or a neuron to see its activations and images.\n"
        "3. Rank one dataset's images by likeness to another in the Gallery.\n"
    )
st.divider()
demo.cards()
