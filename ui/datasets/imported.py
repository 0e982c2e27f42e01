"""DNAs that came as files, without their images: which there are, and which dataset each is most like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.errors import DnaError
from dnacore.workspace.saved import imported as came
from ui.app import reads, words


def names() -> list[str]:
    """Return the names of the imported DNAs."""
    return came.names(reads.workspace())


def draw() -> None:
    """Draw the imported DNAs, each with what it is most like."""
    found = names()
    if not found:
        return
    st.html(f'<p class="vds-found">{words.count(len(found), "imported DNA")}</p>')
    for name in found:
        path = reads.workspace().imported(name)
        if path is None:
            continue
        with st.container(key=f"imported-{found.index(name)}"):
            left, right = st.columns([2.2, 1], vertical_alignment="center")
            with left:
                st.markdown(f"**{words.as_markdown(name)}**")
                st.caption(words.as_markdown(_about(path)))
            right.button("Remove", key=f"import-remove-{name}", width="stretch", on_click=_remove, args=(path,))


def _about(path: Path) -> str:
    ready = reads.ready()
    try:
        return _said(str(path), path.stat().st_mtime_ns, tuple(one.key for one in ready), tuple(ready))
    except (DnaError, OSError) as problem:
        return str(problem)


@st.cache_data(max_entries=60, show_spinner=False)
def _said(path: str, stamp: int, keys: tuple[str, ...], _ready: tuple[reads.Ready, ...]) -> str:
    found = dc.load_dna(Path(path))
    by = str(found.extractor.get("name", "another extractor"))
    start = f"{words.count(found.images, 'image')}, seen by {by}"
    if not isinstance(found, dc.DNA):
        return f"{start}. It holds means and spreads only, so NFD is the one distance it can be compared by."
    apart = {}
    for one in _ready:
        try:
            apart[one.name] = dc.emd_avg(found, reads.dna(one))
        except dc.Mismatch:
            continue
    if not apart:
        return f"{start}. No dataset here has a DNA of this extractor over the same activation ranges."
    near = min(apart, key=lambda name: (apart[name], name))
    if not np.isfinite(apart[near]):
        return f"{start}."
    return f"{start}. Most like {near}: {words.difference(apart[near], found.bins)}."


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
