"""Map: datasets, or all their images, laid out so that what is alike lies together."""

from __future__ import annotations

import streamlit as st

from ui.app import address, layout, reads
from ui.choices import choices, measures
from ui.map import views
from ui.map.layouts import Layout

layout.header("Map", "Which images belong together, whatever folder they lie in?")
ready = reads.ready()
if not ready:
    layout.nothing_extracted()

result, knobs = layout.result_and_knobs()
with knobs:
    what = address.segments("Show", {"images": "Images", "datasets": "Datasets"}, key="show")
    chosen = choices.datasets(ready)
    if len(chosen) < (2 if what == "datasets" else 1):
        st.info("Choose two datasets at least." if what == "datasets" else "Choose a dataset.")
        st.stop()
    first = reads.dna(chosen[0])
    if what == "datasets":
        measure = measures.choose(first)
    else:
        method, seed = views.choose_layout()
        most = views.choose_size(chosen)
        colour = views.choose_colour(chosen)
        selection = views.choose_neurons(first)
layout.question(views.question(chosen, by=measure.by if what == "datasets" else choices.by(selection), what=what))
with result:
    if what == "datasets":
        views.of_datasets(chosen, measure)
    else:
        views.of_images(chosen, Layout(tuple(chosen), selection, method, seed, most), colour)
