"""Figures of distances: arrays and names in, one plotly figure out. No state, no Streamlit, no file access.

Everything a reader may click is a bar with `customdata`, because bars report clicks to Streamlit and heatmap
cells do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ui.app import palette, words


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
        halves: (k,) distances of two random halves of each dataset, for the diagonal; NaN where unknown.
        within: (k, k) bool, which distances are no larger than chance would give: outlined and written with “≈”.
    """
    values = np.asarray(matrix, dtype=float)
    halves = np.full(len(names), np.nan) if halves is None else np.asarray(halves, float)
    within = np.zeros(values.shape, bool) if within is None else np.asarray(within, bool)
    k = len(names)
    cell = cell or max(34, min(62, 440 // k))
    tone = palette.ink(dark)
    diagonal = np.eye(k, dtype=bool)
    apart = values[~diagonal]
    top = float(apart.max()) if apart.size and apart.max() > 0 else 1.0
    figure = go.Figure()
    figure.add_heatmap(
        z=np.where(diagonal | within, np.nan, values),
        x=list(range(k)),
        y=list(range(k)),
        zmin=0,
        zmax=top,
        colorscale=palette.colour_scale(palette.SEQUENTIAL),
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
            f"<b>{plain(names[i])}</b> and <b>{plain(names[j])}</b><br>{words.distance(values[i, j], unit)}"
            + ("<br>Not more than chance would give" if within[i, j] else "")
            + "<br>Click to see why"
            for i, j in zip(rows, columns, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    if within.any():
        _outline(figure, within, tone)
    if k <= 12:
        # One trace of text: a hundred annotations take plotly four seconds to check.
        cells = [(i, j) for i in range(k) for j in range(k)]
        digits = 3 if k <= 6 else 2

        def said(i: int, j: int) -> str:
            if i == j:
                return words.significant(halves[i], 2) if np.isfinite(halves[i]) else "0"
            return f"{'≈ ' if within[i, j] else ''}{words.significant(values[i, j], digits)}"

        figure.add_scatter(
            x=[j for _, j in cells],
            y=[i for i, _ in cells],
            mode="text",
            text=[said(i, j) for i, j in cells],
            textfont={
                "size": palette.BODY if k <= 5 else palette.SMALL,
                "color": [
                    tone.quiet if i == j else tone.text if within[i, j] else palette.text_on(values[i, j] / top)
                    for i, j in cells
                ],
            },
            hoverinfo="skip",
            showlegend=False,
        )
    labels = [plain(short(name, 18)) for name in names]
    slanted = k * max(map(len, labels)) > 64  # about what fits side by side in the width of a result
    ticks = {
        "tickvals": list(range(k)),
        "ticktext": labels,
        "range": [-0.5, k - 0.5],
        "showgrid": False,
        "fixedrange": True,
    }
    figure.update_layout(
        template=palette.template(dark),
        height=int(np.clip((110 if slanted else 60) + cell * k, 220, 760)),
        barmode="overlay",
        bargap=0,
        clickmode="event+select",
        showlegend=False,
        margin={"l": 8, "r": 48 if slanted else 8, "t": 8, "b": 8},
    )
    figure.update_xaxes(
        **ticks,
        side="top",
        ticklabeloverflow="allow",
        tickangle=-40 if slanted else 0,
        linecolor="rgba(0,0,0,0)",
        tickfont={"color": tone.text},
    )
    figure.update_yaxes(**{**ticks, "range": [k - 0.5, -0.5]}, tickfont={"color": tone.text})
    return figure


def _outline(figure: go.Figure, cells: np.ndarray, tone: palette.Ink) -> None:
    # On neutral ground, whatever the scale would make of them: dark means far, and these are not known to be.
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
        fillcolor=tone.ground,
        hoverinfo="skip",
        showlegend=False,
    )


def by_layer(
    means: Mapping[str, float],
    *,
    unit: str,
    chosen: str | None = None,
    floor: Mapping[str, float] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw the mean distance of each layer's neurons, in network order; a click reports `customdata` = [layer].

    floor: what chance alone would give in each layer; drawn as a tick across its bar.
    """
    tone = palette.ink(dark)
    layers = list(means)
    values = [float(means[name]) for name in layers]
    peak = max(range(len(layers)), key=values.__getitem__) if layers else 0
    emphasised = layers.index(chosen) if chosen in means else peak
    colours = [
        tone.accent if at == emphasised else palette.translucent(tone.neutral, 0.55) for at in range(len(layers))
    ]
    figure = go.Figure()
    figure.add_bar(
        x=list(range(len(layers))),
        y=values,
        customdata=[[name] for name in layers],
        marker={"color": colours, "line": {"width": 0}},
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
        figure.add_scatter(
            x=known,
            y=[floor[layers[at]] for at in known],
            mode="markers",
            marker={"symbol": "line-ew", "size": 16, "line": {"width": 2, "color": tone.text}},
            hovertext=[f"{words.significant(floor[layers[at]])} by chance" for at in known],
            hoverinfo="text",
            showlegend=False,
        )
    if layers:
        figure.add_annotation(
            x=emphasised, y=values[emphasised], text=words.significant(values[emphasised]), showarrow=False, yshift=10
        )
    step = max(1, -(-len(layers) // 9))
    figure.update_layout(
        template=palette.template(dark), height=260, bargap=0.25, clickmode="event+select", showlegend=False
    )
    figure.update_xaxes(
        tickvals=list(range(0, len(layers), step)),
        ticktext=[plain(words.layer(name)) for name in layers[::step]],
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
        marker={
            "color": [tone.accent if place == chosen else palette.translucent(tone.neutral, 0.55) for place in places],
            "line": {"width": 0},
        },
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
        figure.add_scatter(
            x=[float(value) for value in floor],
            y=places,
            mode="markers",
            marker={"symbol": "line-ns", "size": 8 if above else 14, "line": {"width": 2, "color": tone.text}},
            hovertext=[f"{words.significant(float(value))} by chance" for value in floor],
            hoverinfo="text",
            showlegend=False,
        )
    top = max((float(value) for value in values), default=1.0) or 1.0
    figure.update_layout(
        template=palette.template(dark),
        height=max(140, 40 + (30 if above else 22) * len(labels)),
        margin={"l": 8, "r": 34, "t": 8, "b": 8},
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
        for place, label in zip(places, labels, strict=True):
            figure.add_annotation(
                x=0, y=place, text=plain(label), showarrow=False, xanchor="left", yanchor="bottom", yshift=2,
                font={"size": palette.SMALL, "color": tone.quiet},
            )  # fmt: skip
    return figure


def _axis(unit: str) -> str:
    return "EMD, bins" if unit == "bins" else f"distance, {unit}" if unit else "distance"


def short(name: str, length: int) -> str:
    """Return a name cut to a length, with an ellipsis where something is missing."""
    return name if len(name) <= length else f"{name[: length - 1]}…"


def plain(text: str) -> str:
    """Return text that plotly shows as it stands: it renders a subset of HTML, and names come from users."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
