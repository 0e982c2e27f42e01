"""Datasets so large that a stated sample of their images keeps sketches: what is shown of them says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dnacore.errors import BadInput
from ui.app import layout, reads, words
from ui.app.reads import Ready


def said(shown: Sequence[Ready]) -> str:
    """Return of how many images each dataset keeps sketches, where those are a sample; "" where none is."""
    store = reads.workspace().store
    setting = store.find_setting(reads.extractor())
    told: dict[str, str] = {}
    for one in shown:
        if setting is None or one.dataset.imported or (store.share(replace(one.dataset, part=None), setting) or 1) < 2:
            continue
        try:
            kept = len(reads.sketches_of(one))
        except BadInput:
            continue
        told[one.name] = f"{kept:,} of the {words.count(len(reads.files(one.dataset)), 'image')} of {one.said}"
    if not told:
        return ""
    return (
        f"From a sample: this is read from {words.listing(list(told.values()))}. "
        "Only the DNA of a whole dataset is of all its images."
    )


def note(shown: Sequence[Ready]) -> None:
    """Say below a figure that it comes from a sample; nothing where it does not."""
    if sentence := said(shown):
        layout.caption(sentence)
