"""Two datasets side by side: in which layers they differ, through which neurons, and which images show it."""

from __future__ import annotations

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.attributes.copies import rows
from dnacore.distances import split_half
from dnacore.neurons.selection import of_layer
from ui.app import address, comparisons, layout, navigation, reads, theme, words
from ui.app import chance as noise
from ui.app.reads import Ready
from ui.choices import choices, in_words, measures, parts, two
from ui.choices.measures import Measure
from ui.components import chart
from ui.figures import distances as figures
from ui.figures import findings

SHOWN = 14
EVERY = "every"


def summary(a: Ready, b: Ready, measure: Measure) -> None:
    """Draw how far apart two datasets are, beside what chance would give."""
    with measures.patient("Comparing…"):
        compared = comparisons.comparison([a, b], measure.metric, measure.selection, measure.layer)
        chance = noise.between(a, b, measure.metric, measure.selection)
    total = float(compared.matrix[0, 1])
    said = words.distance(total, compared.unit, reads.dna(a).bins)
    over = f" in {words.layer(measure.layer)}" if measure.layer else ""
    few = [one.said for one in (a, b) if reads.dna(one).images < split_half.FEWEST]
    noisy = f" {words.listing(few)} has too few images to say what chance would give." if few else ""
    layout.found(
        f"{findings.two([a.said, b.said], total, chance)} {reads.few([a, b])}".strip(),
        f"{measures.NAMES[measure.metric]}: {said}{over}.{noisy}",
    )


def layers(a: Ready, b: Ready, measure: Measure) -> None:
    """Draw what tells two datasets apart in words, and in which layers."""
    in_words.draw(a, b)
    every = comparisons.comparison([a, b], measure.metric, measure.selection)
    floor = noise.layers(_chance(a, b, measure), reads.dna(a), measure.selection)
    _layers({name: float(table[0, 1]) for name, table in every.layers.items()}, every.unit, floor)


def draw(a: Ready, b: Ready, measure: Measure) -> None:
    """Draw the neurons that differ most, and one neuron's activations."""
    dna = reads.dna(a)
    chosen = st.session_state.get("layer", EVERY)
    within = measure.selection if chosen not in dna.layers else of_layer(dna, chosen)
    st.divider()
    left, right = st.columns([1, 1.5], gap="large")
    with left:
        flat = _neurons(a, b, measure, within, chosen if chosen in dna.layers else None)
    with right:
        _telling(a, b, dna, flat)


def _chance(a: Ready, b: Ready, measure: Measure) -> np.ndarray | None:
    return noise.per_neuron(a, b, _neuron_metric(measure))


def _neuron_metric(measure: Measure) -> str:
    return "nfd" if measure.metric == "nfd" else "emd"


def _layers(means: dict[str, float], unit: str, floor: dict[str, float]) -> None:
    """Draw the difference by layer, and let a person choose one."""

    def choose(data: list[str]) -> None:
        st.session_state["layer"] = data[0] if st.session_state.get("layer") != data[0] else EVERY

    chosen = address.code("layer") or EVERY  # a link sets the select below, which is drawn after the figure
    chart.show(
        figures.by_layer(
            means, unit=unit, chosen=None if chosen == EVERY else chosen, floor=floor, dark=theme.is_dark()
        ),
        key="by_layer",
        alt="Mean difference by layer",
        on_click=choose,
    )
    text, pick = st.columns([2, 1], gap="medium", vertical_alignment="center")
    with text:
        tick = " The line across each bar is what chance would give." if floor else ""
        layout.caption(f"{findings.by_layer(means)}{tick}", hand="Click a layer to see its neurons only.")
    with pick:
        address.select(
            "Layer",
            [EVERY, *means],
            format_func=lambda name: "Every layer" if name == EVERY else words.layer(name),
            key="layer",
            plain=True,
            label_visibility="collapsed",
        )


def _neurons(a: Ready, b: Ready, measure: Measure, within: dc.Selection | None, layer: str | None) -> int:
    """Draw the most different neurons; return the flat index of the one chosen."""
    dna, metric = reads.dna(a), _neuron_metric(measure)
    distances = comparisons.differences(a, b, metric)
    order = np.argsort(-distances, kind="stable")
    listed = rows(order if within is None else order[np.isin(order, within.flat)], comparisons.channels([a, b]), SHOWN)
    flats = [row[0] for row in listed]
    codes = [choices.neuron_code(dna, flat) for flat in flats]
    asked = address.code("neuron")
    place = next((at for at, row in enumerate(listed) if asked in [choices.neuron_code(dna, flat) for flat in row]), 0)
    chance = noise.per_neuron(a, b, metric)

    def choose(data: list[int]) -> None:
        st.session_state["neuron"] = codes[data[0]]

    st.subheader(f"Most different neurons{f' of {words.layer(layer)}' if layer else ''}", anchor=False)
    labels = [words.channel(dna, row) for row in listed]
    chart.show(
        figures.most_different(
            labels,
            distances[flats],
            unit="bins" if metric == "emd" else "squared activation",
            floor=None if chance is None else chance[flats],
            chosen=place,
            dark=theme.is_dark(),
        ),
        key="most_different",
        alt="The neurons that differ most",
        on_click=choose,
    )
    tick = " The tick is what chance would give." if chance is not None else ""
    layout.caption(
        f"{findings.concentration(distances)}{tick}", hand="Click a neuron to see its activations and images."
    )
    return _row(dna, listed, place, asked)


def _row(dna: dc.DNA, listed: list[list[int]], place: int, asked: str | None) -> int:
    """Draw the chosen row, and for a channel that several blocks pass on, which block; return the neuron."""
    heads = {choices.neuron_code(dna, row[0]): words.channel(dna, row) for row in listed}
    parts_of = {choices.neuron_code(dna, flat): flat for flat in listed[place]}

    def picked(key: str) -> None:
        st.session_state["neuron"] = st.session_state[key]

    key = "neuron_of_pair"
    st.session_state[key] = list(heads)[place]
    st.selectbox(
        "Neuron", list(heads), key=key, format_func=heads.__getitem__, label_visibility="collapsed", on_change=picked,
        args=(key,),
    )  # fmt: skip
    code = asked if asked in parts_of else next(iter(parts_of))
    if len(parts_of) > 1:
        part = f"neuron-part-{next(iter(parts_of))}"
        st.session_state[part] = code
        st.segmented_control(
            "One channel that blocks pass on; look at it in", sorted(parts_of, key=parts_of.__getitem__), key=part,
            format_func=lambda one: words.layer(dna.neuron(parts_of[one])[0]), required=True, on_change=picked, args=(part,),
        )  # fmt: skip
    address.keep("neuron", code)
    return parts_of[code]


def _telling(a: Ready, b: Ready, one: dc.DNA, flat: int) -> None:
    """Draw one neuron's histograms of both datasets."""
    name = words.full(one, flat)
    found = comparisons.sensitivity(a, b)
    st.subheader(words.opening(name), anchor=False)
    chart.show(two.figure_of([a, b], flat, height=330), key="telling", alt=f"Activations of {name} in both datasets")
    higher = a if found.direction[flat] >= 0 else b
    layout.caption(
        f"Where the curves part, the neuron tells {a.said} from {b.said}: "
        f"{words.difference(float(found.emd[flat]), one.bins)}. It reacts more to {higher.said}."
    )
    code = choices.neuron_code(one, flat)
    with st.container(horizontal=True, gap="medium"):
        navigation.link("neurons", "Look at this neuron", neuron=code, a=a.name, b=b.name)
        if not (a.dataset.imported or b.dataset.imported):
            navigation.link(
                "lens", "Look through the lens", analysis="patches", neuron=code, dataset=parts.whole(higher).name
            )
            navigation.link(
                "gallery", f"Rank {parts.whole(b).said} by it", dataset=parts.whole(b).name, like=a.name, unlike=b.name,
                neurons="typed", typed=code,
            )  # fmt: skip
