"""Figures of maps: points in a plane, near each other where sets or images are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go

from ui.app import palette
from ui.figures.names import distinct, plain

LETTER, LINE, NEAR = 8.0, 20.0, 13.0  # pixels: width of a letter, height of a line, distance from a point to its label


class Kind(Protocol):
    """What a colour stands for."""

    @property
    def name(self) -> str: ...

    @property
    def colour(self) -> str: ...


def datasets(names: Sequence[str], points: np.ndarray, colours: Sequence[str], *, dark: bool = False) -> go.Figure:
    """Draw datasets as points in a plane, each with its name; a click reports `customdata` = [place in the list].

    points: (k, 2), drawn with one scale for both axes. colours: a CSS colour each.
    """
    tone = palette.ink(dark)
    at = np.asarray(points, float)
    figure = go.Figure()
    figure.add_scatter(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        marker={"size": 15, "color": list(colours), "line": {"width": 2, "color": tone.ground}, "opacity": 1},
        customdata=[[place] for place in range(len(names))],
        hovertext=[f"<b>{plain(name)}</b><br>Click to compare it with its nearest" for name in names],
        hoverinfo="text",
        cliponaxis=False,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        showlegend=False,
    )
    shown = distinct(names, 24)
    for label, (x, y), (right, up) in zip(shown, at, _offsets(shown, at), strict=True):
        led = up != 0 or abs(right) > len(label) * LETTER / 2 + NEAR  # a distant label gets a line to its point
        figure.add_annotation(
            x=x, y=y, ax=right, ay=-up, text=plain(label), font={"size": palette.BODY, "color": tone.text},
            showarrow=True, arrowhead=0, arrowwidth=1, arrowcolor=tone.quiet if led else "rgba(0,0,0,0)", standoff=8,
        )  # fmt: skip
    bare = {"visible": False, "fixedrange": True}
    low, high = (at.min(0), at.max(0)) if len(at) else (np.zeros(2), np.ones(2))
    room = 0.12 * max(float((high - low).max()), 1e-9)
    figure.update_layout(
        template=palette.template(dark),
        height=520,
        clickmode="event+select",
        margin={"l": 90, "r": 90, "t": 20, "b": 20},
    )
    figure.update_xaxes(**bare, range=[low[0] - room, high[0] + room])
    figure.update_yaxes(**bare, range=[low[1] - room, high[1] + room], scaleanchor="x", constrain="domain")
    return figure


def images(points: np.ndarray, kinds: Sequence[Kind], of: np.ndarray, *, dark: bool = False) -> go.Figure:
    """Draw images as points in a plane, one colour per kind. points: (N, 2); of: (N,) the kind of each."""
    figure = go.Figure()
    for place, kind in enumerate(kinds):
        here = np.asarray(points)[np.asarray(of) == place]
        figure.add_scatter(
            x=np.round(here[:, 0], 3),
            y=np.round(here[:, 1], 3),
            mode="markers",
            marker={"size": 5, "color": kind.colour, "opacity": 0.8},
            name=plain(kind.name),
            hoverinfo="name",
        )
    figure.update_layout(template=palette.template(dark), height=520, showlegend=True)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _offsets(labels: Sequence[str], at: np.ndarray) -> list[tuple[float, float]]:
    """Where the middle of each label stands, in pixels right of and above its point: beside it where there is room,
    else as near as can be without lying on a point or on another label. at: (k, 2).
    """
    width, height = 560.0, 440.0  # the approximate size of the drawing
    span = np.maximum(np.ptp(at, axis=0), 1e-9) if len(at) else np.ones(2)
    pixel = at * min(width / span[0], height / span[1])
    taken = [(x - 9, y - 9, x + 9, y + 9) for x, y in pixel]
    found: list[tuple[float, float]] = []
    for (x, y), label in zip(pixel, labels, strict=True):
        half = LETTER * len(label) / 2
        # First beside the point, then farther and farther above and below, so that the first free place is the nearest.
        rises = [0.0, *(sign * step * LINE for step in range(1, 8) for sign in (1, -1))]
        offsets = [(side * (half + NEAR), up) for up in rises for side in (1, -1)]
        boxes = [_box(x, y, offset, half) for offset in offsets]
        covered = [sum(_shared(box, other) for other in taken) for box in boxes]
        best = covered.index(min(covered))
        taken.append(boxes[best])
        found.append(offsets[best])
    return found


Box = tuple[float, float, float, float]


def _box(x: float, y: float, offset: tuple[float, float], half: float) -> Box:
    cx, cy = x + offset[0], y + offset[1]
    return cx - half, cy - LINE / 2, cx + half, cy + LINE / 2


def _shared(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    return max(0.0, wide) * max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
