"""The images that tell two datasets apart: a row of each, the most telling first."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

import dnacore as dc
from ui.app import address, comparisons, layout, navigation, reads, words
from ui.app.reads import Ready
from ui.choices import choices, closeup, parts, without_images
from ui.choices.reference import TOP
from ui.components import wall
from ui.components.wall import Band, pictures

NEURONS = 20  # that differ most: with few the order is sharp, with all it is blurred
IMAGES = 24  # images offered for a row; as many are drawn as fit the width
SIZE = 150  # pixels
ALL = "all"


def draw(a: Ready, b: Ready, within: dc.Selection | None) -> None:
    """Draw a row of images of each of two datasets. within: the neurons that count, None for all."""
    rows, said = st.container(), "all neurons" if within is None else "all that count"
    by = address.segments(
        "Most telling by", {TOP: f"the {NEURONS} neurons that differ most", ALL: said}, key="apart",
        label_visibility="collapsed",
    )  # fmt: skip
    selection = within if by == ALL else telling(a, b, within)
    neurons = {"neurons": TOP, "top": str(NEURONS)} if by == TOP and within is None else {}
    with rows:
        for mine, its in ((a, b), (b, a)):
            _row(mine, its, selection, neurons)
    layout.caption(
        "Each row begins with the images most like their own dataset and least like the other. Below each: how many of "
        f"{reads.dna(a).bins - 1:,} bins it is nearer to its own dataset than to the other, or farther.",
        hand="Click one to see it large.",
    )


def telling(a: Ready, b: Ready, within: dc.Selection | None) -> dc.Selection:
    """Return the neurons that differ most between two datasets, among those that count."""
    dna = reads.dna(a)
    flats = choices.most_different(comparisons.sensitivity(a, b), NEURONS, within)
    return dc.Selection.of(flats, extractor=dna.calibration.extractor)


def _row(mine: Ready, its: Ready, selection: dc.Selection | None, neurons: Mapping[str, str]) -> None:
    if mine.dataset.imported:
        st.html(layout.dataset_name(mine.dataset))
        without_images.draw([mine])
        return
    ranked = reads.ranking(mine, mine, its, selection).head(IMAGES)
    asked = {"dataset": parts.whole(mine).name, "like": mine.name, **neurons}
    if not its.dataset.imported:
        asked["unlike"] = its.name
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.html(layout.dataset_name(mine.dataset, f"images unlike {its.said}"), width="stretch")
        navigation.link("gallery", "All in this order", **asked)
    seen = wall.wall(
        [
            Band(
                pictures.ranked(mine.dataset, reads.files(mine.dataset), ranked, show_rank=False, say=_nearer),
                rows=1,
            )
        ],
        key=f"apart-{mine.dataset.id}-{its.dataset.id}-{mine.dataset.part or ''}".replace("[", "-").replace("]", ""),
        title=f"Images of {mine.said} least like {its.said}",
        size=SIZE,
        controls=False,
        aspect=reads.aspect(mine.dataset),
    )
    if seen.opened is not None:
        closeup.show(mine, seen.opened, why=asked)


def _nearer(apart: float) -> str:
    """Say how far an image is from its own dataset beside the other. apart: the one distance minus the other, bins."""
    return f"{words.significant(abs(apart))} bins {'farther' if apart > 0 else 'nearer'}"
