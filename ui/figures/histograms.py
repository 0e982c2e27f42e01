"""Figures of one neuron's activations: several datasets' histograms over each other, labelled directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from ui.app import palette, words
from ui.figures.names import plain, short

SHOWN_BINS = 80
CLIP_FROM = 2.5  # a bar this many times as high as the next one is cut off, so that the others can be seen
CLIP_TO = 1.3


@dataclass(frozen=True)
class Series:
    """One histogram to draw: its name, its colour, and (B,) integer counts."""

    name: str
    colour: str
    counts: np.ndarray


def overlay(
    series: Sequence[Series],
    *,
    low: float = -1.0,
    high: float = 1.0,
    logarithmic: bool = False,
    height: int = 300,
    dark: bool = False,
) -> go.Figure:
    """Overlay histograms of one neuron as shares of activations; a click reports [series, first bin, last bin].

    Args:
        series: the histograms; all with the same number of bins B.
        low, high: the neuron's activation range, which the B bins divide evenly.
        logarithmic: whether shares are drawn on a logarithmic scale.
    """
    tone = palette.ink(dark)
    figure = go.Figure()
    edges, shares = rebin([item.counts for item in series])
    bins = len(series[0].counts) if series else 1
    position = low + (high - low) * edges / bins
    centres, widths = (position[:-1] + position[1:]) / 2, np.diff(position)
    floor = _smallest(shares) / 2
    for place, (item, share) in enumerate(zip(series, shares, strict=True)):
        figure.add_bar(
            x=centres,
            y=np.where(share > 0, share, np.nan) if logarithmic else share,
            width=widths,
            name=plain(item.name),
            marker={"color": palette.translucent(item.colour, 0.28), "line": {"width": 0}},
            customdata=[[place, int(a), int(b) - 1] for a, b in pairwise(edges)],
            hovertext=_said(item, share, position),
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
            name=plain(item.name),
            showlegend=len(series) > 4,
        )
    if 0 < len(series) <= 4:
        _label_directly(figure, series, shares, centres, logarithmic=logarithmic, tone=tone)
    margin = {"t": 28, "l": 8, "r": 8, "b": 8}
    figure.update_layout(template=palette.template(dark), height=height, barmode="overlay", bargap=0, margin=margin)
    figure.update_layout(clickmode="event+select")
    _axes(figure, _largest(shares), floor if logarithmic else None)
    return figure if logarithmic else _cut_off(figure, shares, position, tone)


def _spike(shares: Sequence[np.ndarray]) -> tuple[int, float] | None:
    """Return the bar, mostly the one at zero, that would make all others look flat, and the height for the others."""
    largest = np.max(shares, axis=0) if shares else np.zeros(0)
    if len(largest) < 2:
        return None
    place = int(largest.argmax())
    rest = float(np.delete(largest, place).max())
    return (place, CLIP_TO * rest) if 0 < CLIP_FROM * rest < largest[place] else None


def _cut_off(
    figure: go.Figure,
    shares: Sequence[np.ndarray],
    position: np.ndarray,
    tone: palette.Ink,
) -> go.Figure:
    """Return the figure with its axis ended above the other bars, where one would press them flat, and how high that one is."""
    spike = _spike(shares)
    if spike is None:
        return figure
    place, top = spike
    centre, left = float(position[place : place + 2].mean()), place < (len(position) - 1) / 2
    at = 0.0 if position[place] <= 0 <= position[place + 1] else centre
    figure.update_yaxes(range=[0, top], tickformat=".0%" if top >= 0.04 else ".1%")
    figure.add_annotation(
        x=centre,
        y=1,
        yref="paper",
        xshift=10 if left else -10,
        xanchor="left" if left else "right",
        yanchor="bottom",  # above the bars, clear of their names
        text=f"↑ cut off: {words.listing([words.percent(share[place]) for share in shares])} at {words.significant(at)}",
        showarrow=False,
        font={"color": tone.quiet, "size": palette.SMALL},
    )
    return figure


def _said(item: Series, shares: np.ndarray, position: np.ndarray) -> list[str]:
    """The hover text of a bar."""
    return [
        f"<b>{plain(item.name)}</b><br>{words.percent(value)} of activations<br>"
        f"between {words.significant(a)} and {words.significant(b)}"
        for value, a, b in zip(shares, position[:-1], position[1:], strict=True)
    ]


def _axes(figure: go.Figure, largest: float, floor: float | None) -> None:
    """Title and scale the axes. floor: the smallest share that a logarithmic scale shows; None for a linear one."""
    figure.update_xaxes(title_text="activation", fixedrange=True)
    form = ".0%" if largest >= 0.04 else ".1%"
    figure.update_yaxes(title_text="share of activations", tickformat=form, fixedrange=True)
    if floor is None:
        figure.update_yaxes(rangemode="tozero", nticks=4)
        return
    top = np.log10(max(largest, floor * 10)) + 0.15
    figure.update_yaxes(type="log", tickformat="~%", range=[np.log10(floor), top], nticks=5)


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
    figure: go.Figure,
    series: Sequence[Series],
    shares: Sequence[np.ndarray],
    centres: np.ndarray,
    *,
    logarithmic: bool,
    tone: palette.Ink,
) -> None:
    # A label stands where its series rises highest above the others; a label that would touch another moves up a line.
    spike = None if logarithmic else _spike(shares)
    top = spike[1] / 1.12 if spike else _largest(shares)
    span = float(centres[-1] - centres[0]) or 1.0
    taken: list[tuple[float, float]] = []
    for place, (item, share) in enumerate(zip(series, shares, strict=True)):
        if not share.any():
            continue
        rest = [other for at, other in enumerate(shares) if at != place]
        lead = share - np.max(rest, axis=0) if rest else share
        at = int(np.argmax(lead if lead.max() > 0.02 * top else share))
        x = float(centres[at])
        near = np.abs(centres - x) <= 0.1 * span  # above everything that is drawn below its width
        y = min(top, max(float(other[near].max()) for other in shares))
        level = y / top
        while any(abs(x - other) < 0.22 * span and abs(level - used) < 0.085 for other, used in taken):
            level += 0.085
        taken.append((x, level))
        figure.add_annotation(
            x=x,
            y=np.log10(y) if logarithmic and y > 0 else y,
            yshift=12 + 240 * (level - y / top),
            text=f'<span style="color:{item.colour}">■</span> {plain(short(item.name, 24))}',
            showarrow=False,
            font={"color": tone.text, "size": palette.SMALL},
            bgcolor=tone.ground,  # no grid line runs through a name
            borderpad=1,
        )


def _largest(shares: Sequence[np.ndarray]) -> float:
    return max((float(share.max()) for share in shares if len(share)), default=0.0) or 1.0


def _smallest(shares: Sequence[np.ndarray]) -> float:
    return min((float(share[share > 0].min()) for share in shares if (share > 0).any()), default=1e-6)
