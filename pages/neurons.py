"""Neurons: what one neuron's activations look like in several datasets, and the images behind every part of them."""

from __future__ import annotations

import streamlit as st

from ui import address, charts, choices, closeup, gallery, layout, navigation, pair, pictures, state, words

layout.header("Neurons", "What does one neuron see in each dataset, and which images make it react?")
ready = state.ready()
if not ready:
    layout.nothing_extracted()

result, knobs = layout.result_and_knobs()
with knobs:
    two = pair.choose_two(ready)
    first = state.dna(two[0])
    flat = pair.choose_neuron(two, first)
    taken = {one.name for one in two}
    chosen = [*two, *choices.also([one for one in ready if one.name not in taken], "Also show")]
    logarithmic = address.toggle("Logarithmic shares", key="log", help="Shows rare, strong activations.")

layer, index = first.neuron(flat)
name = words.neuron(layer, index, first.layers)


def open_bar(data: list[int]) -> None:
    st.session_state["bar"] = (flat, *data)


with result:
    layout.found(f"{name[:1].upper()}{name[1:]}")
    charts.show(
        pair.figure_of(chosen, flat, logarithmic=logarithmic, height=360),
        key="overlay",
        alt=f"Activations of {name} in {words.listing([one.name for one in chosen])}",
        on_click=open_bar,
    )
    layout.caption(
        "How often the neuron takes each value, over all places in all images. Click a bar to see the images in it."
    )
    pair.notes(chosen, flat)

bar = st.session_state.get("bar")
if bar is not None and bar[0] == flat and bar[1] < len(chosen):
    _, place, start, end = bar
    one = chosen[place]
    st.divider()
    st.html(
        layout.dataset_name(one.dataset, "images with activations in the bar you clicked; below each, how much of it")
    )
    within = state.images_within(one, flat, start, end).head(120)
    seen = gallery.wall(
        pictures.ranked(one.dataset, state.files(one.dataset), within, say=words.percent, show_rank=False),
        key="bar-images",
        title=f"Images of {one.name} in the bar",
        height=330,
        size=110,
        aspect=state.aspect(one.dataset),
        empty="No image has activations there.",
    )
    if seen.opened is not None:
        closeup.show(one, seen.opened, [("In this bar", f"{seen.opened.right} of its places")])

st.divider()
st.subheader("Strongest and weakest images", anchor=False)
layout.caption("By the neuron's mean activation over the image.")
for one in chosen:
    ranked = state.strongest(one, flat)
    left, right = st.columns(2, gap="large")
    for column, rows, title in ((left, ranked.head(6), "strongest"), (right, ranked.iloc[::-1].head(6), "weakest")):
        with column:
            st.html(layout.dataset_name(one.dataset, title))
            seen = gallery.wall(
                pictures.ranked(one.dataset, state.files(one.dataset), rows, say=words.significant, show_rank=False),
                key=f"{title}-{one.dataset.id}",
                title=f"Images of {one.name} where the neuron is {title}",
                columns=6,
                controls=False,
                aspect=state.aspect(one.dataset),
            )
            if seen.opened is not None:
                closeup.show(one, seen.opened, [("Mean activation", seen.opened.right)])
navigation.link(
    "gallery",
    "Rank images by this neuron",
    dataset=two[-1].name,
    like=two[0].name,
    neurons="typed",
    typed=choices.neuron_code(first, flat),
)
