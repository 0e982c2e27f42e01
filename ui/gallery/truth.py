"""How good a ranking is, where an attribute says which images should come first: AUC, and precision against recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dnacore.analyses import metrics
from dnacore.attributes.derived import BETWEEN, TAG
from ui.app import address, layout, palette, reads, theme, words
from ui.app.reads import Ready
from ui.choices import piles
from ui.components import chart
from ui.figures import effects

NONE = "none"
MOST_POINTS = 400


@dataclass(frozen=True)
class Truth:
    """The images that should come first: those whose attribute has a value."""

    column: str
    value: str

    @property
    def said(self) -> str:
        return f"{piles.said_column(self.column)}: {piles.said(self.value)}"


def choose(dataset: Ready) -> Truth | None:
    """Draw the choice of which images should come first; None without one."""
    found = {
        f"{column}={value}": Truth(column, value)
        for column, values in piles.splits(reads.attributes(dataset.dataset)).items()
        for value in (["1"] if "1" in values else values)
    }
    if not found:
        return None
    chosen = address.select(
        "Check the order by",
        [NONE, *found],
        key="truth",
        format_func=lambda code: found[code].said if code in found else "Nothing in particular",
        plain=True,
        help="An attribute taken as the truth: how often do its images come first?",
    )
    return found.get(chosen)


def relevant(dataset: Ready, ranked: pd.DataFrame, wanted: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Return of each ranked image whether it should come first, and whether that is known: (N,) bool each."""
    table = reads.attributes(dataset.dataset)
    values = dict(zip((row.index for row in reads.files(dataset.dataset)), table[wanted.column], strict=True))
    found = [str(values.get(int(index), "")) for index in ranked["index"]]
    if wanted.column == TAG and wanted.value not in (
        "0",
        "1",
    ):  # one of several tags; an image without it does not have it
        return np.array([wanted.value in value.split(BETWEEN) for value in found]), np.ones(len(found), bool)
    return np.array([value == wanted.value for value in found]), np.array([value != "" for value in found])


def draw(dataset: Ready, ranked: pd.DataFrame, wanted: Truth | None) -> None:
    """Draw how well a ranking finds what should come first."""
    if wanted is None:
        return
    hits, known = relevant(dataset, ranked, wanted)
    hits, distances = hits[known], ranked["distance"].to_numpy()[known]
    if not hits.any() or hits.all():
        layout.caption(f"All or none of the ranked images have {wanted.said}, so there is nothing to find.")
        return
    area, found = metrics.auc(distances, hits), metrics.precision_recall(hits)
    top = min(100, int(hits.sum()))
    layout.found(*sentence(wanted, area, int(hits[:top].sum()), top, of_all=bool(known.all())))
    chart.show(
        curve(found.recall, found.precision, chance=float(hits.mean()), dark=theme.is_dark()),
        key="precision-recall",
        alt=f"Precision against recall for {wanted.said}",
        tools=False,
    )
    layout.caption(
        "How many of the images seen so far have it (precision), as more and more of those that have it are found "
        f"(recall). The dotted line is what chance gives. Average precision {found.average:.3f} of 1; "
        f"{words.count(int(hits.sum()), 'image')} of {len(hits):,} have it."
    )


def sentence(wanted: Truth, area: float, hits: int, top: int, *, of_all: bool = True) -> tuple[str, str]:
    """Say how often an image that should come first does, and the numbers behind it. of_all: whether every image says."""
    having = effects.images_of(f"{wanted.column}={wanted.value}")
    said = f"One of the {having} comes first {words.pairs(area)}; {hits:,} of the first {top:,} are such images"
    unknown = "" if of_all else " Images without a value are left out."
    return said, f"AUC {area:.3f} (0.5 is chance, 1 is always).{unknown}"


def curve(recall: npt.ArrayLike, precision: npt.ArrayLike, *, chance: float, dark: bool = False) -> go.Figure:
    """Draw precision against recall. chance: the share of images that should come first."""
    tone = palette.ink(dark)
    found, right = np.asarray(recall), np.asarray(precision)
    keep = np.unique(np.linspace(0, len(found) - 1, min(MOST_POINTS, len(found))).astype(int))
    figure = go.Figure()
    figure.add_scatter(
        x=found[keep],
        y=right[keep],
        mode="lines",
        line={"color": tone.accent, "width": 2},
        hovertemplate="%{y:.0%} of those seen have it, once %{x:.0%} are found<extra></extra>",
        showlegend=False,
    )
    figure.add_hline(y=chance, line={"color": tone.neutral, "width": 1, "dash": "dot"})
    figure.update_layout(template=palette.template(dark), height=240, showlegend=False, hovermode="x")
    figure.update_xaxes(
        title_text="recall, share of those that have it", range=[0, 1], tickformat=".0%", fixedrange=True
    )
    figure.update_yaxes(title_text="precision", range=[0, 1.02], tickformat=".0%", fixedrange=True, nticks=4)
    return figure
