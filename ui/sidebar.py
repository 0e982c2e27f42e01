"""The sidebar below the page list: which network looks at the images, what is running, how much is stored."""

from __future__ import annotations

import streamlit as st

from dnacore.extractors import registry
from ui.app import address, errors, reads, words
from ui.jobs import tray, weights_file, window
from ui.start import proposal

STATUS = {
    "ready": "ready",
    "needs download": "weights are downloaded when first used",
    "needs file": "needs a weights file",
    "needs package": "its package is not installed",
}


def draw() -> None:
    """Draw the extractor's select, the running jobs and the workspace's size."""
    with st.sidebar:
        _extractor()
        st.html('<div style="height:.25rem"></div>')
        running = tray.running()
        st.fragment(_jobs, run_every=1.0 if running else None)()
        window.open_button()
        st.html(_row("Workspace", words.size(reads.workspace_size())))


def _extractor() -> None:
    if weights_file.USE in st.session_state:
        st.session_state["extractor"] = st.session_state.pop(weights_file.USE)
    known = reads.extractors()
    names, first = list(known), reads.first_extractor()
    untouched = st.session_state.get("extractor") == st.session_state.get("_first_extractor")
    if untouched and "extractor" not in st.query_params and first in names:
        st.session_state["extractor"] = first  # nothing was chosen: the network that has just got its first DNAs
    st.session_state["_first_extractor"] = first
    address.select(
        "Extractor",
        names,
        index=names.index(first) if first in names else 0,
        format_func=lambda name: info.title if (info := known[name]) else name,
        key="extractor",
        plain=first == registry.DEFAULT_EXTRACTOR,  # a link says which, unless it is the same in every workspace
        help="The frozen network whose neurons describe the images. DNAs compare only within one extractor.",
    )
    info = known.get(reads.extractor())
    if info is not None:
        st.html(_row(words.opening(STATUS.get(info.status, info.status)), f"{info.neurons:,} neurons"))
    if (why := reads.absence()) is not None:
        st.caption(words.as_markdown(why))
    proposal.draw()
    weights_file.open_button()


def _jobs() -> None:
    with errors.guarded():
        tray.draw()


def _row(left: str, right: str) -> str:
    return f'<div class="vds-row"><span class="vds-quiet">{left}</span><span>{right}</span></div>'
