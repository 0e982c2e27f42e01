"""The heatmap of pairwise distances, whose cells can be clicked. No state, no Streamlit, no file access."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ui.app import palette, words
from ui.figures.names import distinct, plain

LABEL = 22  # letters of a dataset's name beside the heatmap
FIT = 64  # letters of all names that fit side by side above it
WRITTEN = 12  # datasets up to which the distances stand in the cells


def heatmap(
    names: Sequence[str],
    matrix: np.ndarray,
    *,
    unit: str,
    cell: int | None = None,
    halves: np.ndarray | None = None,
    within: np.ndarray | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw pairwise distances; clicking a cell reports `customdata` = [row, column].

    Args:
        names: k dataset names.
        matrix: (k, k) distances in `unit`; the diagonal is drawn as neutral ground.
        unit: "bins" or what else the distances are measured in; "" for none.
        cell: height of a cell in pixels; without, what lets the whole fit on a screen.
        halves: (k,) what chance gives between two samples like each dataset, for the diagonal; NaN where unknown.
        within: (k, k) bool, which distances are no larger than chance would give: outlined and written with “≈”.
    """
    values = np.asarray(matrix, dtype=float)
    k = len(names)
    apart = np.full(k, np.nan) if halves is None else np.asarray(halves, float)
    noisy = np.zeros(values.shape, bool) if within is None else np.asarray(within, bool)
    tone = palette.ink(dark)
    off = values[~np.eye(k, dtype=bool)]
    top = float(off.max()) if off.size and off.max() > 0 else 1.0
    if k == 2:  # a single distance is neither near nor far, so it gets the middle of the scale
        top *= 2
    figure = go.Figure()
    scaled = np.where(np.eye(k, dtype=bool) | noisy, np.nan, values)
    _cells(figure, scaled, zmin=0, zmax=top, colorscale=palette.colour_scale(palette.SEQUENTIAL))
    _own(figure, np.eye(k, dtype=bool), tone)
    _targets(figure, names, values, noisy, unit)
    if noisy.any():
        _outline(figure, noisy, tone)
    if k <= WRITTEN:
        _numbers(figure, values, apart, noisy, top, tone)
    _frame(figure, names, cell or max(34, min(62, 440 // k)), tone, dark=dark)
    return figure


def waiting(names: Sequence[str], *, cell: int, dark: bool = False) -> go.Figure:
    """Draw the heatmap before its numbers are known: names and grey cells. Meanwhile the browser loads the charts."""
    tone, figure = palette.ink(dark), go.Figure()
    _own(figure, np.ones((len(names), len(names)), dtype=bool), tone)
    _frame(figure, names, cell, tone, dark=dark)
    return figure


def _cells(figure: go.Figure, values: np.ndarray, **scale: Any) -> None:
    """Draw cells, (k, k), by a colour scale; NaN leaves one out."""
    places = list(range(len(values)))
    figure.add_heatmap(
        z=values, x=places, y=places, xgap=2, ygap=2, hoverinfo="skip", showscale=False, **scale
    )  # fmt: skip


def _own(figure: go.Figure, cells: np.ndarray, tone: palette.Ink) -> None:
    """Fill cells, (k, k) bool, with a grey of no scale: on a dark page, the bare ground would look like "far"."""
    grey = palette.own_ground(tone)
    _cells(figure, np.where(cells, 1.0, np.nan), colorscale=[(0, grey), (1, grey)])


def _targets(figure: go.Figure, names: Sequence[str], values: np.ndarray, noisy: np.ndarray, unit: str) -> None:
    """Lay invisible bars over the cells: Streamlit hears clicks on bars, but not on the cells of a heatmap."""
    rows, columns = np.nonzero(~np.eye(len(names), dtype=bool))
    figure.add_bar(
        x=columns,
        y=np.ones(len(rows)),
        base=rows - 0.5,
        width=1.0,
        marker={"color": "rgba(0,0,0,0.004)", "line": {"width": 0}},
        customdata=np.stack([rows, columns], axis=1).tolist(),
        hovertext=[
            f"<b>{plain(names[i])}</b> and <b>{plain(names[j])}</b><br>{words.distance(values[i, j], unit)}"
            + ("<br>Not more than chance would give" if noisy[i, j] else "")
            + "<br>Click to see why"
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def _numbers(
    figure: go.Figure, values: np.ndarray, halves: np.ndarray, noisy: np.ndarray, top: float, tone: palette.Ink
) -> None:
    # One trace of text: a hundred annotations take plotly four seconds to check.
    k = len(values)
    cells = [(i, j) for i in range(k) for j in range(k)]
    digits = 3 if k <= 6 else 2
    unknown = "–" if np.isfinite(halves).any() else "0"  # where others show chance, a zero would say that there is none

    def said(i: int, j: int) -> str:
        if i == j:
            return words.significant(halves[i], 2) if np.isfinite(halves[i]) else unknown
        if noisy[i, j] and k > 8:  # narrow cells
            return f"≈{words.significant(values[i, j], 1)}"
        return f"{'≈ ' if noisy[i, j] else ''}{words.significant(values[i, j], digits)}"

    def colour(i: int, j: int) -> str:
        return tone.text if i == j or noisy[i, j] else palette.text_on(values[i, j] / top)

    figure.add_scatter(
        x=[j for _, j in cells],
        y=[i for i, _ in cells],
        mode="text",
        text=[said(i, j) for i, j in cells],
        textfont={
            "size": palette.BODY if k <= 5 else palette.SMALL,
            "color": [colour(i, j) for i, j in cells],
        },
        hoverinfo="skip",
        showlegend=False,
    )


def _frame(figure: go.Figure, names: Sequence[str], cell: int, tone: palette.Ink, *, dark: bool) -> None:
    k, labels = len(names), [plain(name) for name in distinct(names, LABEL)]
    longest = max(map(len, labels))
    slanted = k * longest > FIT  # otherwise they fit side by side
    ticks = {"tickvals": list(range(k)), "ticktext": labels, "showgrid": False, "fixedrange": True}
    head = 40 + 5 * longest if slanted else 40  # the approximate height of a slanted name
    figure.update_layout(
        template=palette.template(dark),
        height=int(np.clip(head + 20 + cell * k, 220, 800)),
        barmode="overlay",
        bargap=0,
        clickmode="event+select",
        showlegend=False,
        margin={"l": 8, "r": 5 * longest if slanted else 8, "t": 8, "b": 8},
    )
    figure.update_xaxes(
        **ticks,
        range=[-0.5, k - 0.5],
        side="top",
        ticklabeloverflow="allow",
        tickangle=-40 if slanted else 0,
        linecolor="rgba(0,0,0,0)",
        tickfont={"color": tone.text},
    )
    figure.update_yaxes(**ticks, range=[k - 0.5, -0.5], tickfont={"color": tone.text})


def _outline(figure: go.Figure, cells: np.ndarray, tone: palette.Ink) -> None:
    # On neutral ground instead of the scale's colour: dark means far, and of these that is not known.
    # One trace for all of them; a gap ends each square.
    x, y = [], []
    for i, j in zip(*np.nonzero(cells), strict=True):
        x += [j - 0.45, j + 0.45, j + 0.45, j - 0.45, j - 0.45, None]
        y += [i - 0.42, i - 0.42, i + 0.42, i + 0.42, i - 0.42, None]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": tone.quiet, "width": 1.25, "dash": "dot"},
        fill="toself",
        fillcolor=palette.own_ground(tone),
        hoverinfo="skip",
        showlegend=False,
    )
