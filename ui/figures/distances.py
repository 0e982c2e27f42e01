"""Figures of distances: arrays and names in, one plotly figure out. No state, no Streamlit, no file access.

Everything a reader may click is a bar with `customdata`, because bars report clicks to Streamlit and heatmap
cells do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ui.app import palette, words
from ui.figures.names import plain

LETTER = 6.5  # pixels that a letter beside a bar takes at most
NARROW, WIDE = 46, 100  # letters that fit below a figure of half a page, and of the result's full width


def by_layer(
    means: Mapping[str, float],
    *,
    unit: str,
    chosen: str | None = None,
    floor: Mapping[str, float] | None = None,
    narrow: bool = False,
    dark: bool = False,
) -> go.Figure:
    """Draw the mean distance of each layer's neurons, in network order; a click reports `customdata` = [layer].

    floor: what chance alone would give in each layer; drawn as a tick across its bar. narrow: for half of a page: fewer
    of the layers are named, so that each name stands straight below its own bar.
    """
    tone = palette.ink(dark)
    layers = list(means)
    values = [float(means[name]) for name in layers]
    peak = max(range(len(layers)), key=values.__getitem__) if layers else 0
    emphasised = layers.index(chosen) if chosen is not None and chosen in means else peak
    figure = go.Figure()
    figure.add_bar(
        x=list(range(len(layers))),
        y=values,
        customdata=[[name] for name in layers],
        marker=_emphasis(len(layers), emphasised, tone),
        hovertext=[
            f"<b>{plain(words.layer(name))}</b> ({words.depth(name, layers)})<br>{words.distance(value, unit)}"
            for name, value in zip(layers, values, strict=True)
        ],
        hoverinfo="text",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    if floor:
        known = [at for at, name in enumerate(layers) if name in floor]
        _by_chance(figure, known, [floor[layers[at]] for at in known], tone, symbol="line-ew", size=16)
    if layers:
        figure.add_annotation(
            x=emphasised, y=values[emphasised], text=words.significant(values[emphasised]), showarrow=False, yshift=10
        )
    named = [plain(words.layer(name)) for name in layers]
    room = (NARROW if narrow else WIDE) // (max(map(len, named), default=1) + 3)
    step = max(1, -(-len(layers) // max(2, min(9, room))))
    figure.update_layout(
        template=palette.template(dark), height=260, bargap=0.25, clickmode="event+select", showlegend=False
    )
    figure.update_xaxes(
        tickvals=list(range(0, len(layers), step)),
        ticktext=named[::step],
        tickangle=0,
        title_text="layer, from input to output",
        fixedrange=True,
    )
    figure.update_yaxes(title_text=_axis(unit), rangemode="tozero", fixedrange=True, nticks=4)
    return figure


def most_different(
    labels: Sequence[str],
    values: Sequence[float] | np.ndarray,
    *,
    unit: str,
    floor: Sequence[float] | np.ndarray | None = None,
    chosen: int = 0,
    above: bool = False,
    dark: bool = False,
) -> go.Figure:
    """Draw the most different neurons as bars, largest on top; a click reports `customdata` = [place in the list].

    floor: per neuron, what chance alone would give; drawn as a tick across its bar. above: each name stands above its
    bar, for narrow places.
    """
    tone = palette.ink(dark)
    places = list(range(len(labels)))
    figure = go.Figure()
    figure.add_bar(
        x=[float(value) for value in values],
        y=places,
        orientation="h",
        customdata=[[place] for place in places],
        marker=_emphasis(len(places), chosen, tone),
        text=[words.significant(float(value)) for value in values],
        textposition="outside",
        textfont={"size": palette.SMALL},
        constraintext="none",
        cliponaxis=False,
        hovertext=[
            f"<b>{plain(label)}</b><br>{words.distance(float(value), unit)}"
            for label, value in zip(labels, values, strict=True)
        ],
        hoverinfo="text",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    if floor is not None:
        _by_chance(figure, floor, places, tone, symbol="line-ns", size=8 if above else 14)
    top = max((float(value) for value in values), default=1.0) or 1.0
    figure.update_layout(
        template=palette.template(dark),
        height=max(140, 40 + (30 if above else 22) * len(labels)),
        margin={"l": 8 if above else 16 + LETTER * max(map(len, labels), default=0), "r": 34, "t": 8, "b": 8},
        bargap=0.7 if above else 0.3,
        clickmode="event+select",
        showlegend=False,
    )
    figure.update_xaxes(title_text=_axis(unit), range=[0, top * 1.14], showgrid=False, fixedrange=True, nticks=4)
    figure.update_yaxes(
        tickvals=places,
        ticktext=[plain(label) for label in labels],
        showticklabels=not above,
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        fixedrange=True,
    )
    if above:
        _names_above(figure, labels, tone)
    return figure


def _names_above(figure: go.Figure, labels: Sequence[str], tone: palette.Ink) -> None:
    for place, label in enumerate(labels):
        figure.add_annotation(
            x=0, y=place, text=plain(label), showarrow=False, xanchor="left", yanchor="bottom", yshift=2,
            font={"size": palette.SMALL, "color": tone.quiet},
        )  # fmt: skip


def _emphasis(bars: int, one: int, tone: palette.Ink) -> dict[str, object]:
    """Return the marker of bars with one emphasised."""
    quiet = palette.translucent(tone.neutral, 0.55)
    return {"color": [tone.accent if at == one else quiet for at in range(bars)], "line": {"width": 0}}


def _by_chance(
    figure: go.Figure,
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    tone: palette.Ink,
    *,
    symbol: str,
    size: int,
) -> None:
    """Draw a tick across each bar at the value that chance would give. symbol: the tick's direction."""
    said = y if symbol == "line-ew" else x
    figure.add_scatter(
        x=list(x),
        y=list(y),
        mode="markers",
        marker={"symbol": symbol, "size": size, "line": {"width": 2, "color": tone.text}},
        hovertext=[f"{words.significant(float(value))} by chance" for value in said],
        hoverinfo="text",
        showlegend=False,
    )


def _axis(unit: str) -> str:
    return "EMD, bins" if unit == "bins" else f"distance, {unit}" if unit else "distance"
