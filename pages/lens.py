"""Lens: what a neuron sees, in pictures: its patches, places, dreams, and what a layer keeps of an image."""

from __future__ import annotations

from ui.app import layout, navigation, reads
from ui.lens import answer, ask

layout.header("Lens", "What does a neuron see? Ask in pictures, about any neuron, layer or image.")
ready = reads.ready()
if not ready:
    layout.nothing_extracted()

every = ask.analyses()
analysis = ask.choose_question(every)
result, knobs = layout.result_and_knobs()
with knobs:
    ask.choose_way(analysis, every)
    asked = ask.choose(analysis, ready)
if asked is not None:
    layout.question(f"{analysis.question} {asked.about}".strip())
with result:
    if asked is None:
        layout.found(analysis.question)
        layout.note("Choose another question, or another network in the sidebar.")
    else:
        answer.draw(asked)
        if asked.target is not None and asked.target[0] == ask.NEURON:
            navigation.link("neurons", "This neuron's histograms and images", neuron=asked.target[1])
