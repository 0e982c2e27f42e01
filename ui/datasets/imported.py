"""DNAs that came as files, without their images: which there are, and which dataset each is most like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.dna.file import about
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
    header = about(Path(path))
    by = str(dict(header["extractor"]).get("name", "another extractor"))
    start = f"{words.count(header['images'], 'image')}, seen by {by}"
    if header["kind"] == "gaussian":
        return f"{start}. It holds means and spreads only, so NFD is the one distance it can be compared by."
    # Its counts are read only where they can be compared: they are then as many as those of a dataset here.
    ranges = (header["extractor_fingerprint"], header["calibration"]["fingerprint"], header["bins"])
    dnas = {one.name: reads.dna(one) for one in _ready}
    alike = {n: d for n, d in dnas.items() if (d.network, d.calibration.fingerprint, d.bins) == ranges}
    if not alike:
        return f"{start}. No dataset here has a DNA of this extractor over the same activation ranges."
    found = dc.load_dna(Path(path))
    assert isinstance(found, dc.DNA)
    apart = {name: dc.emd_avg(found, dna) for name, dna in alike.items()}
    near = min(apart, key=lambda name: (apart[name], name))
    if not np.isfinite(apart[near]):
        return f"{start}."
    return f"{start}. Most like {near}: {words.difference(apart[near], found.bins)}."


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
