"""What the network's own classifier head calls an image, shown on request: it is no part of the DNA."""

from __future__ import annotations

import streamlit as st

import dnacore as dc
from dnacore.extractors.labels import Label, may_have_head, name_images
from dnacore.sources.resolver import Sources
from ui.app import layout, reads, words
from ui.app.reads import Image
from ui.image import why


def draw(image: Image, dna: dc.DNA) -> None:
    """Draw the button, and the names once it was pressed; nothing for a network that cannot have a head."""
    if not may_have_head(dna.extractor):
        return
    asked = st.toggle(
        "Name what it shows",
        key="image-labels",
        help="The network was trained to tell classes apart. Distances do not use these names.",
    )
    if not asked:
        return
    try:
        with st.spinner("The network looks at the image…"):
            found = _named(dna.extractor["fingerprint"], image.dataset.dataset.id, why.row_of(image).hash, image, dna)
    except dc.DnaError as error:
        layout.caption(str(error))
        return
    layout.facts([(label.name, words.percent(label.probability)) for label in found])


@st.cache_data(max_entries=500, show_spinner=False)
def _named(fingerprint: str, dataset: int, content: str, _image: Image, _dna: dc.DNA) -> list[Label]:
    extractor = Sources(reads.workspace(), like=[_dna]).extractor
    return name_images(extractor, [_image.dataset.dataset.folder / why.row_of(_image).path])[0]
