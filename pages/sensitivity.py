"""Sensitivity: which neurons tell images with something from images without it, and whether that beats chance."""

from __future__ import annotations

import streamlit as st

from ui import (
    address,
    charts,
    choices,
    closeup,
    figures,
    findings,
    gallery,
    layout,
    navigation,
    pictures,
    piles,
    state,
    theme,
    words,
)

SHOWN = 16
BAND = 30

layout.header("Sensitivity", "Which neurons see the difference between images with something and images without it?")
ready = state.ready()
if not ready:
    layout.nothing_extracted()

result, knobs = layout.result_and_knobs()
with knobs:
    with_, without, whole = piles.choose(ready)
    if with_.name == without.name:
        st.info("Choose two different piles.")
        st.stop()
    first = state.dna(whole)
    count = address.whole_number("How many neurons", 1, min(200, first.n_neurons), 20, key="top")
with result, st.spinner("Comparing with what chance would give…"):
    found = state.sensitivity(with_, without, noise=True)
selection = found.top(count)
flats = [int(flat) for flat in found.order[:SHOWN]]
floor = None if found.noise is None else found.noise[flats]


def open_neuron(data: list[int]) -> None:
    st.session_state["_open_neuron"] = choices.neuron_code(first, flats[data[0]])


with result:
    layout.found(findings.sensitivity(found, first))
    left, middle, right = st.columns([1, 2.1, 1], gap="medium")
    with left:
        piles.draw(with_, "With")
    with middle:
        charts.show(
            figures.most_different(
                [words.neuron_short(*first.neuron(flat)) for flat in flats],
                found.emd[flats],
                unit="bins",
                floor=floor,
                chosen=-1,
                dark=theme.is_dark(),
            ),
            key="sensitive",
            alt="The most sensitive neurons and what chance would give",
            on_click=open_neuron,
            tools=False,
        )
        layout.caption("The tick is what two random piles of the same images would give. Click a neuron to look at it.")
    with right:
        piles.draw(without, "Without")
if "_open_neuron" in st.session_state:
    code = st.session_state.pop("_open_neuron")
    navigation.go("neurons", neuron=code, a=whole.name)

st.divider()
layout.found(f"Images of {whole.name}, ranked by {words.count(count, 'neuron')}")
ranked = state.ranking(whole, with_, without, selection)
everything = pictures.ranked(whole.dataset, state.files(whole.dataset), ranked, say=lambda value: f"{value:+.1f}")
seen = gallery.wall(
    [
        gallery.Band(everything[:BAND], "Most like with", "and least like without", rows=2),
        gallery.Band(everything[::-1][:BAND], "Most like without", "farthest first", rows=2),
    ],
    key="sensitivity-bands",
    title="Images most like with, and most like without",
    size=110,
    aspect=state.aspect(whole.dataset),
    note=f"{words.count(len(everything), 'image')} ranked",
)
layout.caption("Below each image: its rank, and its distance to “with” minus its distance to “without”, in bins.")
if seen.opened is not None:
    closeup.show(
        whole,
        seen.opened,
        [("Rank", f"{seen.opened.left} of {len(everything):,}"), ("With minus without", seen.opened.right)],
    )

name, save, _ = st.columns([1.4, 1, 1.6], vertical_alignment="bottom")
chosen_name = name.text_input("Keep these neurons as", key="selection-name", placeholder=f"{with_.name} top {count}")
if save.button("Save selection", key="selection-save", disabled=not chosen_name.strip()):
    state.workspace().save_selection(found.top(count, chosen_name.strip()))
    st.toast(f"Saved {words.as_markdown(chosen_name)}: choose it under Neurons on the other pages.")
