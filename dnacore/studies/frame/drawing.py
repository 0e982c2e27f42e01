"""A study's figures as plotly's JSON, for pages and for HTML files alike."""

from __future__ import annotations

from typing import Any

from dnacore.studies.frame.result import Figure, Series, clean

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#332288", "#882255", "#117733")
"""Okabe and Ito's, which stay apart for every kind of colour vision, then more of the same spirit."""
BAND = 0.15
MUTED = "#777777"
SCALE = ((0, "#F4F7FB"), (0.5, "#6BAED6"), (1, "#08306B"))
"""Light is near, dark is far. Plotly's own “Blues” runs one way in Python and the other in its script."""


def plotly(figure: Figure) -> dict[str, Any]:
    """{"data", "layout"} for plotly. Names are data, never markup: `<` is written as an entity."""
    drawn = {"line": _lines, "bar": _bars, "scatter": _points, "heatmap": _heatmap}[figure.kind](figure)
    layout = {
        "title": {"text": plain(figure.title), "x": 0, "xref": "paper", "font": {"size": 15}},
        "xaxis": {"title": {"text": plain(figure.x_title)}, "automargin": True} | _scale(figure.log_x),
        "yaxis": {"title": {"text": plain(figure.y_title)}, "automargin": True} | _scale(figure.log_y),
        "showlegend": figure.kind != "heatmap" and len(figure.series) > 1,
        "legend": {"orientation": "h", "y": -0.25},
        "margin": {"l": 60, "r": 40, "t": 50, "b": 60},
        "hovermode": "closest",
    }
    shapes, notes = _marks(figure)
    return clean({"data": drawn, "layout": layout | {"shapes": shapes, "annotations": notes}})


def plain(text: Any) -> str:
    """Text that plotly, which reads some HTML in labels, shows as it stands."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _scale(logarithmic: bool) -> dict[str, Any]:
    """The type of an axis, and for a logarithmic one its ticks: plotly would label 20 and 30 as a small 2 and 3."""
    if not logarithmic:
        return {"type": "-"}
    ticks = [digit * 10.0**power for power in range(-4, 8) for digit in (1, 2, 5)]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:,.10g}" for tick in ticks]}


def _texts(values: Any) -> list[Any]:
    return [plain(v) if isinstance(v, str) else v for v in values]


def _hover(series: Series) -> dict[str, Any]:
    if not series.text:
        return {}
    return {"hovertext": [plain(text) for text in series.text], "hoverinfo": "text"}


def _lines(figure: Figure) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for i, series in enumerate(figure.series):
        colour = COLOURS[i % len(COLOURS)]
        x = _texts(series.x)
        if len(series.low):
            for bound, fill in ((series.low, None), (series.high, "tonexty")):
                out.append(
                    {
                        "type": "scatter",
                        "x": x,
                        "y": list(bound),
                        "mode": "lines",
                        "line": {"width": 0},
                        "fill": fill,
                        "fillcolor": _faint(colour),
                        "hoverinfo": "skip",
                        "showlegend": False,
                    }
                )
        line = {"color": colour, "width": 2, "dash": "dash" if series.dashed else "solid"}
        out.append(
            {
                "type": "scatter",
                "x": x,
                "y": list(series.y),
                "name": plain(series.name),
                "mode": "lines+markers",
                "line": line,
                "marker": {"size": 5},
            }
            | _hover(series)
        )
    return out


def _points(figure: Figure) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "x": _texts(s.x),
            "y": list(s.y),
            "name": plain(s.name),
            "mode": "markers",
            "marker": {"color": COLOURS[i % len(COLOURS)], "size": 8},
        }
        | _hover(s)
        for i, s in enumerate(figure.series)
    ]


def _bars(figure: Figure) -> list[dict[str, Any]]:
    out = []
    for i, series in enumerate(figure.series):
        bar = {
            "type": "bar",
            "x": _texts(series.x),
            "y": list(series.y),
            "name": plain(series.name),
            "marker": {"color": COLOURS[i % len(COLOURS)]},
        } | _hover(series)
        if len(series.low):
            bar["error_y"] = {
                "type": "data",
                "symmetric": False,
                "color": MUTED,
                "array": [h - y for h, y in zip(series.high, series.y, strict=True)],
                "arrayminus": [y - low for low, y in zip(series.low, series.y, strict=True)],
            }
        out.append(bar)
    return out


def _heatmap(figure: Figure) -> list[dict[str, Any]]:
    return [
        {
            "type": "heatmap",
            "x": _texts(figure.series[0].x),
            "y": [plain(s.name) for s in figure.series],
            "z": [list(s.y) for s in figure.series],
            "colorscale": SCALE,
            "colorbar": {"title": {"text": plain(figure.z_title)}},
        }
    ]


def _marks(figure: Figure) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for mark in figure.marks:
        line = {"type": "line", "line": {"color": MUTED, "width": 1, "dash": "dot"}}
        label = {"text": plain(mark.label), "showarrow": False, "font": {"size": 12, "color": MUTED}}
        if mark.y is not None:
            shapes.append(line | {"xref": "paper", "x0": 0, "x1": 1, "y0": mark.y, "y1": mark.y})
            y = mark.y if not figure.log_y else None
            if y is not None:
                notes.append(label | {"xref": "paper", "x": 1, "xanchor": "right", "y": y, "yanchor": "bottom"})
        else:
            shapes.append(line | {"yref": "paper", "y0": 0, "y1": 1, "x0": mark.x, "x1": mark.x})
            if not figure.log_x:
                notes.append(label | {"yref": "paper", "y": 1, "yanchor": "bottom", "x": mark.x})
    return shapes, notes


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{BAND})"
