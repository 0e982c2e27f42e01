"""Figures of what was taken away or put together: attributes forgotten, groups left out, mixtures. No Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dnacore.sketches.words import SEES
from ui.app import palette, words
from ui.figures.distances import by_layer
from ui.figures.names import plain, short


def changes(gone: Mapping[str, float], forgotten: str, *, dark: bool = False) -> go.Figure:
    """Draw how much of each attribute's difference is gone. gone: {attribute: 1 for forgotten, 0 for kept}."""
    tone = palette.ink(dark)
    others = sorted((name for name in gone if name != forgotten), key=lambda name: -abs(gone[name]))
    names = [forgotten, *others]
    figure = _bars(
        [said(name) for name in names],
        [float(gone[name]) for name in names],
        [words.percent(gone[name]) for name in names],
        [tone.accent if name == forgotten else palette.translucent(tone.neutral, 0.6) for name in names],
        dark,
    )
    for place in (0.0, 1.0):
        figure.add_vline(x=place, line={"color": tone.quiet, "width": 1, "dash": "solid" if place == 0 else "dot"})
    low, high = min(0.0, *gone.values()), max(1.0, *gone.values())
    room = 0.12 * (high - low)
    figure.update_xaxes(
        title_text="share of the attribute's difference that is gone", tickformat=".0%", range=[low - room, high + room]
    )
    return figure


def left_out(
    groups: Sequence[str], values: Sequence[float], exact: Sequence[bool], *, title: str, dark: bool = False
) -> go.Figure:
    """Draw what leaving out each group does, in bins. exact: False where the figure comes from sketches (paler)."""
    tone = palette.ink(dark)
    figure = _bars(
        [said(name) for name in groups],
        list(values),
        [words.significant(value) for value in values],
        [tone.accent if sure else palette.translucent(tone.accent, 0.5) for sure in exact],
        dark,
    )
    top, low = max([0.0, *values]), min([0.0, *values])
    figure.update_xaxes(title_text=title, range=[low - 0.14 * (top - low) if low else 0, top + 0.16 * (top - low or 1)])
    return figure


def shares(names: Sequence[str], values: Sequence[float], colours: Sequence[str], *, dark: bool = False) -> go.Figure:
    """Draw in which shares datasets are mixed. values: adding up to 1; colours: the datasets' own."""
    figure = _bars(list(names), list(values), [words.percent(value) for value in values], list(colours), dark)
    figure.update_xaxes(title_text="share of the mixture", tickformat=".0%", range=[0, max(values, default=1) * 1.16])
    return figure


def counts(neurons: Mapping[str, float], *, dark: bool = False) -> go.Figure:
    """Draw how many of some neurons lie in each layer, from the input to the output of the network."""
    figure = by_layer(neurons, unit="", narrow=True, dark=dark)
    figure.update_yaxes(title_text="neurons", tickformat=",d")
    for note in figure.layout.annotations:
        note.text = f"{float(note.y):,.0f}"
    figure.update_traces(
        hovertext=[
            f"<b>{plain(words.layer(name))}</b><br>{words.count(int(count), 'neuron')}"
            for name, count in neurons.items()
        ]
    )
    return figure


def said(name: str) -> str:
    """Return an attribute or one of its values in words: `hat=1` is `hat`, `hat=0` is `no hat`."""
    column, mark, value = name.replace("_", " ").partition("=")
    if not mark:
        return column
    return {"1": column, "0": f"no {column}"}.get(value, f"{column}: {value}")


def _bars(
    names: Sequence[str], values: Sequence[float], texts: Sequence[str], colours: Sequence[str], dark: bool
) -> go.Figure:
    places = list(range(len(names)))
    figure = go.Figure()
    figure.add_bar(
        x=[float(value) for value in values],
        y=places,
        orientation="h",
        marker={"color": list(colours), "line": {"width": 0}},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure.update_layout(
        template=palette.template(dark),
        height=max(130, 56 + 24 * len(names)),
        bargap=0.32,
        showlegend=False,
        margin={"l": 8, "r": 34, "t": 8, "b": 8},
    )
    figure.update_xaxes(showgrid=False, fixedrange=True, nticks=5)
    figure.update_yaxes(
        tickvals=places,
        ticktext=[plain(short(name, 26)) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        fixedrange=True,
    )
    return figure


def images_of(name: str) -> str:
    """Return what the images of a group are called in a sentence: `images without hat`."""
    column, mark, value = name.replace("_", " ").partition("=")
    if column == SEES:
        return f"images where the network sees {value}"
    if not mark:
        return column if "/" in column else f"images with {column}"
    return {"1": f"images with {column}", "0": f"images without {column}"}.get(value, f"images with {column}: {value}")
