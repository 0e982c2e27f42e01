"""The demo data on the Start page: prepared in the background at first start, shown as cards and as a first heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dnacore.workspace.jobs import Job
from dnacore.workspace.upkeep import demo_job
from ui.app import chance, comparisons, layout, navigation, reads, theme, words
from ui.app.reads import Ready
from ui.choices import measures
from ui.choices.measures import Measure
from ui.components import chart, wall
from ui.components.wall import pictures
from ui.distances import pairs
from ui.figures import findings
from ui.figures import heatmap as heatmaps
from ui.jobs import tray, weights_file

CELL = 40  # pixels, of a heatmap's cell
RANDOM = "random_resnet18"  # needs no weights


@dataclass(frozen=True)
class Card:
    """One demonstration: what it shows, and the datasets it is made of; `page` is where to go with them.

    first: the image that stands for it, by its place in each dataset.
    """

    title: str
    sentence: str
    names: tuple[str, ...]
    page: str
    action: str
    first: int = 0


CARDS = (
    Card(
        "Styles of one scene",
        "The same landscapes as photograph, cartoon, sketch and painting.",
        ("styles_photo", "styles_cartoon", "styles_sketch", "styles_painting"),
        "distances",
        "Which style is the odd one out?",
        first=2,
    ),
    Card(
        "Streets",
        "The same street scenes as they are, brighter, darker and with more contrast.",
        ("streets_base", "streets_brighter", "streets_darker", "streets_contrast"),
        "distances",
        "Which change is the largest?",
        first=5,
    ),
    Card("Faces", "Cartoon faces with glasses, hats, beards and smiles.", ("faces",), "gallery", "Find look-alikes"),
)


def names() -> list[str]:
    """Return the names of the demo datasets in the order in which they are drawn."""
    return demo_job.names()


def job() -> Job | None:
    """Return the job that prepares the demo data, newest first, if there ever was one."""
    return demo_job.latest(reads.workspace())


def begin_when_empty() -> None:
    """Start to prepare the demo data where a workspace has never held anything, unless the server has done so."""
    if demo_job.begin_where_new(reads.workspace(), reads.extractor()) is not None:
        st.rerun()  # the sidebar above this page has not seen the job yet


def offer() -> None:
    """Draw the button that prepares the demo data; where the network in use is not at hand, with random weights."""
    absent = reads.absence()
    if absent is not None:
        st.info(words.as_markdown(absent))
    label = "Try it on demo data" if absent is None else "Try it with random weights"
    if st.button(label, type="primary", key="try-demo"):
        if absent is not None:
            st.session_state[weights_file.USE] = RANDOM
        demo_job.begin(reads.workspace(), reads.extractor() if absent is None else RANDOM)
        st.rerun()


def ready_sets() -> list[Ready]:
    """Return the demo's datasets that have a DNA."""
    wanted = set(names())
    return [one for one in reads.ready() if one.name in wanted]


def draw_progress(at_least: int) -> None:
    """Draw how far the preparation is, and run the page again as soon as another dataset is ready."""
    current = job()
    if len(ready_sets()) != at_least or current is None or current.state != "running":
        st.rerun()
    if at_least < 2:
        st.html('<p class="vds-found">Your first heatmap is being made</p>')
        layout.caption("Images are drawn, shown to a small network, and summed up neuron by neuron. This is done once.")
    st.progress(
        min(current.done / current.total, 1.0) if current.total else 0.0, text=words.as_markdown(tray.pace(current))
    )


def awaited() -> None:
    """Draw where the first heatmap will be, before there are two datasets to compare."""
    figure = heatmaps.waiting(names()[:2], cell=CELL, dark=theme.is_dark())
    chart.show(figure, key="start-awaited", alt="The first heatmap is still being made", tools=False)


def heatmap(ready: Sequence[Ready], own: tuple[str, str] | None = None) -> None:
    """Draw the distances of the first eight datasets, and what stands out; a click opens the pair.

    own: what to say of a dataset of one's own, and the numbers behind it, instead of what stands out.
    """
    shown = list(ready)[:8]
    compared = comparisons.comparison(shown, "emd", None)
    with measures.patient("Measuring what chance alone would give…"):
        usual, most = chance.table(shown, "emd", None)
    within = compared.matrix <= most
    found = list(compared.names)

    def remember(cell: list[int]) -> None:
        st.session_state["_open_pair"] = (found[cell[0]], found[cell[1]])

    there, bins = len(reads.ready()), reads.dna(shown[0]).bins
    said, exact = own or ("", findings.extremes(found, compared.matrix, compared.unit, bins))
    of = there if there > len(shown) else None
    layout.found(said or findings.pairwise(found, compared.matrix, compared.unit, within, of=of), exact)
    chart.show(
        heatmaps.heatmap(
            found,
            compared.matrix,
            unit=compared.unit,
            cell=CELL,
            halves=usual.diagonal(),
            within=within,
            dark=theme.is_dark(),
        ),
        key="start-heatmap",
        alt=f"Pairwise distances of {words.listing(found)}",
        on_click=remember,
    )
    layout.caption(
        pairs.caption(Measure("emd", None, None), compared, usual, within, bins)
        + (f" {len(shown)} of {there} datasets are shown." if of else ""),
        hand="Click a cell to see which neurons and images say so.",
    )
    if "_open_pair" in st.session_state:
        a, b = st.session_state.pop("_open_pair")
        navigation.go("compare", a=a, b=b)


def cards() -> None:
    """Draw the demonstrations as cards with pictures."""
    known = {dataset.name: dataset for dataset in reads.workspace().datasets()}
    ready = {one.name for one in reads.ready()}
    for card, column in zip(CARDS, st.columns(len(CARDS), gap="large"), strict=True):
        there = [known[name] for name in card.names if name in known]
        with column:
            st.subheader(card.title, anchor=False)
            if there:
                shown = []
                for dataset in there:
                    shown += pictures.plain(dataset, reads.files(dataset)[card.first :][: 4 // len(there)])
                seen = wall.wall(
                    shown,
                    key=f"card-{card.names[0]}",
                    title=card.title,
                    columns=4,
                    controls=False,
                    aspect=reads.aspect(there[0]),
                )
                if seen.opened is not None:
                    navigation.go("datasets", look=next(d.name for d in there if d.id == seen.opened.dataset))
            layout.caption(card.sentence)
            if set(card.names) <= ready:
                choices = (
                    {"datasets": list(card.names)}
                    if card.page == "distances"
                    else {"dataset": card.names[0], "like": card.names[0]}
                )
                navigation.link(card.page, card.action, **choices)
