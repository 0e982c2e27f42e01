"""Showing figures, and learning what was clicked in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ui.app import capture, theme
from ui.figures import enlarge


def show(
    figure: go.Figure, *, key: str, alt: str, on_click: Callable[[list[Any]], None] | None = None, tools: bool = True
) -> None:
    """Draw a figure. on_click: called with the `customdata` of the clicked bar before the page runs again.

    alt: what the figure shows, for those who cannot see it. tools: whether saving it as a picture is offered on hover.
    """
    capture.figure(figure, alt)
    figure = enlarge.enlarged(figure) if theme.presenting() else figure
    config = theme.PLOT_CONFIG if tools else theme.BARE_CONFIG
    if on_click is None:
        st.plotly_chart(figure, theme=None, key=key, config=config, alt=alt)
        return

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and points[0].get("customdata") is not None:
            data = points[0]["customdata"]
            on_click(list(data.values()) if isinstance(data, dict) else list(data))

    st.plotly_chart(figure, theme=None, key=key, config=config, alt=alt, on_select=clicked, selection_mode="points")
