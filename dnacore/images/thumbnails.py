"""Small JPEG pictures of image files, without any of their metadata."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from dnacore.images import tars
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
            image = in_colour(image)  # first: neither palette entries nor clear pixels can be averaged
        image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        small = Image.fromarray(np.ascontiguousarray(upright(np.asarray(in_colour(image)), orientation)))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


SAMPLE = 9
ORIENTATION = 0x0112  # EXIF: values from 5 on turn the picture by a quarter


def stamp(path: Path, size: int, mtime_ns: int) -> str:
    """Return 32 hex digits that change whenever the file behind a path does, without reading it."""
    known = f"{path}\n{size}\n{mtime_ns}".encode("utf-8", "surrogateescape")
    return hashlib.blake2b(known, digest_size=16).hexdigest()


def aspect(paths: Sequence[Path]) -> float:
    """Return a width over height that suits most of these images, between 3:4 and 3:2; reads a few headers only."""
    step = max(1, len(paths) // SAMPLE)
    found = []
    for path in paths[::step][:SAMPLE]:
        try:
            with tars.open_file(path) as file, Image.open(file) as image:
                width, height = image.size
                turned = image.getexif().get(ORIENTATION, 1) >= 5
        except Exception:
            continue
        if width and height:
            found.append(height / width if turned else width / height)
    return round(min(max(median(found), 0.75), 1.5), 3) if found else 1.0
