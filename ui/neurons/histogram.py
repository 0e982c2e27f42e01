"""A neuron's histogram in every dataset shown, with the images in the brushed part."""

from __future__ import annotations

import streamlit as st

from dnacore.extractors.labels import CAUTION
from ui.app import address, capture, layout, seen, words
from ui.choices import choices, closeup, two
from ui.choices.own import neuron_notes
from ui.components import brush
from ui.neurons import card
from ui.neurons.neuron_list import Shown


def draw(shown: Shown) -> None:
    """Draw the histogram and the images in its brushed part."""
    name, chosen = shown.name, list(shown.chosen)
    layout.found(*card.sentence(shown.two, shown.flat, name))
    if said := seen.of_neuron(shown.first, shown.flat):
        layout.caption(said)
        layout.note(CAUTION)
    neuron_notes.draw(shown.first, shown.flat)
    with st.container(key="lens-knobs", horizontal=True, vertical_alignment="center", gap="medium"):
        kind = address.segments("Height of the bars", brush.KINDS, key="height", label_visibility="collapsed")
        logarithmic = address.toggle("Logarithmic", key="log", help="Shows rare, strong activations.")
    start = card.linked_range(shown.flat, shown.first.bins)
    looked = brush.show(
        chosen, shown.flat, key="lens", title=f"Activations of {name}", kind=kind, logarithmic=logarithmic, start=start
    )
    capture.figure(
        two.figure_of(chosen, shown.flat, logarithmic=logarithmic, height=360),
        f"Activations of {name} in {words.listing([one.said for one in chosen])}",
    )
    if looked.moved:
        address.keep("range", f"{looked.range[0]}-{looked.range[1]}")
    layout.caption(
        "How often the neuron takes each value, over all places in all images; and the images with most of their "
        "places in the part looked at.",
        hand="Drag over a part, or move its ends with the arrow keys.",
    )
    if looked.opened is not None and looked.dataset is not None:
        other = next((one for one in shown.two if one.name != looked.dataset.name), looked.dataset)
        neuron = choices.neuron_code(shown.first, shown.flat)
        why = {"dataset": looked.dataset.name, "like": other.name, "neurons": "typed", "typed": neuron}
        closeup.show(looked.dataset, looked.opened, why=why)
