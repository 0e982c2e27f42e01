"""Changes to a picture at growing strength: what cameras, compression and editing do, through Pillow.

All work on the square picture that the network sees, so a blur of 2 px is 2 of its pixels.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

Make = Callable[[Image.Image, float, np.random.Generator], Image.Image]


@dataclass(frozen=True)
class Change:
    """One change: strengths in rising order, their unit, and what makes it of a picture."""

    name: str
    unit: str
    strengths: tuple[float, ...]
    make: Make

    def words(self, strength: float) -> str:
        """The change in words: “a blur of 2 px”."""
        return f"{self.name} of {strength:.2g} {self.unit}".strip()


def _lit(sign: int) -> Make:
    return lambda picture, strength, _: ImageEnhance.Brightness(picture).enhance(1 + sign * strength / 100)


def _contrast(sign: int) -> Make:
    return lambda picture, strength, _: ImageEnhance.Contrast(picture).enhance(1 + sign * strength / 100)


def _blur(picture: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(strength))


def _noise(picture: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    values = np.asarray(picture, np.float32)
    noisy = values + random.normal(0, strength * 2.55, values.shape).astype(np.float32)
    return Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))


def _jpeg(picture: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=int(100 - strength))
    return Image.open(kept).convert("RGB")


def _rotated(picture: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    """Corners show the picture mirrored, since black ones would be a change of their own."""
    side = picture.width
    wide = Image.fromarray(np.pad(np.asarray(picture), ((side // 2,) * 2, (side // 2,) * 2, (0, 0)), "symmetric"))
    turned = wide.rotate(strength, Image.Resampling.BICUBIC)
    edge = side // 2
    return turned.crop((edge, edge, edge + side, edge + side))


def _cropped(picture: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    side = picture.width
    edge = side * strength / 200
    return picture.resize((side, side), Image.Resampling.BICUBIC, box=(edge, edge, side - edge, side - edge))


CHANGES = (
    Change("more brightness", "%", (15, 30, 50, 75, 100), _lit(1)),
    Change("less brightness", "%", (15, 30, 45, 60, 75), _lit(-1)),
    Change("more contrast", "%", (15, 30, 60, 100, 150), _contrast(1)),
    Change("less contrast", "%", (15, 30, 45, 60, 75), _contrast(-1)),
    Change("a blur", "px", (0.5, 1, 2, 3, 5), _blur),
    Change("noise", "% of white", (2, 5, 10, 15, 25), _noise),
    Change("JPEG loss", "% (100 less the quality)", (20, 50, 70, 85, 95), _jpeg),
    Change("a rotation", "degrees", (3, 8, 15, 25, 40), _rotated),
    Change("a crop", "% of each side", (5, 10, 20, 35, 50), _cropped),
)
