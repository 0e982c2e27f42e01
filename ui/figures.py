"""Figures: arrays and names in, one plotly figure out. No state, no Streamlit, no file access.

Everything a reader may click is a bar with `customdata`, because bars report clicks to Streamlit and heatmap
cells do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ui import theme, words

SHOWN_BINS = 80


@dataclass(frozen=True)
class Series:
    """One histogram to draw: its name, its colour, and (B,) integer counts."""

    name: str
    colour: str
    counts: np.ndarray


def heatmap(names: Sequence[str], matrix: np.ndarray, *, unit: str, cell: int = 62, dark: bool = False) -> go.Figure:
    """Draw pairwise distances; clicking a cell reports `customdata` = [row, column].

    Args:
        names: k dataset names.
        matrix: (k, k) distances in `unit`; the diagonal is drawn as neutral ground.
        unit: "bins" or what else the distances are measured in; "" for none.
        cell: height of a cell in pixels.
    """
    values = np.asarray(matrix, dtype=float)
    k = len(names)
    tone = theme.ink(dark)
    diagonal = np.eye(k, dtype=bool)
    apart = values[~diagonal]
    top = float(apart.max()) if apart.size and apart.max() > 0 else 1.0
    figure = go.Figure()
    figure.add_heatmap(
        z=np.where(diagonal, np.nan, values),
        x=list(range(k)),
        y=list(range(k)),
        zmin=0,
        zmax=top,
        colorscale=theme.colour_scale(theme.SEQUENTIAL),
        xgap=2,
        ygap=2,
        hoverinfo="skip",
        showscale=False,
    )
    rows, columns = np.divmod(np.arange(k * k), k)
    off = rows != columns
    rows, columns = rows[off], columns[off]
    figure.add_bar(
        x=columns,
        y=np.ones(len(rows)),
        base=rows - 0.5,
        width=1.0,
        marker={"color": "rgba(0,0,0,0.004)", "line": {"width": 0}},
        customdata=np.stack([rows, columns], axis=1).tolist(),
        hovertext=[
            f"<b>{_plain(names[i])}</b> and <b>{_plain(names[j])}</b><br>{words.distance(values[i, j], unit)}<br>Click to see why"
            for i, j in zip(rows, columns, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    if k <= 12:
        # One trace of text: a hundred annotations take plotly four seconds to check.
        cells = [(i, j) for i in range(k) for j in range(k)]
        figure.add_scatter(
            x=[j for _, j in cells],
            y=[i for i, _ in cells],
            mode="text",
            text=["0" if i == j else words.significant(values[i, j], 3 if k <= 6 else 2) for i, j in cells],
            textfont={
                "size": theme.BODY if k <= 5 else theme.SMALL,
                "color": [tone.quiet if i == j else theme.text_on(values[i, j] / top) for i, j in cells],
            },
            hoverinfo="skip",
            showlegend=False,
        )
    labels = [_plain(_short(name, 18)) for name in names]
    slanted = k * max(map(len, labels)) > 64  # about what fits side by side in the width of a result
    ticks = {"tickvals": list(range(k)), "ticktext": labels, "range": [-0.5, k - 0.5], "showgrid": False, "fixedrange": True}
    figure.update_layout(
        template=theme.template(dark),
        height=int(np.clip((110 if slanted else 60) + cell * k, 220, 760)),
        barmode="overlay",
        bargap=0,
        clickmode="event+select",
        showlegend=False,
        margin={"l": 8, "r": 48 if slanted else 8, "t": 8, "b": 8},
    )
    figure.update_xaxes(**ticks, side="top", ticklabeloverflow="allow", tickangle=-40 if slanted else 0, linecolor="rgba(0,0,0,0)", tickfont={"color": tone.text})
    figure.update_yaxes(**{**ticks, "range": [k - 0.5, -0.5]}, tickfont={"color": tone.text})
    return figure


def scale_bar(top: float, *, unit: str, dark: bool = False) -> go.Figure:
    """Draw the key of the distance scale, from 0 (alike) to `top` (far apart)."""
    figure = go.Figure()
    figure.add_heatmap(
        z=[list(np.linspace(0, 1, 64))],
        x=list(np.linspace(0, top, 64)),
        colorscale=theme.colour_scale(theme.SEQUENTIAL),
        showscale=False,
        hoverinfo="skip",
    )
    figure.update_layout(template=theme.template(dark), height=52, margin={"l": 8, "r": 24, "t": 2, "b": 2})
    figure.update_yaxes(visible=False, fixedrange=True)
    figure.update_xaxes(
        tickvals=[0, top / 2, top],
        ticktext=["0, alike", words.significant(top / 2), f"{words.significant(top)} {unit}".strip()],
        fixedrange=True,
    )
    return figure


def by_layer(means: Mapping[str, float], *, unit: str, chosen: str | None = None, dark: bool = False) -> go.Figure:
    """Draw the mean distance of each layer's neurons, in network order; a click reports `customdata` = [layer]."""
    tone = theme.ink(dark)
    layers = list(means)
    values = [float(means[name]) for name in layers]
    peak = max(range(len(layers)), key=values.__getitem__) if layers else 0
    emphasised = layers.index(chosen) if chosen in means else peak
    colours = [tone.accent if at == emphasised else theme.translucent(tone.neutral, 0.55) for at in range(len(layers))]
    figure = go.Figure()
    figure.add_bar(
        x=list(range(len(layers))),
        y=values,
        customdata=[[name] for name in layers],
        marker={"color": colours, "line": {"width": 0}},
        hovertext=[
            f"<b>{_plain(words.layer(name))}</b> ({words.depth(name, layers)})<br>{words.distance(value, unit)}"
            for name, value in zip(layers, values, strict=True)
        ],
        hoverinfo="text",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    if layers:
        figure.add_annotation(
            x=emphasised, y=values[emphasised], text=words.significant(values[emphasised]), showarrow=False, yshift=10
        )
    step = max(1, -(-len(layers) // 9))
    figure.update_layout(template=theme.template(dark), height=260, bargap=0.25, clickmode="event+select", showlegend=False)
    figure.update_xaxes(
        tickvals=list(range(0, len(layers), step)),
        ticktext=[_plain(words.layer(name)) for name in layers[::step]],
        title_text="layer, from the input to the output of the network",
        fixedrange=True,
    )
    figure.update_yaxes(title_text=_axis(unit), rangemode="tozero", fixedrange=True, nticks=4)
    return figure


def most_different(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    unit: str,
    floor: Sequence[float] | None = None,
    chosen: int = 0,
    dark: bool = False,
) -> go.Figure:
    """Draw the most different neurons as bars, largest on top; a click reports `customdata` = [place in the list].

    floor: per neuron, what chance alone would give; drawn as a tick across its bar.
    """
    tone = theme.ink(dark)
    places = list(range(len(labels)))
    figure = go.Figure()
    figure.add_bar(
        x=[float(value) for value in values],
        y=places,
        orientation="h",
        customdata=[[place] for place in places],
        marker={
            "color": [tone.accent if place == chosen else theme.translucent(tone.neutral, 0.55) for place in places],
            "line": {"width": 0},
        },
        text=[words.significant(float(value)) for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertext=[f"<b>{_plain(label)}</b><br>{words.distance(float(value), unit)}" for label, value in zip(labels, values, strict=True)],
        hoverinfo="text",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    if floor is not None:
        figure.add_scatter(
            x=[float(value) for value in floor],
            y=places,
            mode="markers",
            marker={"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": tone.text}},
            hovertext=[f"{words.significant(float(value))} by chance" for value in floor],
            hoverinfo="text",
            showlegend=False,
        )
    top = max((float(value) for value in values), default=1.0) or 1.0
    figure.update_layout(
        template=theme.template(dark),
        height=max(140, 40 + 22 * len(labels)),
        margin={"l": 8, "r": 34, "t": 8, "b": 8},
        bargap=0.3,
        clickmode="event+select",
        showlegend=False,
    )
    figure.update_xaxes(title_text=_axis(unit), range=[0, top * 1.14], showgrid=False, fixedrange=True, nticks=4)
    figure.update_yaxes(
        tickvals=places,
        ticktext=[_plain(label) for label in labels],
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        fixedrange=True,
    )
    return figure


def overlay(
    series: Sequence[Series],
    *,
    low: float = -1.0,
    high: float = 1.0,
    logarithmic: bool = False,
    height: int = 300,
    dark: bool = False,
) -> go.Figure:
    """Overlay histograms of one neuron as shares of activations; a click reports `customdata` = [series, first bin, last bin].

    Args:
        series: the histograms; all with the same number of bins B.
        low, high: the neuron's activation range, which the B bins divide evenly.
        logarithmic: whether shares are drawn on a logarithmic scale.
    """
    tone = theme.ink(dark)
    figure = go.Figure()
    edges, shares = rebin([item.counts for item in series])
    bins = len(series[0].counts) if series else 1
    position = low + (high - low) * edges / bins
    centres, widths = (position[:-1] + position[1:]) / 2, np.diff(position)
    floor = _smallest(shares) / 2
    for place, (item, share) in enumerate(zip(series, shares, strict=True)):
        figure.add_bar(
            x=centres,
            y=np.where(share > 0, share, None) if logarithmic else share,
            width=widths,
            name=_plain(item.name),
            marker={"color": theme.translucent(item.colour, 0.28), "line": {"width": 0}},
            customdata=[[place, int(a), int(b) - 1] for a, b in zip(edges[:-1], edges[1:], strict=True)],
            hovertext=[
                f"<b>{_plain(item.name)}</b><br>{words.percent(value)} of activations<br>"
                f"between {words.significant(a)} and {words.significant(b)}"
                for value, a, b in zip(share, position[:-1], position[1:], strict=True)
            ],
            hoverinfo="text",
            showlegend=False,
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        )
        outline = np.maximum(share, floor) if logarithmic else share
        figure.add_scatter(
            x=np.concatenate([position, position[-1:]]),
            y=np.concatenate([outline, outline[-1:], [floor if logarithmic else 0.0]]),
            mode="lines",
            line={"color": item.colour, "width": 1.75, "shape": "hv"},
            hoverinfo="skip",
            name=_plain(item.name),
            showlegend=len(series) > 4,
        )
    if 0 < len(series) <= 4:
        _label_directly(figure, series, shares, centres, logarithmic=logarithmic, tone=tone)
    figure.update_layout(
        template=theme.template(dark), height=height, barmode="overlay", bargap=0, clickmode="event+select",
        margin={"t": 28, "l": 8, "r": 8, "b": 8},
    )  # fmt: skip
    figure.update_xaxes(title_text="activation", fixedrange=True)
    figure.update_yaxes(title_text="share of activations", tickformat=".0%" if _largest(shares) >= 0.04 else ".1%", fixedrange=True)
    if logarithmic:
        figure.update_yaxes(type="log", tickformat="~%", range=[np.log10(floor), np.log10(max(_largest(shares), floor * 10)) + 0.15], nticks=5)
    else:
        figure.update_yaxes(rangemode="tozero", nticks=4)
    return figure


def rebin(counts: Sequence[np.ndarray], shown: int = SHOWN_BINS) -> tuple[np.ndarray, list[np.ndarray]]:
    """Group fine bins so that the occupied part of the range is drawn with about `shown` bars.

    Args:
        counts: histograms of (B,) counts each.
        shown: the largest number of bars.

    Returns:
        (m + 1,) bin edges, whole numbers in 0..B, and per histogram (m,) shares of its total. The shares of a
        histogram sum to 1: what lies outside the drawn part (at most 1 in 2,000 at either side) joins the end bars.
    """
    stacked = [np.asarray(item, dtype=float) for item in counts]
    if not stacked or not any(item.sum() for item in stacked):
        bins = len(stacked[0]) if stacked else 1
        edges = np.unique(np.linspace(0, bins, min(shown, bins) + 1).astype(int))
        return edges, [np.zeros(len(edges) - 1) for _ in stacked]
    shares = [item / max(item.sum(), 1.0) for item in stacked]
    bins = len(shares[0])
    first, last = bins, 0
    for share in shares:
        if not share.any():
            continue
        cumulative = np.cumsum(share)
        first = min(first, int(np.searchsorted(cumulative, 0.0005)))
        last = max(last, int(np.searchsorted(cumulative, 0.9995)) + 1)
    width = max(1, -(-(last - first) // shown))
    first = max(0, first // width * width - width)
    last = min(bins, -(-last // width) * width + width)
    edges = np.unique(np.append(np.arange(first, last, width), last))
    grouped = [np.add.reduceat(share, edges[:-1]) for share in shares]
    for share, group in zip(shares, grouped, strict=True):
        group[-1] = share[edges[-2] : edges[-1]].sum() + share[edges[-1] :].sum()
        group[0] += share[: edges[0]].sum()
    return edges, grouped


def _label_directly(
    figure: go.Figure, series: Sequence[Series], shares: Sequence[np.ndarray], centres: np.ndarray, *, logarithmic: bool, tone: theme.Ink
) -> None:
    # A label sits where its series rises highest above the others; labels that would touch move up a line.
    top = _largest(shares)
    span = float(centres[-1] - centres[0]) or 1.0
    taken: list[tuple[float, float]] = []
    for place, (item, share) in enumerate(zip(series, shares, strict=True)):
        if not share.any():
            continue
        rest = [other for at, other in enumerate(shares) if at != place]
        lead = share - np.max(rest, axis=0) if rest else share
        at = int(np.argmax(lead if lead.max() > 0.02 * top else share))
        x, level = float(centres[at]), float(share[at] / top)
        while any(abs(x - other) < 0.22 * span and abs(level - used) < 0.085 for other, used in taken):
            level += 0.085
        taken.append((x, level))
        y = float(share[at])
        figure.add_annotation(
            x=x,
            y=np.log10(y) if logarithmic and y > 0 else y,
            yshift=12 + 240 * (level - float(share[at] / top)),
            text=f'<span style="color:{item.colour}">■</span> {_plain(_short(item.name, 24))}',
            showarrow=False,
            font={"color": tone.text, "size": theme.SMALL},
        )


def _largest(shares: Sequence[np.ndarray]) -> float:
    return max((float(share.max()) for share in shares if len(share)), default=0.0) or 1.0


def _smallest(shares: Sequence[np.ndarray]) -> float:
    return min((float(share[share > 0].min()) for share in shares if (share > 0).any()), default=1e-6)


def _axis(unit: str) -> str:
    return "EMD, bins" if unit == "bins" else f"distance, {unit}" if unit else "distance"


def _short(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


def _plain(text: str) -> str:
    # Plotly renders a subset of HTML; names come from users.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
