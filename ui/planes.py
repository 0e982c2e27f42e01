"""Figures of maps: points in a plane, near each other where sets or images are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go

from ui import theme
from ui.figures import plain, short


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
    tone = theme.ink(dark)
    at = np.asarray(points, float)
    figure = go.Figure()
    figure.add_scatter(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers+text",
        marker={"size": 15, "color": list(colours), "line": {"width": 2, "color": tone.ground}, "opacity": 1},
        text=[plain(short(name, 24)) for name in names],
        textposition=_sides([short(name, 24) for name in names], at),
        textfont={"size": theme.BODY, "color": tone.text},
        customdata=[[place] for place in range(len(names))],
        hovertext=[f"<b>{plain(name)}</b><br>Click to compare it with its nearest" for name in names],
        hoverinfo="text",
        cliponaxis=False,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}, "textfont": {"color": tone.text}},
        showlegend=False,
    )
    bare = {"visible": False, "fixedrange": True}
    low, high = (at.min(0), at.max(0)) if len(at) else (np.zeros(2), np.ones(2))
    room = 0.12 * max(float((high - low).max()), 1e-9)
    figure.update_layout(
        template=theme.template(dark), height=520, clickmode="event+select", margin={"l": 90, "r": 90, "t": 20, "b": 20}
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
    figure.update_layout(template=theme.template(dark), height=520, showlegend=True)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _sides(labels: Sequence[str], at: np.ndarray) -> list[str]:
    """The side of its point on which each label stands, so that few touch: boxes of about the drawn size, in turn."""
    width, height, line, letter = 560.0, 440.0, 20.0, 8.0  # pixels, roughly
    span = np.maximum(np.ptp(at, axis=0), 1e-9) if len(at) else np.ones(2)
    pixel = at * min(width / span[0], height / span[1])
    taken = [(x - 9, y - 9, x + 9, y + 9) for x, y in pixel]
    found = []
    for (x, y), label in zip(pixel, labels, strict=True):
        long = letter * len(label)
        boxes = {
            "middle right": (x + 11, y - line / 2, x + 11 + long, y + line / 2),
            "middle left": (x - 11 - long, y - line / 2, x - 11, y + line / 2),
            "top center": (x - long / 2, y + 9, x + long / 2, y + 9 + line),
            "bottom center": (x - long / 2, y - 9 - line, x + long / 2, y - 9),
        }

        def overlap(box: tuple[float, float, float, float]) -> float:
            return sum(
                max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
                * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
                for other in taken
            )

        side = min(boxes, key=lambda name: overlap(boxes[name]))
        taken.append(boxes[side])
        found.append(side)
    return found
