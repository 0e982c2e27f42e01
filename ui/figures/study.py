"""A study's figure as every other one looks: datasets in their own colours, layers by their names, distances on one scale."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ui.app import palette, words

MOST_NAMES = 9  # along an axis; of more every second or third is written


def dressed(figure: go.Figure, colours: Mapping[str, str], *, dark: bool = False) -> go.Figure:
    """Return a study's figure in the dashboard's look. colours: a CSS colour (`#RRGGBB`) for each dataset's name."""
    figure.update_layout(
        template=palette.template(dark),
        height=400,
        margin={"t": 72},
        title={"y": 0.98, "yanchor": "top"},
        legend={"y": 1.02, "yanchor": "bottom", "x": 0},
    )
    bands: list[go.Scatter] = []  # of the line that comes after them
    for trace in figure.data:
        if trace.type == "heatmap":
            _distances(figure, trace)
        elif trace.name is None:
            bands.append(trace)
        else:
            if colour := colours.get(trace.name):
                trace.marker.color = colour
                if trace.type == "scatter":
                    trace.line.color = colour
                for band in bands:
                    band.fillcolor = palette.translucent(colour, 0.15)
            bands = []
    _name_layers(figure)
    return figure


def _distances(figure: go.Figure, trace: go.Heatmap) -> None:
    values = np.array(trace.z, float)
    trace.update(colorscale=palette.colour_scale(palette.SEQUENTIAL), showscale=False, xgap=2, ygap=2)
    if values.size <= 100:
        trace.update(text=[[words.significant(value) for value in row] for row in values], texttemplate="%{text}")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(side="top")
    figure.update_layout(height=160 + 44 * len(values))


def _name_layers(figure: go.Figure) -> None:
    found = [value for trace in figure.data[:1] for value in (trace.x if trace.x is not None else ())]
    if not found or not re.match(r"(block|layer|stage|stem|conv)[_a-z]*\d", str(found[0])):
        return
    step = -(-len(found) // MOST_NAMES)
    shown = found[::step]
    figure.update_xaxes(tickvals=shown, ticktext=[words.layer(value) for value in shown], tickangle=0)
