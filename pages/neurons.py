"""Neurons: find one among thousands, see what it does in each dataset, and brush its histogram to see the images."""

from __future__ import annotations

import streamlit as st

from dnacore.extractors.labels import CAUTION
from ui.app import address, capture, layout, navigation, reads, words
from ui.app import seen as words_of
from ui.app import words as neuron_names
from ui.choices import choices, closeup, parts
from ui.compare import pair
from ui.components import brush, neuron_table, peaks
from ui.components.neuron_table import Column
from ui.neurons import card as neuron_card

layout.header(
    "Neurons", "What does one neuron see? Drag over its histogram, and the images that live there line up below."
)
ready = reads.ready()
if not ready:
    layout.nothing_extracted()

with st.container(key="neuron-knobs"):
    left, middle, more = st.columns([1, 1, 1.28], gap="medium", vertical_alignment="bottom")
    two = pair.choose_two(ready, left, middle)
    with more:
        taken = {one.name for one in two}
        chosen = [*two, *choices.also([one for one in ready if one.name not in taken], "Also show")]
first = reads.dna(two[0])
exact = first if first.exact else next((dna for dna in map(reads.dna, ready[:1]) if dna.exact), None)
flat = neuron_card.chosen_neuron(two, first)
name = neuron_names.full(first, flat)

table, card = st.columns([1, 1.28], gap="large")
with table:
    seen = neuron_table.show(
        two, neuron_card.columns(two), key="neuron-table", title="Neurons", chosen=flat, height=510
    )
    layout.note(
        "Each row: one neuron, its activations in both datasets, how many bins they are apart and how many times "
        "what chance would give. "
        "Arrow keys move, Enter opens, Space or Ctrl marks, / searches."
        if len(two) > 1
        else "Each row: one neuron and its activations. Arrow keys move, Enter opens, Space marks, / searches."
    )
    neuron_card.keep(seen.marked or (flat,), first)
    if all(one.dataset.part is None for one in two):
        navigation.link(
            "gallery",
            "Rank images by this neuron",
            dataset=two[-1].name,
            like=two[0].name,
            neurons="typed",
            typed=choices.neuron_code(first, flat),
        )
if seen.flat is not None and seen.flat != flat:
    address.keep("neuron", choices.neuron_code(first, seen.flat))
    st.rerun()
address.keep("neuron", choices.neuron_code(first, flat))

with card:
    layout.found(f"{name[:1].upper()}{name[1:]}")
    if said := words_of.of_neuron(first, flat):
        layout.caption(said)
        layout.note(CAUTION)
    with st.container(key="lens-knobs", horizontal=True, vertical_alignment="center", gap="medium"):
        kind = address.segments("Height of the bars", brush.KINDS, key="height", label_visibility="collapsed")
        logarithmic = address.toggle("Logarithmic", key="log", help="Shows rare, strong activations.")
    start = neuron_card.linked_range(flat, first.bins)
    looked = brush.show(
        chosen, flat, key="lens", title=f"Activations of {name}", kind=kind, logarithmic=logarithmic, start=start
    )
    capture.figure(
        pair.figure_of(chosen, flat, logarithmic=logarithmic, height=360),
        f"Activations of {name} in {words.listing([one.name for one in chosen])}",
    )
    if looked.moved:
        address.keep("range", f"{looked.range[0]}-{looked.range[1]}")
    layout.caption(
        "How often the neuron takes each value, over all places in all images. Drag over a part, or move its ends with "
        "the arrow keys; below are the images with most of their places there."
    )
if looked.opened is not None:
    closeup.show(parts.whole(looked.dataset), looked.opened)

st.divider()
neuron_card.statistics(chosen, flat)

st.divider()
st.subheader("Strongest places, and weakest images", anchor=False)
crop = str(first.extractor.get("crop", "squash"))
for at, one in enumerate(chosen):
    left, right = st.columns([1.45, 1], gap="large", vertical_alignment="bottom")
    strong, weak = peaks.strongest(one, flat, 7, exact), peaks.weakest(one, flat, 5)
    for column, found, title, note in (
        (left, strong, "strongest", "where the neuron is strongest"),
        (right, weak, "weakest", "weakest on average"),
    ):
        with column:
            st.html(layout.dataset_name(one.dataset, note))
            opened = peaks.tiles(
                found,
                key=f"{title}-{at}",
                title=f"{one.name}: {note}",
                crop=crop,
                aspect=reads.aspect(one.dataset),
                columns=len(found) or 1,
            )
            if opened is not None:
                closeup.show(parts.whole(one), opened)
layout.caption(
    "On top the patch where the neuron reacts most, below it the whole image with that place outlined, and the "
    "activation."
)

st.divider()
st.subheader("Neurons that react alike", anchor=False)
similar = neuron_card.alike(two, flat)
near = neuron_table.show(
    two,
    [Column("correlation", "Alike", similar.correlation, form="signed")],
    key="alike-table",
    title="Neurons that react alike",
    flats=similar.neurons,
    height=34 * max(1, len(similar.neurons)),
    controls=False,
    markable=False,
)
layout.caption(
    f"Correlation of the average activation over the images of {words.listing([one.name for one in two])}: +1 rises "
    "and falls with this neuron, −1 the other way round. Click one to look at it."
)
if near.flat is not None:
    address.keep("neuron", choices.neuron_code(first, near.flat))
    st.rerun()
