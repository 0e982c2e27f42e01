"""Selections: the sets of neurons that were kept, and what can be made of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.neurons import algebra
from dnacore.neurons.selection import of_layer
from ui.app import address, layout, navigation, reads, theme, words
from ui.components import chart
from ui.figures import effects
from ui.selections import selecting

layout.header("Selections", "Which neurons have you kept, where did they come from, and what can be made of them?")
workspace = reads.workspace()
setting = workspace.store.find_setting(reads.extractor())
if setting is None:
    layout.nothing_extracted()
saved = workspace.selections()
here = [one for one in saved if not one.extractor or one.extractor == setting.extractor]
names = {one.name for one in saved}


def keep(made: dc.Selection) -> None:
    workspace.save_selection(made)
    address.keep("selection", made.name)
    st.session_state["_said"] = f"Saved {made.name}: choose it under Neurons on every page."
    st.rerun()


def guarded(make) -> None:
    try:
        keep(make())
    except dc.DnaError as error:
        st.error(words.as_markdown(str(error)))


result, knobs = layout.result_and_knobs()
with knobs:
    st.subheader("Make a new one", anchor=False)
    with st.popover("From two others", width="stretch", disabled=len(here) < 2):
        if len(here) >= 2:
            known = {one.name: one for one in here}
            one = st.selectbox("First", list(known), key="combine-one")
            other = st.selectbox("Second", list(known), index=1, key="combine-two")
            how = st.selectbox(
                "Neurons in",
                list(selecting.COMBINED),
                format_func=lambda kind: selecting.COMBINED[kind][0],
                key="combine-how",
            )
            name = st.text_input("Name", placeholder=f"{one} {how} {other}", key="combine-name").strip()
            if st.button("Save", key="combine-save", type="primary"):
                title = name or selecting.proposed(f"{one} {how} {other}", saved)
                guarded(lambda: selecting.combined(how, known[one], known[other], title))
    with st.popover("From one, in some layers", width="stretch", disabled=not here):
        if here:
            known = {one.name: one for one in here}
            one = st.selectbox("Neurons of", list(known), key="within-one")
            layers = st.multiselect("in", list(setting.layers), format_func=words.layer, key="within-layers")
            name = st.text_input("Name", placeholder=f"{one} in some layers", key="within-name").strip()
            if st.button("Save", key="within-save", type="primary", disabled=not layers):
                title = name or selecting.proposed(f"{one} in some layers", saved)
                guarded(lambda: algebra.within(known[one], layers, setting.layers, title))
    with st.popover("A whole layer", width="stretch"):
        layer = st.selectbox("Layer", list(setting.layers), format_func=words.layer, key="layer-one")
        if st.button("Save", key="layer-save", type="primary"):
            first = next(iter(reads.ready()), None)
            if first is not None:
                found = of_layer(reads.dna(first), layer)
                guarded(lambda: algebra.renamed(found, selecting.proposed(words.layer(layer), saved)))
    with st.popover("By hand", width="stretch"):
        first = next(iter(setting.layers))
        codes = st.text_area("Neurons", placeholder=f"{first}:0, {first}:7", key="hand-codes", help="layer:index each")
        name = st.text_input("Name", placeholder="by hand", key="hand-name").strip()
        if st.button("Save", key="hand-save", type="primary", disabled=not codes.strip()):
            title = name or selecting.proposed("by hand", saved)
            guarded(lambda: selecting.hand(codes, setting.layers, setting.extractor, title))
    with st.popover("From a file", width="stretch"):
        given = st.file_uploader("A selection that was exported", type=["json"], key="selection-file")
        if given is not None and st.button("Take it in", key="selection-import", type="primary"):
            info = reads.extractors().get(reads.extractor())
            title = info.title if info is not None else reads.extractor()
            guarded(lambda: selecting.imported(given.getvalue(), setting, names, title))
    layout.caption("Most selections come from the Sensitivity page: the neurons that see a difference.")
    navigation.link("sensitivity", "Find neurons")

with result:
    if said := st.session_state.pop("_said", None):
        st.toast(words.as_markdown(said))
    gone = st.session_state.get("_deleted_selection")
    if gone is not None and gone.name not in names:
        with st.container(horizontal=True, vertical_alignment="center", key="undo-line"):
            st.html(f'<span class="vds-quiet">Deleted {words.count(len(gone), "neuron")}.</span>')
            if st.button(f"Undo: bring back {words.as_markdown(gone.name)}", key="undo-delete", type="tertiary"):
                del st.session_state["_deleted_selection"]
                keep(gone)
    if not here:
        st.info(
            "No selection is kept for this extractor yet. The Sensitivity page finds the neurons that see a difference."
        )
        navigation.link("sensitivity", "Find neurons")
        st.stop()
    known = {one.name: one for one in here}
    wanted = address.code("selection")
    chosen = known.get(wanted or "", here[0])
    layout.found(f"{chosen.name}: {words.count(len(chosen), 'neuron')}, {selecting.origin(chosen.origin)}")
    table = pd.DataFrame(
        {
            "Name": [one.name for one in here],
            "Neurons": [len(one) for one in here],
            "Weights": [selecting.weights(one) for one in here],
            "Where it came from": [selecting.origin(one.origin) for one in here],
        }
    )
    picked = st.dataframe(
        table,
        hide_index=True,
        key="selections-table",
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(table), 320),
    )
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(here) and here[rows[0]].name != chosen.name and rows != st.session_state.get("_row"):
        st.session_state["_row"] = rows
        address.keep("selection", here[rows[0]].name)
        st.rerun()
    others = len(saved) - len(here)
    layout.caption(
        "Click a row to look at it. "
        + (f"{words.count(others, 'more selection')} belong to other extractors." if others else "")
    )
    st.divider()
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        chart.show(
            effects.counts(selecting.by_layer(chosen, setting.layers), dark=theme.is_dark()),
            key="selection-layers",
            alt=f"Neurons of {chosen.name} in each layer",
            tools=False,
        )
        layout.caption(f"How many of the neurons of {chosen.name} lie in each layer, from early to late.")
        for page, label in (
            ("distances", "Distances by these neurons alone"),
            ("gallery", "Rank images by these neurons"),
            ("compare", "Compare two datasets by them"),
        ):
            navigation.link(page, label, neurons=f"saved:{chosen.name}")
    with right:
        new = st.text_input("Name", value=chosen.name, key=f"rename-{chosen.name}").strip()
        if st.button(
            "Rename", key="selection-rename", disabled=not new or new == chosen.name or new in names, width="stretch"
        ):
            workspace.save_selection(algebra.renamed(chosen, new))
            workspace.remove_selection(chosen.name)
            address.keep("selection", new)
            st.rerun()
        st.download_button(
            "Export",
            selecting.exported(chosen),
            file_name="".join(mark if mark.isalnum() or mark in " -_" else "_" for mark in chosen.name) + ".json",
            mime="application/json",
            key="selection-export",
            width="stretch",
            on_click="ignore",
        )
        if st.button("Delete", key="selection-delete", width="stretch"):
            workspace.remove_selection(chosen.name)
            st.session_state["_deleted_selection"] = chosen
            st.rerun()
        layout.caption("An exported file names the neurons and the network they belong to; another network refuses it.")
        effects = chosen.origin.get("side_effects")
    if isinstance(effects, dict) and effects:
        chart.show(
            effects.changes(
                {str(chosen.origin.get("forget")): float(chosen.origin.get("delta", 0)), **effects},
                str(chosen.origin.get("forget")),
                dark=theme.is_dark(),
            ),
            key="selection-effects",
            alt="What the learned weights do to every attribute",
            tools=False,
        )
        layout.caption(
            "How much of the difference each attribute makes is gone under these weights, on images that they were not "
            "learned from: 100 % is forgotten, 0 % is kept as it was."
        )
