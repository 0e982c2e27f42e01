"""Figures for a room: the same figure with larger type, and taller so that the type has room."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

TYPE, HEIGHT = 1.4, 1.3


def enlarged(figure: go.Figure) -> go.Figure:
    """Return a copy of a figure with every font size and its height scaled up."""
    told = figure.to_dict()
    _scale(told)
    if told["layout"].get("height"):
        told["layout"]["height"] = round(told["layout"]["height"] * HEIGHT)
    return go.Figure(told)


def _scale(told: Any) -> None:
    if isinstance(told, dict):
        for key, value in told.items():
            if key.endswith("font") and isinstance(value, dict) and isinstance(value.get("size"), int | float):
                value["size"] = round(value["size"] * TYPE)
            _scale(value)
    elif isinstance(told, list | tuple):
        for value in told:
            _scale(value)
