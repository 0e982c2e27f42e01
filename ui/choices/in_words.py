"""What tells two datasets apart in words, as one sentence; or one click to keep words where they are not kept yet."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dnacore.extractors.labels import CAUTION
from dnacore.workspace import jobs
from ui.app import layout, reads, seen, words
from ui.app.reads import Ready


def draw(a: Ready, b: Ready) -> None:
    """Draw the sentence; nothing for a network that has no words."""
    found = seen.contrast(a, b)
    if found is None:
        offer([a, b])
        return
    layout.caption(f"In words: {found.sentence()}")
    if found.more or found.less:
        layout.note(
            f"An image counts where the word is among the network's five best guesses. {found.tried:,} words were tried; "
            f"between two sets that do not differ, chance would name one in {words.percent(found.rate)} of cases. {CAUTION}"
        )


def offer(chosen: Sequence[Ready]) -> None:
    """Draw one click that keeps words of datasets that were extracted before words were kept."""
    names = seen.lacking(chosen)
    if not names:
        return
    layout.note(f"No words are kept of {words.listing(names)}: extracted before the network was asked for them.")
    if st.button("Ask the network what they show", key="keep-words", help="Goes through the images once more."):
        command = ["extract", *names, "--words", "--extractor", reads.extractor()]
        jobs.start(reads.workspace(), command, title=f"Words of {words.listing(names)}", datasets=names)
        st.rerun()
