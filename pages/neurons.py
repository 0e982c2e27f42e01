"""Neurons: find one among thousands, see what it does in each dataset, and brush its histogram to see the images."""

from __future__ import annotations

import streamlit as st

from ui.app import layout
from ui.choices import sampled, without_images
from ui.neurons import histogram, neuron_list, surroundings

layout.header(
    "Neurons",
    "What does one neuron see?",
    hand="Drag over its histogram, and the images that live there line up below.",
)
ready = without_images.comparable()
if not ready:
    layout.nothing_extracted()
shown = neuron_list.choose(ready)
layout.question(shown.question)
table, card = st.columns([1, 1.28], gap="large")
with table:
    neuron_list.draw(shown)
with card:
    histogram.draw(shown)
surroundings.draw(shown)
sampled.note(shown.chosen)
