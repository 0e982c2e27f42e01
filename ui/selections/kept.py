"""The saved selections: a table of them, and what can be done with the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.extractors.labels import CAUTION
from dnacore.neurons import algebra
from dnacore.workspace.datasets import parse_part
from dnacore.workspace.store.settings import Setting
from ui.app import address, capture, layout, navigation, reads, seen, theme, words
from ui.choices import parts, picking
from ui.components import chart
from ui.figures import effects
from ui.selections import making, selecting

DELETED = "_deleted_selection"


def draw(setting: Setting) -> None:
    """Draw the selections that fit the network in use, and the chosen one."""
    if said := st.session_state.pop(making.SAID, None):
        st.toast(words.as_markdown(said))
    saved, fitting = reads.workspace().selections(), making.here(setting)
    _undo(saved)
    if not fitting:
        st.info(
            "No selection is kept for this extractor yet. The Sensitivity page finds the neurons that see a difference."
        )
        navigation.link("sensitivity", "Find neurons")
        return
    known = {one.name: one for one in fitting}
    chosen = known.get(address.code("selection") or "", fitting[0])
    if said := asked(question(chosen.origin)):
        layout.question(said)
    layout.found(f"{chosen.name}: {words.count(len(chosen), 'neuron')}, {selecting.origin(chosen.origin)}")
    if told := seen.of_selection(chosen):
        layout.caption(told)
        layout.note(CAUTION)
    _table(fitting, chosen, len(saved) - len(fitting))
    st.divider()
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        _layers(chosen, setting)
        _uses(chosen)
    with right:
        _changes(chosen, {one.name for one in saved})
    _forgotten(chosen)


def _undo(saved: Sequence[dc.Selection]) -> None:
    gone = st.session_state.get(DELETED)
    if gone is None or gone.name in {one.name for one in saved}:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo-line"):
        st.html(f'<span class="vds-quiet">Deleted {words.count(len(gone), "neuron")}.</span>')
        if st.button(f"Undo: bring back {words.as_markdown(gone.name)}", key="undo-delete", type="tertiary"):
            del st.session_state[DELETED]
            making.keep(gone)


def _table(fitting: Sequence[dc.Selection], chosen: dc.Selection, others: int) -> None:
    frame = pd.DataFrame(
        {
            "Name": [one.name for one in fitting],
            "Neurons": [len(one) for one in fitting],
            "Weights": [selecting.weights(one) for one in fitting],
            "Where it came from": [selecting.origin(one.origin) for one in fitting],
        }
    )
    capture.table(frame, "Saved selections")
    picked = st.dataframe(
        frame,
        hide_index=True,
        key="selections-table",
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(frame), 320),
    )
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(fitting) and rows != st.session_state.get("_row"):
        st.session_state["_row"] = rows
        if fitting[rows[0]].name != chosen.name:
            address.keep("selection", fitting[rows[0]].name)
            st.rerun()
    more = f"{words.count(others, 'more selection')} belong to other extractors." if others else ""
    layout.caption(more, hand="Click a row to look at it.")


def _layers(chosen: dc.Selection, setting: Setting) -> None:
    chart.show(
        effects.counts(selecting.by_layer(chosen, setting.layers), dark=theme.is_dark()),
        key="selection-layers",
        alt=f"Neurons of {chosen.name} in each layer",
        tools=False,
    )
    layout.caption(f"How many of the neurons of {chosen.name} lie in each layer, from early to late.")


def _uses(chosen: dc.Selection) -> None:
    code = f"saved:{chosen.name}"
    navigation.link("distances", "Distances by these neurons alone", neurons=code)
    two = question(chosen.origin)
    navigation.link("gallery", "Rank images by these neurons", neurons=code, **two)
    navigation.link("lens", "Poster of these neurons", analysis="poster", about="selection", selection=chosen.name)
    if not two.get("like", "").startswith(picking.REFERENCE):
        navigation.link("compare", "Compare two datasets by them", neurons=code, a=two.get("like"), b=two.get("unlike"))


def question(origin: Mapping[str, Any]) -> dict[str, str]:
    """Return the ranking that asks what a selection was made of: its with and without, where both are still here."""
    if isinstance(origin.get("of"), Mapping):  # made from another one: with other weights, or in some layers
        return question(origin["of"].get("origin") or {})
    ready = reads.ready()
    like, unlike = (str(origin.get(side, "")) for side in ("with", "without"))
    if len(parts.resolve(ready, [like, unlike])) == 2:
        return {"dataset": parse_part(like)[0], "like": like, "unlike": unlike}
    picked = {key: str(origin.get(key, "")) for key in ("dataset", "like", "unlike")}
    here = picked["dataset"] in {one.name for one in ready}
    return picked if here and _there(picked["like"]) and _there(picked["unlike"]) else {}


def _there(code: str) -> bool:
    """Whether the hand-picked images of this code still exist."""
    try:
        return code.startswith(picking.REFERENCE) and bool(picking.meant(code).images)
    except dc.UnknownName:
        return False


def asked(two: Mapping[str, str]) -> str:
    """Return a ranking's question in words: `faces with hat against faces without hat`; "" where it has none."""
    if not two:
        return ""
    if two["like"].startswith(picking.REFERENCE):
        return f"Images of {words.dataset(two['dataset'])} picked by hand, with against without"
    return words.against(two["like"], two["unlike"])


def _changes(chosen: dc.Selection, taken: set[str]) -> None:
    workspace = reads.workspace()
    with st.form(f"rename-form-{chosen.name}", border=False):
        new = st.text_input("Name", value=chosen.name, key=f"rename-{chosen.name}").strip()
        if st.form_submit_button("Rename", key="selection-rename", width="stretch") and new and new != chosen.name:
            if new in taken:
                st.error(words.as_markdown(f"Another selection is called {new}. Choose another name."))
                return
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
        st.session_state[DELETED] = chosen
        st.rerun()
    layout.note("An exported file names the neurons and the network they belong to; another network refuses it.")


def _forgotten(chosen: dc.Selection) -> None:
    """Draw what a learned selection does to every attribute."""
    side, forgotten = chosen.origin.get("side_effects"), str(chosen.origin.get("forget"))
    if not isinstance(side, dict) or not side:
        return
    gone = {forgotten: float(chosen.origin.get("delta", 0))} | {str(k): float(v) for k, v in side.items()}
    chart.show(
        effects.changes(gone, forgotten, dark=theme.is_dark()),
        key="selection-effects",
        alt="What the learned weights do to every attribute",
        tools=False,
    )
    layout.caption(
        "How much of the difference each attribute makes is gone under these weights, on images that they were not "
        "learned from: 100 % is forgotten, 0 % is kept as it was."
    )
