"""Galleries of DNAs that a team shares: taking one in, what changed in it since, and which of them is nearest."""

from __future__ import annotations

import base64
import html

import streamlit as st

from dnacore.errors import BadInput, DnaError
from dnacore.images import browse
from dnacore.sources.shared.download import is_address
from dnacore.sources.shared.gallery import news
from dnacore.workspace import jobs
from dnacore.workspace.saved import cards
from dnacore.workspace.saved.cards import Card
from ui.app import comparisons, layout, reads, words
from ui.app.reads import Ready
from ui.choices import without_images
from ui.jobs import tray

NEAREST = 10  # rows


def draw_adding() -> None:
    """Draw the way to add a gallery: a folder on this computer, or an address."""
    with st.form("gallery-form", border=False):
        source = st.text_input(
            "Shared folder or address", key="gallery-source", placeholder="/team/dnas or https://…/gallery.json"
        )
        pressed = st.form_submit_button("Take in", type="primary", key="gallery-add")
    layout.caption(
        "DNAs that a team shares, without images: each is checked and copied. The folder itself is only read."
    )
    if pressed:
        take_in(source)
        st.rerun()


def take_in(source: str) -> None:
    """Take a gallery in as a background job. Raises BadInput for what is neither a folder nor an address."""
    source = source.strip()
    if not source:
        raise BadInput("Paste the path of a shared folder first, or the address of a gallery.")
    if not is_address(source):  # a folder must lie below one that may be shown
        source = str(browse.path_of(browse.find(source)))
    title = f"Taking in the gallery {source.rstrip('/').rsplit('/', 1)[-1]}"
    jobs.start(reads.workspace(), ["gallery", "add", source], title=title)


def draw_source(source: str) -> None:
    """Draw where DNAs came from, what has changed there, and a button to update."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"From **{words.as_markdown(source.rstrip('/').rsplit('/', 1)[-1])}**", help=words.as_markdown(source)
        )
        if st.button("Look again", key=f"gallery-again-{source}", type="tertiary", disabled=bool(tray.running())):
            jobs.start(reads.workspace(), ["gallery", "add", source], title="Looking at a gallery again")
            st.rerun()
    if not is_address(source) and (said := _news(source, tuple(cards.kept(reads.workspace()).values()))):
        layout.note(said)


@st.cache_data(max_entries=50, ttl=60, show_spinner=False)
def _news(source: str, known: tuple[Card, ...]) -> str:
    return news(reads.workspace(), source)


def draw_card(name: str, card: Card) -> None:
    """Draw what a DNA's owner said about it: a sentence, words and thumbnails, as far as there are any."""
    if card.about:
        st.caption(words.as_markdown(card.about))
    if card.words:
        told = ", ".join(f"{word} {words.percent(share)}" for word, share in card.words[:4])
        st.caption(words.as_markdown(f"Seen first in its images: {told}."))
    if card.picture:
        try:
            picture = cards.beside(reads.workspace(), name, cards.PICTURE).read_bytes()
        except OSError:
            return
        shown = f"data:image/jpeg;base64,{base64.b64encode(picture).decode('ascii')}"
        st.html(f'<img src="{shown}" alt="Images of {html.escape(name, quote=True)}" style="max-width:100%">')


def draw_nearest() -> None:
    """Let a person choose a dataset, and say which of the DNAs that came without images are nearest to it."""
    everything = without_images.comparable()
    came = [one for one in everything if one.dataset.imported]
    if len(came) < 2:
        return
    names = [one.name for one in everything]
    chosen = st.selectbox(
        "Nearest to", names, index=None, key="nearest-to", placeholder="a dataset", format_func=words.dataset
    )
    if chosen is None:
        return
    one = everything[names.index(chosen)]
    others = [other for other in came if other.name != chosen]
    with st.spinner("Comparing…"):
        try:
            apart = comparisons.from_one(one, others)
        except DnaError:  # a damaged file must not hide the others
            broken = [other for other in others if not _is_sound(other)]
            if not broken:
                raise
            layout.note(f"Left out, since it cannot be read: {words.listing([other.said for other in broken])}.")
            others = [other for other in others if other not in broken]
            apart = comparisons.from_one(one, others)
    order = sorted(range(len(others)), key=lambda at: (apart[at], others[at].name))[:NEAREST]
    bins = reads.dna(one).bins
    rows = [[str(place + 1), others[at].said, words.difference(apart[at], bins)] for place, at in enumerate(order)]
    escaped = [[html.escape(cell) for cell in row] for row in rows]
    layout.table(["", "DNA", "distance"], escaped, rows, f"Nearest to {one.said}")


def _is_sound(one: Ready) -> bool:
    try:
        reads.dna(one)
    except DnaError:
        return False
    return True
