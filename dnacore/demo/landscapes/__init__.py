"""The `styles` datasets: the same landscapes as photographs, cartoons, pencil sketches and paintings."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dnacore.demo.design import generator
from dnacore.demo.landscapes.styles import FINISHES
from dnacore.demo.landscapes.terrain import DESIGN, landscape

__all__ = ["DESIGN", "styled"]

INK = 1.6


def styled(style: str, index: int, seed: int) -> tuple[Image.Image, dict[str, int | str]]:
    """Landscape `index` in a style (`photo`, `cartoon`, `sketch` or `painting`), and its attributes."""
    scene, place, found = landscape(index, seed, INK if style == "cartoon" else 0.0)
    pixels = FINISHES[style](scene, place, generator("styles", style, seed, index))
    return Image.fromarray(pixels.astype(np.uint8)), found
