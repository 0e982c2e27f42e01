"""Making a selection: from others, from a layer, by hand, or from a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

import dnacore as dc
from dnacore.neurons import algebra
from dnacore.neurons.selection import of_layer
from dnacore.workspace.store.settings import Setting
from ui.app import address, layout, navigation, popovers, reads, words
from ui.selections import selecting

SAID = "_said"


def here(setting: Setting) -> list[dc.Selection]:
    """Return the saved selections that fit the network in use."""
    return [one for one in reads.workspace().selections() if not one.extractor or one.extractor == setting.extractor]


def draw(setting: Setting) -> None:
    """Draw the ways to a new selection."""
    st.subheader("Make a new one", anchor=False)
    fitting, saved = here(setting), reads.workspace().selections()
    _from_two(fitting, saved)
    _in_layers(fitting, saved, setting)
    _layer(saved, setting)
    _by_hand(saved, setting)
    _from_file(saved, setting)
    layout.caption("Most selections come from the Sensitivity page: the neurons that see a difference.")
    navigation.link("sensitivity", "Find neurons")


def keep(made: dc.Selection) -> None:
    """Save a selection, look at it, and run the page again."""
    reads.workspace().save_selection(made)
    address.keep("selection", made.name)
    st.session_state[SAID] = f"Saved {made.name}: choose it under Neurons on every page."
    st.rerun()


def _try(make: Callable[[], dc.Selection], popover: str) -> None:
    try:
        made = make()
    except dc.DnaError as error:
        st.error(words.as_markdown(str(error)))
        return
    popovers.close(popover)
    keep(made)


def _from_two(fitting: Sequence[dc.Selection], saved: Sequence[dc.Selection]) -> None:
    key = "make-two"
    with popovers.popover("From two others", key, width="stretch", disabled=len(fitting) < 2):
        if len(fitting) < 2:
            return
        known = {one.name: one for one in fitting}
        one = st.selectbox("First", list(known), key="combine-one")
        other = st.selectbox("Second", list(known), index=1, key="combine-two")
        ways = list(selecting.COMBINED)
        how = st.selectbox("Neurons in", ways, format_func=lambda kind: selecting.COMBINED[kind][0], key="combine-how")
        with st.form("combine", border=False):
            name = st.text_input("Name", placeholder=f"{one} {how} {other}", key="combine-name").strip()
            if st.form_submit_button("Save", key="combine-save", type="primary"):
                title = name or selecting.proposed(f"{one} {how} {other}", saved)
                _try(lambda: selecting.COMBINED[how][1](known[one], known[other], title), key)


def _in_layers(fitting: Sequence[dc.Selection], saved: Sequence[dc.Selection], setting: Setting) -> None:
    key = "make-within"
    with popovers.popover("From one, in some layers", key, width="stretch", disabled=not fitting):
        if not fitting:
            return
        known = {one.name: one for one in fitting}
        one = st.selectbox("Neurons of", list(known), key="within-one")
        layers = st.multiselect("in", list(setting.layers), format_func=words.layer, key="within-layers")
        with st.form("within", border=False):
            name = st.text_input("Name", placeholder=f"{one} in some layers", key="within-name").strip()
            if st.form_submit_button("Save", key="within-save", type="primary", disabled=not layers):
                title = name or selecting.proposed(f"{one} in some layers", saved)
                _try(lambda: algebra.within(known[one], layers, setting.layers, title), key)


def _layer(saved: Sequence[dc.Selection], setting: Setting) -> None:
    key = "make-layer"
    with popovers.popover("A whole layer", key, width="stretch"):
        layer = st.selectbox("Layer", list(setting.layers), format_func=words.layer, key="layer-one")
        if st.button("Save", key="layer-save", type="primary"):
            first = next(iter(reads.ready()), None)
            if first is None:
                st.error("No dataset has a DNA by this extractor any more. Extract one on the Datasets page.")
                return
            found = of_layer(reads.dna(first), layer)
            _try(lambda: algebra.renamed(found, selecting.proposed(words.layer(layer), saved)), key)


def _by_hand(saved: Sequence[dc.Selection], setting: Setting) -> None:
    key = "make-hand"
    with popovers.popover("By hand", key, width="stretch"), st.form("by-hand", border=False):
        first = next(iter(setting.layers))
        codes = st.text_area("Neurons", placeholder=f"{first}:0, {first}:7", key="hand-codes", help="layer:index each")
        name = st.text_input("Name", placeholder="by hand", key="hand-name").strip()
        if st.form_submit_button("Save", key="hand-save", type="primary"):
            title = name or selecting.proposed("by hand", saved)
            _try(lambda: selecting.hand(codes, setting.layers, setting.extractor, title), key)


def _from_file(saved: Sequence[dc.Selection], setting: Setting) -> None:
    key = "make-file"
    with popovers.popover("From a file", key, width="stretch"):
        given = st.file_uploader("A selection that was exported", type=["json"], key="selection-file")
        if given is not None and st.button("Take it in", key="selection-import", type="primary"):
            info = reads.extractors().get(reads.extractor())
            title = info.title if info is not None else reads.extractor()
            taken = {one.name for one in saved}
            _try(lambda: selecting.imported(given.getvalue(), setting, taken, title), key)
