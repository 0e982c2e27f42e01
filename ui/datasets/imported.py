"""DNAs that came as files, without their images: which there are, whose they are, and what each is most like."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.dna.file import about
from dnacore.errors import DnaError
from dnacore.workspace.saved import cards
from dnacore.workspace.saved import imported as came
from dnacore.workspace.saved.cards import Card
from ui.app import reads, words
from ui.choices import without_images
from ui.datasets import shared

FEW = (
    6  # DNAs of which it is said at once what they are most like: each takes reading, and comparing with every dataset
)


def names() -> list[str]:
    """Return the names of the imported DNAs."""
    return came.names(reads.workspace())


def draw() -> None:
    """Draw the imported DNAs, those of each shared gallery together, and which of them is nearest to a dataset."""
    found = names()
    if not found:
        return
    st.html(f'<p class="vds-found">{words.count(len(found), "imported DNA")}</p>')
    shared.draw_nearest()
    known = cards.kept(reads.workspace())
    for name in found:
        if name not in known:
            _row(name, None, found, known)
    for source in dict.fromkeys(card.gallery for card in known.values()):
        shared.draw_source(source)
        for name in found:
            if name in known and known[name].gallery == source:
                _row(name, known[name], found, known)


def _row(name: str, card: Card | None, found: list[str], known: Mapping[str, Card]) -> None:
    path = reads.workspace().imported(name)
    if path is None:
        return
    with st.container(key=f"imported-{found.index(name)}"):
        left, right = st.columns([2.2, 1], vertical_alignment="center")
        with left:
            st.markdown(f"**{words.as_markdown(name)}**")
            st.caption(words.as_markdown(_about(name, path, len(found) <= FEW)))
            if card is not None:
                shared.draw_card(name, card)
        right.button("Remove", key=f"import-remove-{name}", width="stretch", on_click=_remove, args=(name,))


def _about(name: str, path: Path, compare: bool) -> str:
    try:
        said = _said(str(path), path.stat().st_mtime_ns)
        return f"{said} {_most_like(name)}".strip() if compare else said
    except (DnaError, OSError) as problem:
        return str(problem)


@st.cache_data(max_entries=2_000, show_spinner=False)
def _said(path: str, stamp: int) -> str:
    header = about(Path(path))
    by = str(dict(header["extractor"]).get("name", "another extractor"))
    start = f"{words.count(header['images'], 'image')}, seen by {by}."
    if header["kind"] == "gaussian":
        return f"{start} It holds means and spreads only, so NFD is the one distance it can be compared by."
    return start


def _most_like(name: str) -> str:
    """Say which dataset a DNA is most like. Its counts are read only if they can be compared."""
    ready = reads.ready()
    one = next((one for one in without_images.comparable() if one.dataset.imported and one.name == name), None)
    if one is None or not ready:
        return "No dataset here has a DNA of this extractor over the same activation ranges."
    apart = {other.name: _apart(one.key, other.key, one, other) for other in ready}
    near = min(apart, key=lambda other: (apart[other], other))
    return (
        f"Most like {near}: {words.difference(apart[near], reads.dna(one).bins)}." if np.isfinite(apart[near]) else ""
    )


@st.cache_data(max_entries=2_000, show_spinner=False)
def _apart(key: str, other: str, _one: reads.Ready, _other: reads.Ready) -> float:
    return float(dc.emd_avg(reads.dna(_one), reads.dna(_other)))


def _remove(name: str) -> None:
    cards.remove(reads.workspace(), name)
