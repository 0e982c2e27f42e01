"""Colours, type and the plotly template: one visual language for every page, in light and in dark.

A dataset has one colour everywhere, taken in order from a list whose first eight can be told apart where they overlap,
by colour-blind viewers too. Distances use one sequential scale (light = near, dark = far), signed differences one
diverging scale with a neutral middle.
"""

from __future__ import annotations

from colorsys import hls_to_rgb
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import plotly.graph_objects as go

FONT = "Inter, sans-serif"
SMALL, BODY, TITLE, DISPLAY = 13, 15, 20, 28

# The first two are Okabe and Ito's (2008). With them, the next six were searched for so that any two of the eight lie 0.2
# apart in Oklab and 0.09 to people who lack one kind of cone, in the same order of hues as before; each further one lies
# as far from all before it as the 3:1 on both grounds allows (`tests/ui/test_palette.py` measures all this).
DATASET_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#559E6D",
    "#FF3118",
    "#C20086",
    "#55B6FF",
    "#9249FF",
    "#6C4434",
    "#C87ABC",
    "#006F59",
    "#8585F4",
    "#A67A37",
    "#FF4E90",
    "#C800D3",
    "#6F5990",
    "#C82C00",
    "#E94EDE",
    "#DE6F64",
)

MOST_COLOURS = 80  # further ones; more could not be told apart
SEQUENTIAL = ("#F3F5FB", "#D6DEF2", "#AFBFE6", "#8199D6", "#5873C2", "#3750A3", "#203477", "#111E4D")


@dataclass(frozen=True)
class Ink:
    """The few tones a figure needs on one ground (CSS colours)."""

    ground: str
    text: str
    quiet: str
    rule: str
    accent: str
    neutral: str


LIGHT = Ink("#FFFFFF", "#1B1C1E", "#5C5F64", "#DEDEDA", "#3B4CCA", "#8A8D93")
DARK = Ink("#131416", "#E9E9E6", "#A6A8AD", "#34363A", "#8C9AFF", "#85888F")


def ink(dark: bool) -> Ink:
    """Return the tones of the light or the dark ground."""
    return DARK if dark else LIGHT


def own_ground(tone: Ink) -> str:
    """Return a grey for cells outside the scale, which neither end of it resembles, in the dark either."""
    return "#E9E9E4" if tone is LIGHT else "#4A4D52"


def distance(one: int, other: int) -> float:
    """Return how far the colours of two places look apart (Oklab; 0.1 is plain to see, also through each other)."""
    a, b = (np.array(_lab(_channels(dataset_colour(at)))) for at in (one, other))
    return float(np.linalg.norm(a - b))


def dataset_colour(index: int) -> str:
    """Return the fixed colour of the dataset with this place in the workspace's order.

    After 18 chosen ones, each further one lies as far from all before it as can be; they repeat after 98.
    """
    further = index - len(DATASET_COLOURS)
    return DATASET_COLOURS[index] if further < 0 else _further()[further % MOST_COLOURS]


@cache
def _further() -> tuple[str, ...]:
    """Colours that can be seen on both grounds (3:1), each the farthest of them from all before it."""
    free = _visible()
    lab = np.array([_lab(_channels(colour)) for colour in free])
    apart = np.full(len(free), np.inf)
    for colour in DATASET_COLOURS:
        apart = np.minimum(apart, np.linalg.norm(lab - _lab(_channels(colour)), axis=1))
    found: list[int] = []
    for _ in range(MOST_COLOURS):
        found.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(lab - lab[found[-1]], axis=1))
    return tuple(free[at] for at in found)


def _visible() -> tuple[str, ...]:
    found = []
    for hue, light, full in product(range(72), range(5), (0.35, 0.6, 0.85)):
        target = 0.125 + 0.165 * light / 4  # luminances between which 3:1 holds on white and on the dark ground
        low, high = 0.0, 1.0
        for _ in range(16):  # the lightness that gives it: one rises with the other
            middle = (low + high) / 2
            low, high = (middle, high) if _luminance(hls_to_rgb(hue / 72, middle, full)) < target else (low, middle)
        found.append("#" + "".join(f"{round(255 * channel):02X}" for channel in hls_to_rgb(hue / 72, low, full)))
    return tuple(dict.fromkeys(found))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4


def _lab(channels: tuple[float, float, float]) -> tuple[float, float, float]:
    """A colour in Oklab (Ottosson 2020), where distances are about as large as they look."""
    r, g, b = map(_linear, channels)
    l_ = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    m_ = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    s_ = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


def _luminance(channels: tuple[float, float, float]) -> float:
    linear = [_linear(channel) for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def translucent(colour: str, alpha: float) -> str:
    """Return a `#RRGGBB` colour as `rgba(...)` with the given opacity (0..1)."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def colour_scale(colours: tuple[str, ...]) -> list[tuple[float, str]]:
    """Return colours as an evenly spaced plotly colour scale."""
    last = len(colours) - 1
    return [(place / last, colour) for place, colour in enumerate(colours)]


def text_on(share: float) -> str:
    """Return the text colour readable on the sequential scale at `share` (0 = lightest, 1 = darkest)."""
    # Not the tones of the page, which reports exchange for those of the reader's light or dark: cells keep their colour.
    return "#FEFEFE" if share > 0.52 else "#1A1B1D"


@cache
def template(dark: bool) -> go.layout.Template:
    """Return the one plotly template: no boxes, hairline rules, axis titles in words, no chart junk."""
    tone = ink(dark)
    axis = {
        "showgrid": False,
        "zeroline": False,
        "linecolor": tone.rule,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": "rgba(0,0,0,0)",
        "tickfont": {"size": SMALL, "color": tone.quiet},
        "title": {"font": {"size": SMALL, "color": tone.quiet}, "standoff": 10},
        "automargin": True,
    }
    return go.layout.Template(
        layout=go.Layout(
            font={"family": FONT, "size": SMALL, "color": tone.text},
            paper_bgcolor="rgba(0,0,0,0)",
            plot_bgcolor="rgba(0,0,0,0)",
            colorway=list(DATASET_COLOURS),
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            xaxis=axis,
            yaxis={**axis, "showgrid": True, "gridcolor": tone.rule, "gridwidth": 0.5, "linecolor": "rgba(0,0,0,0)"},
            hoverlabel={
                "bgcolor": tone.ground,
                "bordercolor": tone.rule,
                "font": {"family": FONT, "size": SMALL, "color": tone.text},
                "align": "left",
            },
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": SMALL}},
            dragmode=False,
            modebar={"bgcolor": "rgba(0,0,0,0)", "color": tone.quiet, "activecolor": tone.text},
            uirevision="keep",
        )
    )
