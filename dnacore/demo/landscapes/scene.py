"""What a landscape is painted on: every shape is put down with a colour and a material, and a style works from both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from dnacore.demo.canvas import SUPERSAMPLE, Canvas, Colour, darker, mix, palette, rgb

SIDE = 224
SKY, CLOUD, ROCK, FOREST, WATER, MEADOW, LEAF, BUILT, CLOTH = range(1, 10)


@dataclass(frozen=True)
class Season:
    """Colours of one season: sky from top to horizon, land, woods, leaves and flowers."""

    sky: tuple[Colour, Colour]
    land: list[Colour]
    woods: list[Colour]
    leaves: list[Colour]
    flowers: list[Colour]


SEASONS = {
    "spring": Season((rgb("6db7e8"), rgb("e3f3f0")), palette("8cc063 a5cf6a 7ab86a"), palette("5f9a62 4f8f70"),
                     palette("f2b3c6 f7d3dc 9ccf6c e9a0b8"), palette("f7d34c ffffff e87aa4")),
    "summer": Season((rgb("2f8fd8"), rgb("cfe9f5")), palette("6fa84a 86b04e 5f9c4a"), palette("33694a 3f7a48"),
                     palette("3f8a3f 4f9a45 2f7544"), palette("e8483f f2c53d ffffff")),
    "autumn": Season((rgb("7aa6c9"), rgb("f6e3c5")), palette("b59a4a a88a42 c2a45a"), palette("9a5a2c 7d5a34 b3742f"),
                     palette("d9662b e09a2f b8432a c98a2a"), palette("c2562b e0b04a")),
    "winter": Season((rgb("8fb3d4"), rgb("f3ece8")), palette("f1f4f8 e6edf4 f7f5f2"), palette("5a7280 6c8490"),
                     palette("dfe8ef c9d6e0 8a7a70"), palette("c23b3b dfe8ef")),
}  # fmt: skip


@dataclass(frozen=True)
class Geography:
    """Where the lake lies (rows of its far and near shore), the near shore's slope, sun, sky and light."""

    shore: float
    bank: float
    slope: float
    sun: tuple[float, float]
    sunny: bool
    top: Colour
    low: Colour
    light: float


class Scene:
    """The two pictures under construction, and the line that a style may want around each shape."""

    def __init__(self, ink: float) -> None:
        self.canvas = Canvas(SIDE, SIDE)
        self.material = Image.new("L", self.canvas.picture.size, SKY)
        self._pen = ImageDraw.Draw(self.material)
        self._ink = ink

    def put(self, outline: np.ndarray, colour: Colour, material: int, *, ink: bool = True) -> None:
        """Fill an outline; with a line around it where the style draws lines."""
        line = mix(darker(colour, 0.75), (24, 20, 36), 0.5) if ink and self._ink else None
        self.canvas.shape(outline, colour, line, self._ink)
        self._pen.polygon((outline * SUPERSAMPLE).ravel().tolist(), fill=material)

    def finished(self) -> tuple[np.ndarray, np.ndarray]:
        """`(224, 224, 3)` float32 colours and `(224, 224)` uint8 materials."""
        return self.canvas.finished(), np.asarray(self.material)[::SUPERSAMPLE, ::SUPERSAMPLE]
