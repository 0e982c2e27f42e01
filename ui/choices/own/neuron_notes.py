"""What people call neurons: read once for the whole server, written on the Neurons page, shown wherever one is named."""

from __future__ import annotations

import streamlit as st

import dnacore as dc
from dnacore.workspace.saved import neuron_notes
from dnacore.workspace.saved.neuron_notes import Note
from ui.app import layout, reads, words
from ui.components import popovers

_known: dict[tuple[str, str], dict[str, Note]] = {}
POPOVER = "neuron-note"


def of(extractor: str, code: str) -> Note:
    """Return the note of a neuron, written `layer:index`, of the network with that fingerprint."""
    return _all(extractor).get(code, Note())


def names_of(dna: dc.DNA) -> dict[tuple[str, int], str]:
    """Return {(layer, index): its name} of a network's neurons that somebody named."""
    found = {}
    for code, note in _all(dna.calibration.extractor).items():
        layer, _, index = code.rpartition(":")
        if note.name and index.isdecimal():
            found[layer, int(index)] = note.name
    return found


def _all(extractor: str) -> dict[str, Note]:
    place = (str(reads.workspace().root), extractor)
    found = _known.get(place)  # another visit may empty it at any moment
    if found is None:
        found = _known[place] = neuron_notes.of(reads.workspace().catalogue, extractor)
    return found


def draw(dna: dc.DNA, flat: int) -> None:
    """Draw the comment on a neuron, and the way to name it and comment on it."""
    layer, index = dna.neuron(flat)
    code, extractor = f"{layer}:{index}", dna.calibration.extractor
    now = of(extractor, code)
    if now.comment:
        layout.caption(now.comment)
    label = "Change its name and comment" if now.name or now.comment else "Name it, or comment on it"
    with popovers.popover(label, f"{POPOVER}-{code}"), st.form(f"note-{code}", border=False):
        name = st.text_input("Name", value=now.name, key=f"note-name-{code}", placeholder="what it sees, to you")
        comment = st.text_area("Comment", value=now.comment, key=f"note-text-{code}", height=90)
        if st.form_submit_button("Keep", type="primary", key=f"note-keep-{code}"):
            try:
                neuron_notes.put(reads.workspace().catalogue, extractor, code, Note(name, comment))
            except dc.DnaError as problem:
                st.error(words.as_markdown(str(problem)))
                return
            _known.clear()
            popovers.close(f"{POPOVER}-{code}")
            st.rerun()
