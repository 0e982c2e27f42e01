"""Compare: what makes two datasets different, from the whole distance to layers, neurons and single images."""

from __future__ import annotations

import streamlit as st

from ui.app import layout, reads, words
from ui.choices import measures, parts, sampled, two, without_images
from ui.compare import pair, telling

layout.header(
    "Compare", "What tells two datasets apart: in which layers, through which neurons, in which images?",
    back=("distances", "Distances"),
)  # fmt: skip
ready = without_images.comparable()
if not ready or (len(ready) < 2 and not parts.names(ready)):
    layout.nothing_extracted(needed=2)

chosen = two.choose_in_a_row(ready)
if len(chosen) < 2:
    st.info("Choose two different datasets to see what tells them apart.")
    st.stop()
summary, knobs = layout.result_and_knobs()
with knobs:
    measure = measures.choose(reads.dna(chosen[0]))
layout.question(words.against(chosen[0].name, chosen[1].name, measure.by))
with summary:
    pair.summary(chosen[0], chosen[1], measure)
    telling.draw(chosen[0], chosen[1], measure.selection)
st.divider()
pair.layers(chosen[0], chosen[1], measure)
pair.draw(chosen[0], chosen[1], measure)
sampled.note(chosen)
