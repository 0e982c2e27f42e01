"""What the sidebar proposes in a workspace from before: the network that comes with the program now, in one click."""

from __future__ import annotations

import streamlit as st

from dnacore.extractors.registry import DEFAULT_EXTRACTOR, entry
from ui.app import reads
from ui.jobs import tray, weights_file

FORMER = "mini"  # the default before there was a network that has learned from photographs


def draw() -> None:
    """Draw the proposal where the former network is in use and no dataset has a DNA by the new one."""
    if reads.extractor() != FORMER or DEFAULT_EXTRACTOR in reads.workspace().store.labels():
        return
    new, names = entry(DEFAULT_EXTRACTOR), [one.name for one in reads.ready(FORMER)]
    if not names or new.status != "ready" or any(DEFAULT_EXTRACTOR in job.command for job in tray.running()):
        return
    st.caption(
        "A network that learned from photographs comes with the program now and sees far more in them than this one."
    )
    st.button(
        f"Use {new.title.partition(',')[0]}", key="use-new-network", on_click=_take_up, args=(names,),
        help="Extracts all your datasets with it, too. What there is stays, and either can be chosen above.",
    )  # fmt: skip


def _take_up(names: list[str]) -> None:
    tray.extract(names, DEFAULT_EXTRACTOR)
    st.session_state[weights_file.USE] = DEFAULT_EXTRACTOR
