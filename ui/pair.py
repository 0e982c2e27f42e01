"""Two datasets side by side: in which layers they differ, through which neurons, and which images show it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.selection import of_layer
from ui import (
    address,
    charts,
    choices,
    figures,
    findings,
    gallery,
    histograms,
    layout,
    navigation,
    pictures,
    state,
    theme,
    words,
)
from ui.state import Ready

SHOWN = 15
IMAGES = 6
EVERY = "every"


def draw(a: Ready, b: Ready, compared: dc.Comparison, selection: dc.Selection | None) -> None:
    """Draw the comparison of two of the compared datasets, down to single images."""
    i, j = compared.names.index(a.name), compared.names.index(b.name)
    one, other = state.dna(a), state.dna(b)
    found = state.sensitivity(a, b)
    layout.found(f"{a.name} and {b.name}: difference {words.distance(compared.matrix[i, j], compared.unit, one.bins)}")
    left, right = st.columns(2, gap="large")
    with left:
        layer = _layers({name: float(table[i, j]) for name, table in compared.layers.items()}, compared.unit)
    with right:
        flat = _neurons(one, found, selection if layer is None else of_layer(one, layer))
    st.divider()
    _telling(a, b, one, other, found, flat)


def _layers(means: dict[str, float], unit: str) -> str | None:
    """Draw the difference by layer; return the layer chosen, if any."""

    def choose(data: list[str]) -> None:
        st.session_state["layer"] = data[0] if st.session_state.get("layer") != data[0] else EVERY

    st.subheader("By layer", anchor=False)
    chosen = st.session_state.get("layer", EVERY)
    charts.show(
        figures.by_layer(means, unit=unit, chosen=None if chosen == EVERY else chosen, dark=theme.is_dark()),
        key="by_layer",
        alt="Mean difference by layer",
        on_click=choose,
        tools=False,
    )
    layout.caption(f"{findings.by_layer(means)} Click a layer to see its neurons only.")
    picked = address.select(
        "Layer",
        [EVERY, *means],
        format_func=lambda name: "Every layer" if name == EVERY else words.layer(name),
        key="layer",
        plain=True,
        label_visibility="collapsed",
    )
    return None if picked == EVERY else picked


def _neurons(dna: dc.DNA, found: dc.Sensitivity, within: dc.Selection | None) -> int:
    """Draw the most different neurons; return the flat index of the one chosen."""
    flats = [int(flat) for flat in choices.most_different(found, SHOWN, within)]
    codes = [choices.neuron_code(dna, flat) for flat in flats]
    chosen = address.code("neuron")
    place = codes.index(chosen) if chosen in codes else 0

    def choose(data: list[int]) -> None:
        st.session_state["neuron"] = codes[data[0]]

    st.subheader("Most different neurons", anchor=False)
    labels = [words.neuron_short(*dna.neuron(flat)) for flat in flats]
    charts.show(
        figures.most_different(labels, found.emd[flats], unit="bins", chosen=place, dark=theme.is_dark()),
        key="most_different",
        alt="The neurons that differ most",
        on_click=choose,
        tools=False,
    )
    layout.caption(f"{findings.concentration(found.emd)} Click a neuron to see its activations and images below.")
    address.keep("neuron", codes[place])
    return flats[place]


def _telling(a: Ready, b: Ready, one: dc.DNA, other: dc.DNA, found: dc.Sensitivity, flat: int) -> None:
    """Draw one neuron's histograms of both datasets, and the images of each that lie farthest from the other."""
    layer, index = one.neuron(flat)
    name = words.neuron(layer, index, one.layers)
    st.subheader(f"{name[:1].upper()}{name[1:]}", anchor=False)
    left, right = st.columns([2.4, 1], gap="large")
    with left:
        charts.show(figure_of([a, b], flat), key="telling", alt=f"Activations of {name} in both datasets")
    with right:
        higher = a if found.direction[flat] >= 0 else b
        layout.facts(
            [
                ("Difference", f"{words.significant(found.emd[flat])} of {one.bins - 1} bins"),
                ("Reacts more to", higher.name),
            ]
        )
        layout.caption(
            f"Where the curves part, the neuron tells {a.name} from {b.name}. Below: the images of each that lie "
            "farthest from the other dataset on this neuron alone."
        )
        code = choices.neuron_code(one, flat)
        navigation.link("neurons", "Look at this neuron", neuron=code)
        navigation.link("gallery", f"Rank {b.name} by it", dataset=b.name, like=a.name, neurons="typed", typed=code)
    columns = st.columns(2, gap="large")
    for column, (mine, its) in zip(columns, ((a, b), (b, a)), strict=True):
        with column:
            images_apart(mine, its, one, flat)


def figure_of(chosen: list[Ready], flat: int, *, logarithmic: bool = False, height: int = 300):  # noqa: ANN201
    """Return the overlaid histograms of one neuron in several datasets."""
    dnas = [state.dna(item) for item in chosen]
    series = [
        histograms.Series(item.name, theme.dataset_colour(item.dataset.colour), dna.histograms[flat])
        for item, dna in zip(chosen, dnas, strict=True)
    ]
    ranges = dnas[0].calibration
    return histograms.overlay(
        series,
        low=float(ranges.low[flat]),
        high=float(ranges.high[flat]),
        logarithmic=logarithmic,
        height=height,
        dark=theme.is_dark(),
    )


def choose_two(ready: list[Ready]) -> list[Ready]:
    """Let a person choose two datasets, the farthest apart unless they say otherwise; one where there is only one."""
    if len(ready) < 2:
        return ready
    far_a, far_b = state.farthest(ready[: choices.MOST])
    a = choices.one_dataset("Compare", ready, key="a", index=far_a)
    b = choices.one_dataset("with", ready, key="b", index=far_b)
    return [a] if a.name == b.name else [a, b]


def choose_neuron(two: list[Ready], dna: dc.DNA) -> int:
    """Let a person choose a neuron: from the most different ones of two datasets, or by layer and number."""
    flats = [0]
    if len(two) > 1:
        flats = [int(flat) for flat in choices.most_different(state.sensitivity(*two), SHOWN)]
    codes = [choices.neuron_code(dna, flat) for flat in flats]
    code = address.code("neuron")
    try:
        flat = choices.neuron_flat(dna, code) if code else flats[0]
    except dc.BadInput as error:
        st.warning(words.as_markdown(str(error)))
        flat = flats[0]
    if (code := choices.neuron_code(dna, flat)) not in codes:
        codes = [code, *codes]
    st.session_state["neuron"] = code
    address.select(
        "Neuron",
        codes,
        format_func=_short,
        key="neuron",
        new=True,
        help="The most different neurons first. Type layer:index for any other one.",
    )
    return flat


def _short(code: str) -> str:
    layer, _, index = code.rpartition(":")
    return words.neuron_short(layer, index) if layer else code


def notes(chosen: list[Ready], flat: int) -> None:
    """Say of each dataset how many activations of one neuron fall outside the measured range, where they are many."""
    for one in chosen:
        dna = state.dna(one)
        note = words.saturation(float(dna.saturation[flat]))
        if note:
            layout.caption(f"{one.name}: {note}")


def images_apart(mine: Ready, its: Ready, dna: dc.DNA, flat: int) -> None:
    """Draw the images of one dataset that lie farthest from another on one neuron."""
    selection = dc.Selection.of([flat], extractor=dna.calibration.extractor)
    ranked = state.ranking(mine, its, selection=selection)
    farthest: pd.DataFrame = ranked.iloc[::-1].head(IMAGES)
    st.html(layout.dataset_name(mine.dataset, f"most unlike {its.name}"))
    seen = gallery.wall(
        pictures.ranked(mine.dataset, state.files(mine.dataset), farthest, show_rank=False),
        key=f"apart-{mine.dataset.id}-{its.dataset.id}",
        title=f"Images of {mine.name} most unlike {its.name}",
        columns=IMAGES,
        controls=False,
        aspect=state.aspect(mine.dataset),
    )
    if seen.opened is not None:
        from ui import closeup

        closeup.show(mine, seen.opened)
