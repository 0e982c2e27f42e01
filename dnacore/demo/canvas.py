"""The drawing surface of the demo: smooth shapes at twice the size, reduced once at the end.

Points are `(n, 2)` float arrays in final pixels, x to the right and y downward; colours are `(red, green, blue)` in
0..255. Everything works on the bounding box of the shape at hand, which is what keeps a picture near ten milliseconds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

SUPERSAMPLE = 2

_TURN = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)


def rgb(code: str) -> Colour:
    """`"ffcc00"` as a colour."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def palette(codes: str) -> list[Colour]:
    """Several colours written as one string, separated by spaces."""
    return [rgb(code) for code in codes.split()]


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` (0..1) of `b` in it."""
    rest = 1.0 - share
    return (
        int(a[0] * rest + b[0] * share + 0.5),
        int(a[1] * rest + b[1] * share + 0.5),
        int(a[2] * rest + b[2] * share + 0.5),
    )


def lighter(colour: Colour, share: float) -> Colour:
    """Towards white."""
    return mix(colour, (255, 255, 255), share)


def darker(colour: Colour, share: float) -> Colour:
    """Towards a deep blue-violet rather than black: shadows that go grey look dirty."""
    return mix(colour, (28, 18, 48), share)


def points(*pairs: tuple[float, float]) -> np.ndarray:
    """`(n, 2)` float array of the given corners."""
    return np.array(pairs, dtype=np.float64)


def ellipse(x: float, y: float, rx: float, ry: float, *, turn: float = 0.0) -> np.ndarray:
    """Outline of an ellipse, turned by `turn` radians."""
    ring = _CIRCLE * (rx, ry)
    if turn:
        c, s = np.cos(turn), np.sin(turn)
        ring = ring @ np.array([[c, s], [-s, c]])
    return ring + (x, y)


def _weights(steps: int) -> np.ndarray:
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    return 0.5 * np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2])


_WEIGHTS = {steps: _weights(steps) for steps in (3, 6, 10)}


def smooth(corners: np.ndarray, *, closed: bool = True, steps: int = 6) -> np.ndarray:
    """Catmull-Rom curve through `corners` `(n, 2)`, `steps` (3, 6 or 10) points per span."""
    if not closed:
        corners = np.concatenate([[2 * corners[0] - corners[1]], corners, [2 * corners[-1] - corners[-2]]])
    curve = (_WEIGHTS[steps] @ corners[_spans(len(corners), closed)]).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, corners[-2:-1]])


@lru_cache(maxsize=256)
def _spans(count: int, closed: bool) -> np.ndarray:
    """Which four corners shape each span, `(spans, 4)`."""
    if closed:
        return (np.arange(count)[:, None] + (-1, 0, 1, 2)) % count
    return np.arange(count - 3)[:, None] + np.arange(4)


@lru_cache(maxsize=256)
def _swell(count: int, taper: float) -> np.ndarray:
    return (0.5 - 0.5 * taper * np.abs(np.linspace(-1, 1, count)) ** 1.6)[:, None] * (-1, 1)


def ribbon(path: np.ndarray, width: float, *, taper: float = 0.0) -> np.ndarray:
    """Outline of a brush line along `path` `(n, 2)`; `taper` (0..1) thins it towards both ends."""
    along = np.empty_like(path)
    along[1:-1] = path[2:] - path[:-2]
    along[0], along[-1] = path[1] - path[0], path[-1] - path[-2]
    length = np.sqrt((along * along).sum(axis=1, keepdims=True)) + 1e-9
    side = along[:, ::-1] * (_swell(len(path), taper) * (width / length))
    return np.concatenate([path + side, (path - side)[::-1]])


class Canvas:
    """An RGB picture under construction, held at `SUPERSAMPLE` times its final size."""

    def __init__(self, width: int, height: int, colour: Colour = (255, 255, 255)) -> None:
        self.width, self.height = width, height
        self.picture = Image.new("RGB", (width * SUPERSAMPLE, height * SUPERSAMPLE), colour)
        self._pen = ImageDraw.Draw(self.picture)

    def rows(self, colours: np.ndarray) -> None:
        """Cover everything with one colour per row: `(height, 3)` in 0..255 at final size."""
        column = Image.fromarray(colours.astype(np.uint8)[:, None]).resize((1, self.picture.height))
        self.picture.paste(column.resize(self.picture.size, Image.Resampling.NEAREST))

    def area(self, *outlines: np.ndarray) -> Image.Image:
        """The union of closed outlines as a mask that `fill(..., within=)` takes."""
        mask = Image.new("L", self.picture.size, 0)
        pen = ImageDraw.Draw(mask)
        for outline in outlines:
            pen.polygon((outline * SUPERSAMPLE).ravel().tolist(), fill=255)
        return mask

    def fill(
        self,
        outline: np.ndarray,
        colour: Colour,
        *,
        opacity: float = 1.0,
        within: Image.Image | None = None,
        soft: float = 0.0,
    ) -> None:
        """Fill a closed outline; `soft` is the blur radius of its edge in final pixels."""
        if opacity >= 1 and within is None and not soft:
            self._pen.polygon((outline * SUPERSAMPLE).ravel().tolist(), fill=colour)
            return
        found = self._box(outline, 2.5 * soft)
        if found is None:
            return
        left, top, right, bottom = found
        # A blurred edge holds no detail, so it is drawn small and enlarged: a tenth of the time of blurring it in full.
        shrink = max(1, int(soft * SUPERSAMPLE / 1.5)) if soft else 1
        size = (max(1, (right - left) // shrink), max(1, (bottom - top) // shrink))
        mask = Image.new("L", size, 0)
        scaled = (outline * SUPERSAMPLE - (left, top)) * (size[0] / (right - left), size[1] / (bottom - top))
        ImageDraw.Draw(mask).polygon(scaled.ravel().tolist(), fill=int(255 * min(1.0, opacity)))
        if soft:
            mask = mask.filter(ImageFilter.GaussianBlur(soft * SUPERSAMPLE / shrink))
            mask = mask.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        if within is not None:
            mask = ImageChops.multiply(mask, within.crop(found))
        self.picture.paste(colour, found, mask)

    def polygon(self, corners: list[float], colour: Colour) -> None:
        """Fill `[x, y, x, y, ...]` given in the canvas's own pixels (`SUPERSAMPLE` per final one): the fastest way."""
        self._pen.polygon(corners, fill=colour)

    def disc(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """Fill an upright ellipse given in final pixels."""
        x, y, rx, ry = x * SUPERSAMPLE, y * SUPERSAMPLE, rx * SUPERSAMPLE, ry * SUPERSAMPLE
        self._pen.ellipse((x - rx, y - ry, x + rx, y + ry), fill=colour)

    def haze(self, discs: list[tuple[float, float, float, float]], colour: Colour, opacity: float, soft: float) -> None:
        """The union of many ellipses `(x, y, rx, ry)` in final pixels as one soft shape: clouds, smoke."""
        width, height = self.width // 2, self.height // 2
        mask = Image.new("L", (width, height), 0)
        pen = ImageDraw.Draw(mask)
        for x, y, rx, ry in discs:
            pen.ellipse(((x - rx) / 2, (y - ry) / 2, (x + rx) / 2, (y + ry) / 2), fill=int(255 * opacity))
        if (found := mask.getbbox()) is None:
            return
        pad = int(1.5 * soft) + 1
        box = (max(0, found[0] - pad), max(0, found[1] - pad), min(width, found[2] + pad), min(height, found[3] + pad))
        mask = mask.crop(box).filter(ImageFilter.GaussianBlur(soft / 2))
        scale = 2 * SUPERSAMPLE
        left, top, right, bottom = (v * scale for v in box)
        self.picture.paste(
            colour,
            (left, top, right, bottom),
            mask.resize((right - left, bottom - top), Image.Resampling.BILINEAR),
        )

    def line(self, path: np.ndarray, colour: Colour, width: float, *, closed: bool = False) -> None:
        """A line of even width, in final pixels."""
        track = np.vstack([path, path[:2]]) if closed else path
        thick = max(1, round(width * SUPERSAMPLE))
        self._pen.line((track * SUPERSAMPLE).ravel().tolist(), fill=colour, width=thick)

    def shape(self, outline: np.ndarray, colour: Colour, edge: Colour | None, width: float) -> None:
        """A filled outline with a line around it, where `edge` is given."""
        self.fill(outline, colour)
        if edge is not None and width > 0:
            self.line(outline, edge, width, closed=True)

    def finished(self) -> np.ndarray:
        """The picture at its final size, `(height, width, 3)` float32 in 0..255."""
        return np.asarray(self.picture.reduce(SUPERSAMPLE)).astype(np.float32)

    def _box(self, outline: np.ndarray, margin: float) -> tuple[int, int, int, int] | None:
        low, high = outline.min(0) - margin - 1, outline.max(0) + margin + 1
        left, top = (max(0, int(v * SUPERSAMPLE)) for v in low)
        right = min(self.picture.width, int(high[0] * SUPERSAMPLE) + 1)
        bottom = min(self.picture.height, int(high[1] * SUPERSAMPLE) + 1)
        return (left, top, right, bottom) if right > left and bottom > top else None
