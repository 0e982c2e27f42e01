"""Images as arrays: decoding, resizing, thumbnails.

`find_images`, `image_folder`, `content_hash` and `unpack_zip` are re-exported, so that this module is the one place
others turn to for images. Colour profiles are ignored, as clean-fid and the paper's code do.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile as PillowFile, TiffImagePlugin, WebPImagePlugin, features  # noqa: F401  (register formats)

from dnacore.archives import unpack_zip
from dnacore.errors import BadInput
from dnacore.files import ImageFile, Rejected, content_hash, explain, find_images, image_folder

__all__ = [
    "CROPS", "ImageFile", "Rejected", "content_hash", "decode", "find_images", "image_folder", "resize", "thumbnail",
    "unpack_zip",
]

CROPS = ("squash", "center")
"""How a picture becomes square: `squash` ignores its aspect, `center` cuts the longer side."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "PPM")
if features.check("avif"):
    from PIL import AvifImagePlugin  # noqa: F401

    FORMATS += ("AVIF",)

_ENDS_EARLY = "the file ends before the image does"
_NOT_AN_IMAGE = "it is not an image"
_DAMAGED = "the image is damaged"
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"P1", b"P2", b"P3", b"P4",
               b"P5", b"P6", b"Pf")
_ORIENTATION = 0x0112
_WHITE = (255, 255, 255)

# What Pillow's readers let through on bytes that somebody damaged or made up (tests/test_images.py fuzzes them).
_HOSTILE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError,
    RuntimeError, EOFError, struct.error, zlib.error, MemoryError, Image.DecompressionBombError,
)


def decode(path: Path) -> np.ndarray:
    """The pixels of an image file as people see it: upright, on white, in colour.

    Returns (H, W, 3): uint8 in 0..255, or float32 in 0..255 for grey files deeper than 8 bits (16-bit integers are
    divided by 257, floats in 0..1 multiplied by 255). EXIF orientation is applied, transparency is laid on white, grey,
    palette and CMYK become RGB as Pillow converts them, and an animation gives its first frame.

    Raises BadInput whose message is a plain fragment without the path ("the file ends before the image does").
    """
    with _opened(path) as image:
        return _pixels(image)


def resize(pixels: np.ndarray, size: tuple[int, int], crop: str = "squash") -> np.ndarray:
    """Antialiased bicubic resize by clean-fid's rule: each channel alone, in float, clipped, never rounded.

    pixels: (H, W, 3) uint8 or float32 in 0..255. size: (h, w) in pixels. Returns (3, h, w) float32 in 0..255.
    `crop="squash"` ignores the aspect; `"center"` scales until the target is just covered and keeps the middle.
    """
    height, width = size
    if crop not in CROPS:
        raise BadInput(f"there is no crop {crop!r}; choose one of {', '.join(CROPS)}")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape or min(size) < 1:
        raise BadInput(f"cannot resize pixels of shape {pixels.shape} to {size}; expected (H, W, 3) and positive sizes")
    full_height, full_width = height, width
    if crop == "center":
        scale = max(height / pixels.shape[0], width / pixels.shape[1])
        full_height = max(height, round(pixels.shape[0] * scale))
        full_width = max(width, round(pixels.shape[1] * scale))
    top, left = (full_height - height) // 2, (full_width - width) // 2
    out = np.empty((3, height, width), np.float32)
    for channel in range(3):
        plane = Image.fromarray(np.ascontiguousarray(pixels[:, :, channel], dtype=np.float32))
        plane = plane.resize((full_width, full_height), Image.Resampling.BICUBIC)
        np.clip(np.asarray(plane)[top:top + height, left:left + width], 0, 255, out=out[channel])
    return out


def thumbnail(path: Path, side: int) -> bytes:
    """A small JPEG of an image file, upright and on white, its longer side `side` pixels or less (never enlarged).

    JPEG files are decoded at a fraction of their size, so pixels differ a little from `decode`'s. Raises BadInput as
    `decode` does.
    """
    with _opened(path, draft=2 * side) as image:
        if not _is_deep(image):
            if image.mode == "P" or image.mode == "1":
                image = image.convert("RGBA" if image.has_transparency_data else "RGB")
            image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        small = Image.fromarray(np.rint(_pixels(image)).astype(np.uint8))
    small.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@contextmanager
def _opened(path: Path, draft: int | None = None) -> Iterator[Image.Image]:
    """The first frame, loaded, while Pillow's warnings are muted and its errors become BadInput."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise BadInput("it is not an ordinary file")
        file = open(path, "rb")
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(explain(error)) from error
    with file, _muted():
        try:
            with Image.open(file, formats=FORMATS) as image:
                if draft is not None:
                    image.draft(None, (draft, draft))
                image.load()
                yield image
        except BadInput:
            raise
        except _HOSTILE as error:
            raise BadInput(_reason(error, path)) from error


def _reason(error: BaseException, path: Path) -> str:
    message = str(error).lower()
    if isinstance(error, Image.DecompressionBombError):
        return f"it claims more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6} million pixels"
    if isinstance(error, MemoryError):
        return "it does not fit into memory"
    if any(word in message for word in ("truncated", "unexpected end", "not enough", "eof", "ended")):
        return _ENDS_EARLY
    if isinstance(error, Image.UnidentifiedImageError):
        with open(path, "rb") as file:
            start = file.read(16)
        if not start:
            return "the file is empty"
        return _DAMAGED if start.startswith(_SIGNATURES) or start[4:12] == b"ftypavif" else _NOT_AN_IMAGE
    if "conversion from" in message:
        return "its kind of colours is not supported"
    return _DAMAGED


def _is_deep(image: Image.Image) -> bool:
    return image.mode == "F" or image.mode.startswith("I")


def _pixels(image: Image.Image) -> np.ndarray:
    orientation = _orientation(image)
    if _is_deep(image):
        grey = _grey(image)
        pixels = np.repeat(grey[:, :, None], 3, axis=2)
    else:
        if image.has_transparency_data:
            image = image.convert("RGBA")
            paper = Image.new("RGB", image.size, _WHITE)
            paper.paste(image, mask=image.getchannel("A"))
            image = paper
        elif image.mode != "RGB":
            image = image.convert("RGB")
        pixels = np.asarray(image)
    return np.ascontiguousarray(_upright(pixels, orientation))


def _grey(image: Image.Image) -> np.ndarray:
    values = np.asarray(image).astype(np.float32)
    if image.mode == "F":
        values = np.nan_to_num(values, nan=0.0)
        top = values.max(initial=0.0)
        scale = 255.0 if top <= 2 else 1.0 if top <= 510 else 255.0 / 65535.0
    else:
        scale = 255.0 / 65535.0 if values.max(initial=0.0) <= 65535 else 255.0 / 2147483647.0
    grey = np.clip(values * np.float32(scale), 0, 255)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[values == transparent] = 255
    return grey


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _HOSTILE:
        return 1  # damaged metadata is no reason to lose the picture


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation (1..8, others count as 1)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


_mute_lock = threading.Lock()
_mute_depth = 0
_MUTE = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


@contextmanager
def _muted() -> Iterator[None]:
    """Silence warnings raised inside Pillow.

    `warnings.catch_warnings` puts back a saved list, which goes wrong with several threads; this adds one filter
    while any thread decodes and takes it out after the last.
    """
    global _mute_depth
    with _mute_lock:
        _mute_depth += 1
        if _MUTE not in warnings.filters:
            warnings.filters.insert(0, _MUTE)
            warnings._filters_mutated()
    try:
        yield
    finally:
        with _mute_lock:
            _mute_depth -= 1
            if not _mute_depth and _MUTE in warnings.filters:
                warnings.filters.remove(_MUTE)
