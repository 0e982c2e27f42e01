"""Drawing: heat over pictures, bars, and sheets of panels with words, by Pillow alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from dnacore.lens.analysis import Panel


PAPER, INK, FAINT = (255, 255, 255), (28, 30, 38), (120, 126, 140)
GAP, LINE = 14, 20
#: Dark violet to pale yellow, each step lighter than the one before, so that it reads in grey as well.
_HEAT = np.array([(0, 0, 4), (60, 15, 110), (140, 41, 129), (213, 74, 98), (251, 135, 97), (252, 253, 191)], np.float64)
_AGAINST, _FOR = np.array((33, 102, 172.0)), np.array((214, 47, 39.0))
STRENGTH = 0.75  #: share of the heat in a place's colour where it is hottest


def font(size: int = 13) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow: the same letters on every machine."""
    return ImageFont.load_default(size)


def colours(values: np.ndarray) -> np.ndarray:
    """(...,) values from 0 to 1 as (..., 3) uint8 colours, dark to bright."""
    places = np.clip(values, 0, 1) * (len(_HEAT) - 1)
    below = np.minimum(places.astype(int), len(_HEAT) - 2)
    share = (places - below)[..., None]
    return np.rint(_HEAT[below] * (1 - share) + _HEAT[below + 1] * share).astype(np.uint8)


def scaled(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) values at the size (width, height) of a picture, smoothly."""
    plane = Image.fromarray(np.ascontiguousarray(heat, dtype=np.float32))
    return np.asarray(plane.resize(size, Image.Resampling.BICUBIC))


def heat_over(picture: Image.Image, heat: np.ndarray) -> Image.Image:
    """A picture under (h, w) heat, 0 or more: bright where it is hottest, unchanged where there is none."""
    top = float(heat.max())
    values = np.clip(scaled(heat / top if top > 0 else heat, picture.size), 0, 1)
    base = np.asarray(picture.convert("L").convert("RGB"), np.float64) * 0.85
    share = (STRENGTH * values)[..., None]
    return Image.fromarray(np.rint(base * (1 - share) + colours(values) * share).astype(np.uint8))


def for_and_against(picture: Image.Image, heat: np.ndarray) -> Image.Image:
    """A picture under (h, w) signed heat: red speaks for, blue against."""
    top = float(np.abs(heat).max())
    values = np.clip(scaled(heat / top if top > 0 else heat, picture.size), -1, 1)[..., None]
    base = np.asarray(picture.convert("L").convert("RGB"), np.float64) * 0.5 + 127
    share = STRENGTH * np.abs(values)
    return Image.fromarray(np.rint(base * (1 - share) + np.where(values > 0, _FOR, _AGAINST) * share).astype(np.uint8))


def stretched(values: np.ndarray) -> np.ndarray:
    """(..., h, w) numbers as uint8 from black to white, each map over its own range."""
    low, high = values.min((-1, -2), keepdims=True), values.max((-1, -2), keepdims=True)
    return np.rint((values - low) / np.maximum(high - low, 1e-12) * 255).astype(np.uint8)


def tiles(images: Sequence[Image.Image], columns: int, gap: int = 2) -> Image.Image:
    """Pictures of one size side by side, row after row."""
    width, height = images[0].size
    rows = ceil(len(images) / columns)
    out = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), PAPER)
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        out.paste(image, (column * (width + gap), row * (height + gap)))
    return out


def bars(counts: np.ndarray, size: tuple[int, int], colour: tuple[int, int, int] = (76, 98, 190)) -> Image.Image:
    """(k,) counts as a histogram."""
    width, height = size
    parts = np.array([part.sum() for part in np.array_split(counts, min(len(counts), width // 2))], np.float64)
    tall = np.sqrt(parts / max(1.0, parts.max())) * (height - 4)  # square root, so that rare activations can be seen
    out = Image.new("RGB", size, (244, 245, 249))
    draw = ImageDraw.Draw(out)
    step = width / len(parts)
    for place, value in enumerate(tall):
        draw.rectangle((place * step, height - value, (place + 1) * step - 1, height), fill=colour)
    return out


def odds(rows: Sequence[tuple[str, float]], size: tuple[int, int]) -> Image.Image:
    """Words with their probabilities, 0 to 1, as bars below one another."""
    width, height = size
    out = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(out)
    step = height / max(1, len(rows))
    for place, (word, share) in enumerate(rows):
        top = place * step
        draw.rectangle((0, top + 18, max(1.0, share * (width - 1)), top + 24), fill=(76, 98, 190))
        draw.text((0, top), fitted(f"{word}, {share:.0%}", width), fill=INK, font=font())
    return out


def fitted(text: str, width: int, size: int = 13) -> str:
    """The text, cut short where it is wider than `width` pixels."""
    letters = font(size)
    if letters.getlength(text) <= width:
        return text
    while text and letters.getlength(text + "\u2026") > width:
        text = text[:-1]
    return text + "\u2026"


def titled(panel: Panel, width: int = 0) -> Image.Image:
    """A panel with its title above it."""
    width = max(width, panel.image.width)
    out = Image.new("RGB", (width, panel.image.height + LINE), PAPER)
    ImageDraw.Draw(out).text((0, 1), fitted(panel.title, width), fill=INK, font=font())
    out.paste(panel.image, (0, LINE))
    return out


def sheet(panels: Sequence[Panel], columns: int = 0) -> Image.Image:
    """All panels in rows, each with its title above it."""
    columns = min(columns or 6, len(panels))
    widths = [max(110, *(panel.image.width for panel in panels[c::columns])) for c in range(columns)]
    made = [titled(panel, widths[place % columns]) for place, panel in enumerate(panels)]
    rows = [made[start : start + columns] for start in range(0, len(made), columns)]
    heights = [max(image.height for image in row) for row in rows]
    out = Image.new("RGB", (sum(widths) + GAP * (columns + 1), sum(heights) + GAP * (len(rows) + 1)), PAPER)
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        left = GAP
        for image, width in zip(row, widths, strict=False):
            out.paste(image, (left, top))
            left += width + GAP
        top += height + GAP
    return out
