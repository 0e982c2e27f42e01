"""Developing a street picture: glow of lamps, wet road, rain, fog, the windscreen and the bonnet."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dnacore.demo.canvas import darker, ellipse, lighter, mix, points, ribbon, smooth
from dnacore.demo.streets.vehicles import PAINT
from dnacore.demo.streets.view import HEIGHT, WIDTH, View

_HALF = 2
_REACH = 96
_GRID = np.hypot(*np.mgrid[-_REACH : _REACH + 1, -_REACH : _REACH + 1]).astype(np.float32)
_ROWS, _COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
_VIGNETTE = 1 - 0.22 * (((_COLUMNS / WIDTH - 0.5) ** 2 + (_ROWS / HEIGHT - 0.5) ** 2) / 0.5)[..., None]


def glow_layer(view: View) -> np.ndarray:
    """All lights of the scene, `(HEIGHT, WIDTH, 3)` to be added; computed at half size, as light has no edges."""
    h, w = HEIGHT // _HALF, WIDTH // _HALF
    layer = np.zeros((h, w, 3), dtype=np.float32)
    for x, y, reach, colour, strength in view.glows:
        r = reach / _HALF
        size = int(min(_REACH, 2.2 * r)) + 1
        cx, cy = int(x / _HALF), int(y / _HALF)
        top, bottom, left, right = max(0, cy - size), min(h, cy + size + 1), max(0, cx - size), min(w, cx + size + 1)
        if top >= bottom or left >= right:
            continue
        d = _GRID[top - cy + _REACH : bottom - cy + _REACH, left - cx + _REACH : right - cx + _REACH] / r
        kernel = strength * np.maximum(0, 0.55 * np.exp(-6 * d * d) + 0.45 * np.exp(-2.0 * d) - 0.0055)
        layer[top:bottom, left:right] += kernel[..., None] * np.array(colour, dtype=np.float32)
    return _enlarged(layer)


def _enlarged(layer: np.ndarray) -> np.ndarray:
    # Lights that overlap add up softly instead of clipping to a flat disc.
    small = Image.fromarray((255 - 255 * np.exp(layer * np.float32(-1 / 230))).astype(np.uint8))
    return np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)).astype(np.float32)


def head_lamps(view: View) -> np.ndarray:
    """Factor `(HEIGHT, WIDTH, 1)` by which our own head-lamps light the road at night."""
    h, w = HEIGHT // 4, WIDTH // 4
    rows, columns = (np.arange(n, dtype=np.float32)[:, None] / n for n in (h, w))
    depth = np.clip((rows * HEIGHT - view.horizon) / (HEIGHT - view.horizon), 0, 1)
    beam = np.zeros((h, w), dtype=np.float32)
    for side in (-0.16, 0.16):
        beam += np.exp(-2 * ((columns.T - 0.5 - side * depth) / (0.1 + 0.34 * depth)) ** 2)
    gain = 1 + view.hour.dark * 1.25 * beam * np.clip(depth * 7, 0, 1) * np.exp(-1.5 * depth)
    return np.asarray(Image.fromarray(gain).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))[..., None]


def developed(view: View) -> np.ndarray:
    """The scene as the camera takes it, `(HEIGHT, WIDTH, 3)` float32 in 0..255."""
    rng = view.random("weather")
    pixels = view.canvas.finished()
    if view.hour.dark > 0.8:
        pixels *= head_lamps(view)
        np.minimum(pixels, 255, out=pixels)
    y = int(view.horizon)
    if view.fog:
        veil = 0.16 + 0.42 * np.exp(-(((np.arange(HEIGHT, dtype=np.float32) - y) / 34) ** 2))
        pixels += (np.array(view.haze, dtype=np.float32) - pixels) * veil[:, None, None]
    if view.glows:
        # Screen rather than sum, so that lamps do not clip to flat white discs.
        light = glow_layer(view)
        pixels += light - pixels * light * (1 / 255)
    if view.rain:
        _wet(view, pixels[y:], pixels[max(0, 2 * y - HEIGHT) : y][::-1])
        _rain(view, pixels, rng)
    gain, tint = rng.uniform(0.93, 1.07), rng.uniform(0.97, 1.03, 3)
    pixels *= _VIGNETTE * (gain * tint).astype(np.float32)
    noise = rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32) * np.float32(1.4 + 1.2 * view.hour.dark)
    pixels += noise[..., None]
    return np.clip(pixels, 0, 255, out=pixels)


def _wet(view: View, ground: np.ndarray, above: np.ndarray) -> None:
    """Mirror what is above the horizon in the ground, in place; the mirror image is drawn out lengthwise."""
    depth = len(ground)
    mirror = np.clip(above, 0, 255).astype(np.uint8)
    picture = Image.fromarray(mirror).resize((WIDTH // 2, depth // 9), Image.Resampling.BOX)
    mirror = np.asarray(picture.resize((WIDTH, depth), Image.Resampling.BILINEAR)).astype(np.float32)
    rows = np.arange(depth, dtype=np.float32)[:, None, None]
    wave = np.sin(2.9 * rows**0.8 + 0.8 * np.sin(0.045 * np.arange(WIDTH, dtype=np.float32))[None, :, None])
    # None at the horizon, where a mirror image would start with a seam, and less in fog.
    share = np.minimum(1, rows / 14) * np.float32(0.6 if view.fog else 1.0)
    ground += (mirror - 0.8 * ground + 8) * (share * (0.36 + 0.07 * wave))


def _rain(view: View, pixels: np.ndarray, rng: np.random.Generator) -> None:
    """Streaks at three distances and drops on the windscreen, in place."""
    slant = rng.uniform(-0.25, 0.25)
    mask = Image.new("L", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(mask)
    for count, length, tone in ((110, 9, 70), (70, 18, 110), (22, 34, 150)):
        xs, ys = rng.uniform(-20, WIDTH + 20, count), rng.uniform(-30, HEIGHT, count)
        for x, y, size in zip(xs, ys, length * rng.uniform(0.6, 1.3, count), strict=True):
            pen.line((x, y, x + slant * size, y + size), fill=tone, width=1)
    streaks = np.asarray(mask.filter(ImageFilter.BoxBlur(0.5))).astype(np.float32)[..., None]
    colour = np.array(mix((214, 224, 232), view.haze, 0.3), dtype=np.float32)
    pixels += (colour - pixels) * (streaks * np.float32((0.75 - 0.25 * view.hour.dark) / 255))
    drops = Image.new("L", (WIDTH, HEIGHT), 128)
    pen = ImageDraw.Draw(drops)
    for _ in range(int(rng.integers(25, 60))):
        x, y, r = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.gamma(2.0, 0.6) + 0.5
        pen.ellipse((x - r, y - 1.15 * r, x + r, y + 1.15 * r), fill=116)
        pen.ellipse((x - 0.7 * r, y, x + 0.7 * r, y + r), fill=156)
        pen.ellipse((x - 0.5 * r, y - 0.8 * r, x, y - 0.3 * r), fill=180)
    relief = np.asarray(drops).astype(np.float32)[..., None] * np.float32(1 / 128) - 1
    pixels += relief * (26 + np.float32(0.35) * pixels)


def paint_bonnet(view: View) -> None:
    """The bonnet of our own car at the bottom, mirroring the sky; half of the cameras do not see it."""
    canvas, rng = view.canvas, view.random("bonnet")
    if rng.random() < 0.5:
        return
    paint = PAINT[int(rng.integers(len(PAINT)))]
    top, lean = HEIGHT - rng.uniform(14, 26), rng.uniform(-14, 14)
    middle = WIDTH / 2 + lean
    hood = smooth(
        points((-30, HEIGHT - 4), (30, top + 6), (middle, top), (WIDTH - 30, top + 6), (WIDTH + 30, HEIGHT - 4)),
        closed=False,
    )
    outline = np.vstack([hood, (WIDTH + 30, HEIGHT + 10), (-30, HEIGHT + 10)])
    base = view.seen(darker(paint, 0.15), 0)
    canvas.fill(outline + (0, -2), darker(base, 0.6), opacity=0.4, soft=2)
    canvas.fill(outline, base)
    sheen = mix(view.hour.middle, lighter(base, 0.3), 0.4)
    canvas.fill(ribbon(hood + (0, 4.5), 3.4), sheen, opacity=0.6, soft=1.0)
    canvas.fill(ellipse(middle - 40, HEIGHT + 2, 46, 8), sheen, opacity=0.35, soft=3)
    for side in (-1, 1):
        crease = smooth(points((middle + side * 34, top + 3), (middle + side * 48, HEIGHT)), closed=False)
        canvas.fill(ribbon(crease, 1.4), darker(base, 0.35), opacity=0.7)
