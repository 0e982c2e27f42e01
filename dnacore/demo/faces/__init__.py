"""The `faces` dataset: portraits whose attributes are independent of each other and of everything else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image

from dnacore.demo.canvas import Canvas, darker, ellipse, lighter, mix, palette, ribbon
from dnacore.demo.design import Design, generator

from .clothes import paint_body, paint_scarf
from .features import paint_eyes, paint_freckles, paint_head, paint_mouth, paint_nose
from .hair import paint_beard, paint_hair, paint_hair_behind
from .headwear import paint_glasses, paint_hat
from .portrait import SIDE, Look, Sitter, look

DESIGN = Design(
    "faces",
    binary=(
        "eyeglasses",
        "hat",
        "smile",
        "beard",
        "earrings",
        "long_hair",
        "fringe",
        "freckles",
        "scarf",
    ),
    words=(
        ("hair_colour", ("black", "brown", "blond", "red")),
        ("background", ("plain", "dots", "stripes", "lights")),
    ),
)

BACKDROPS = palette(
    "f2c14e f78154 4d9078 5fad56 b4436c 9bc4cb 2e4057 d8e2dc ffd5c2 "
    "f28f3b c8553d 588b8b e9c5ff 8d99ae cad2c5 84a98c 354f52 f4d8cd"
)

_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / (SIDE - 1) - 0.5


def face(index: int, seed: int) -> tuple[Image.Image, dict[str, int | str]]:
    """Portrait `index` and its attributes."""
    attributes = DESIGN.attributes(index, seed)
    return portrait(look(generator("faces", seed, index)), attributes), attributes


def portrait(person: Look, attributes: Mapping[str, int | str]) -> Image.Image:
    """Paint one person with the given attributes; attributes left out are absent (black hair, plain background)."""

    def has(name: str) -> bool:
        return bool(attributes.get(name, 0))

    sitter = Sitter(person, str(attributes.get("hair_colour", "black")))
    _paint_background(sitter.canvas, person, str(attributes.get("background", "plain")))
    paint_hair_behind(sitter, has("long_hair"))
    paint_body(sitter)
    if has("scarf"):
        paint_scarf(sitter)
    paint_head(sitter, has("earrings"))
    if has("freckles"):
        paint_freckles(sitter)
    if has("beard"):
        paint_beard(sitter)
    paint_nose(sitter)
    paint_mouth(sitter, has("smile"))
    paint_eyes(sitter)
    paint_hair(sitter, has("fringe"), has("hat"))
    if has("eyeglasses"):
        paint_glasses(sitter)
    if has("hat"):
        paint_hat(sitter)
    return _developed(sitter.canvas.finished(), person)


def _paint_background(canvas: Canvas, person: Look, kind: str) -> None:
    rng = generator("backdrop", person.seed)
    base = BACKDROPS[person.backdrop % len(BACKDROPS)]
    base = mix(base, (255, 255, 255), float(rng.uniform(0, 0.35)))
    second = mix(base, BACKDROPS[(person.backdrop // 7) % len(BACKDROPS)], 0.35)
    share = np.linspace(0, 1, SIDE)[:, None]
    canvas.rows(np.array(lighter(base, 0.2)) * (1 - share) + np.array(darker(second, 0.1)) * share)
    tone = lighter(base, 0.38) if sum(base) < 520 else darker(base, 0.16)
    if kind == "dots":
        step, size = rng.uniform(20, 38), rng.uniform(0.17, 0.3)
        phase = rng.uniform(0, step, 2)
        for row, y in enumerate(np.arange(-step, SIDE + step, step * 0.87)):
            for x in np.arange(-step + (row % 2) * step / 2, SIDE + step, step):
                canvas.disc(x + phase[0], y + phase[1], size * step, size * step, tone)
    elif kind == "stripes":
        step, turn = rng.uniform(18, 40), rng.uniform(-1.3, 1.3)
        along = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-along[1], along[0]])
        for offset in np.arange(-200, 200, step) + rng.uniform(0, step):
            middle = np.array([SIDE / 2, SIDE / 2]) + offset * across
            canvas.fill(ribbon(np.stack([middle - 220 * along, middle + 220 * along]), step * 0.45), tone)
    elif kind == "lights":
        for _ in range(int(rng.integers(12, 20))):
            x, y, r = rng.uniform(0, SIDE), rng.uniform(0, SIDE * 0.85), rng.uniform(7, 26)
            hue = lighter(BACKDROPS[int(rng.integers(len(BACKDROPS)))], 0.35)
            canvas.fill(ellipse(x, y, r, r), hue, opacity=float(rng.uniform(0.25, 0.6)), soft=1.5)


def _developed(pixels: np.ndarray, person: Look) -> Image.Image:
    """Light from one side, a slight vignette, a tint and grain."""
    rng = generator("grain", person.seed)
    light = person.exposure * (1 - 0.16 * person.light * _COLUMNS - 0.1 * _ROWS)
    light -= 0.2 * (_COLUMNS**2 + _ROWS**2)
    pixels *= light[..., None] * np.array(person.tint, dtype=np.float32)
    pixels += (rng.standard_normal((SIDE, SIDE), dtype=np.float32) * np.float32(person.grain))[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8))
