"""Small JPEG pictures of image files, without any of their metadata."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from dnacore.images.decode import grey, in_colour, is_deep, opened, orientation_of, upright


def thumbnail(path: Path, side: int) -> bytes:
    """A small JPEG of an image file, upright and on white, its longer side `side` pixels or less (never enlarged).

    JPEG files are decoded at a fraction of their size, so pixels differ a little from `decode`'s. Raises BadInput as
    `decode` does.
    """
    with opened(path, draft=2 * side) as image:
        orientation = orientation_of(image)
        if is_deep(image):
            image = Image.fromarray(grey(image).astype(np.uint8))
        elif image.has_transparency_data or image.mode not in ("RGB", "L", "CMYK"):
            image = in_colour(image)  # before shrinking: palettes cannot be mixed, and clear pixels have no colour
        image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        small = Image.fromarray(np.ascontiguousarray(upright(np.asarray(in_colour(image)), orientation)))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
