"""From an image file to its pixels: which formats are opened, how large they may be, and why one was refused.

Colour profiles are ignored, as clean-fid and the paper's code do.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin, WebPImagePlugin, features  # noqa: F401  (the plugins register their formats)

from dnacore.errors import BadInput, Unread, is_passing
from dnacore.images import tars
from dnacore.images.files import explain

_ORIENTATION, _BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 274, 258, 262, 339  # TIFF and EXIF tags
_WHITE = (255, 255, 255)


def decode(path: Path | BinaryIO) -> np.ndarray:
    """The pixels of an image file, or of its bytes, as people see it: upright, on white, in colour.

    Returns (H, W, 3): uint8 in 0..255, or float32 in 0..255 for grey files deeper than 8 bits (16-bit integers are
    divided by 257, floats in 0..1 multiplied by 255). EXIF orientation is applied, transparency is laid on white, grey,
    palette and CMYK become RGB as Pillow converts them (16-bit colour by its upper 8 bits), and an animation gives its
    first frame.

    Raises BadInput whose message is a plain fragment without the path ("the file ends before the image does"), and its
    child Unread where the bytes could not be got at, so that trying again may help.
    """
    with opened(path) as image:
        orientation = orientation_of(image)
        pixels = grey(image) if is_deep(image) else np.asarray(in_colour(image))
        return np.ascontiguousarray(upright(pixels, orientation))


def is_deep(image: Image.Image) -> bool:
    """Whether a pixel has more than 8 bits per channel."""
    return image.mode == "F" or image.mode.startswith("I")


def in_colour(image: Image.Image) -> Image.Image:
    """Mode RGB, with transparency laid on white."""
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def grey(image: Image.Image) -> np.ndarray:
    """A deep grey image as (H, W, 3) float32 in 0..255, three equal channels."""
    tags = getattr(image, "tag_v2", {})
    values = np.asarray(image)
    if image.mode == "F":
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        # Files do not say what white is. The bounds leave room above 1 and 255, since sharpening overshoots.
        top = values.max()
        white = 1.0 if top <= 2 else 255.0 if top <= 510 else 65535.0
    elif image.mode == "I":
        if tags.get(_BITS) == (32,) and tags.get(_SAMPLE_FORMAT, (1,)) == (1,):
            values = values.view(np.uint32)  # Pillow keeps unsigned numbers in signed ones
        white = 65535.0 if values.max() <= 65535 else float(np.iinfo(values.dtype).max)
    else:
        white = float(2 ** tags.get(_BITS, (16,))[0] - 1)
    grey = np.clip(values.astype(np.float64) * (255.0 / white), 0.0, 255.0).astype(np.float32)
    if tags.get(_PHOTOMETRIC) == 0 and image.mode != "F":  # white is zero, which Pillow undoes for 8 bits only
        grey = np.float32(255) - grey
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[values == transparent] = 255
    return np.repeat(grey[:, :, None], 3, axis=2)


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except HOSTILE:
        return 1  # damaged metadata must not cost the picture


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation (1..8, others count as 1)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "PPM")
"""Pillow's names of what is read, whatever a file is called. Pillow knows more, some of which start programs."""
if features.check("avif"):
    from PIL import AvifImagePlugin  # noqa: F401

    FORMATS += ("AVIF",)

MAX_SIDE = 500_000  # pixels; longer than any camera, scan or strip, short enough for a filter of that length

_ENDS_EARLY = "the file ends before the image does"
_DAMAGED = "the image is damaged"
_SIGNATURES = re.compile(rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP|GIF8|BM|II\*\0|MM\0\*|P[1-7Ff]\s|....ftypavi", re.DOTALL)

HOSTILE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
    MemoryError,
    BufferError,
    Image.DecompressionBombError,
)
"""What Pillow's readers let through on bytes that somebody damaged or made up (tests/images/test_decode.py tries many)."""


@contextmanager
def opened(path: Path | BinaryIO, draft: int | None = None) -> Iterator[Image.Image]:
    """The first frame, loaded; `draft` lets JPEG files be decoded smaller, as long as this many pixels remain.

    Pillow's warnings are muted, and its errors in here and in the `with` block become BadInput with a plain fragment.
    """
    start: bytes | None = None
    try:
        with _bytes_of(path) as file:
            start = file.read(16)
            file.seek(0)
            with _muted(), Image.open(file, formats=FORMATS) as image:
                if max(image.size) > MAX_SIDE:
                    raise BadInput(f"it claims to be more than {MAX_SIDE:,} pixels long")
                if draft is not None:
                    image.draft(None, (draft, draft))
                image.load()
                yield image
    except BadInput:
        raise
    except HOSTILE as error:
        if isinstance(error, MemoryError):
            raise Unread("it does not fit into memory") from error
        if is_passing(error):
            raise Unread(explain(error)) from error
        if start is None:
            raise BadInput(explain(error)) from error
        raise BadInput(_reason(error, start)) from error


def _bytes_of(source: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if not isinstance(source, (str, os.PathLike)):
        return nullcontext(source)
    if os.path.lexists(source) and not stat.S_ISREG(
        os.stat(source).st_mode
    ):  # opening a pipe would wait for its writer
        raise BadInput("it is a folder, not a file" if os.path.isdir(source) else "it is not an ordinary file")
    return tars.open_file(source)


def _reason(error: BaseException, start: bytes) -> str:
    """Why the image could not be read; `start` is the first 16 bytes of its file."""
    message = str(error).lower()
    if not start:
        return "the file is empty"
    if isinstance(error, Image.DecompressionBombError):
        return f"it claims more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6} million pixels"
    if any(word in message for word in ("truncated", "unexpected end", "not enough", "eof", "ended", "too short")):
        return _ENDS_EARLY
    if isinstance(error, Image.UnidentifiedImageError) and not _SIGNATURES.match(start):
        return "it is not an image"
    if "conversion from" in message:
        return "its kind of colours cannot be read"
    return _DAMAGED


def _mute_libtiff() -> None:
    """Keep libtiff, inside Pillow, from printing to stderr what we report as a reason."""
    try:
        library = ctypes.CDLL(Image.core.__file__)
        for kind in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            getattr(library, kind).argtypes = [ctypes.c_void_p]
            getattr(library, kind).restype = ctypes.c_void_p
            getattr(library, kind)(None)
    except (OSError, AttributeError):
        pass  # another build of Pillow: the lines are printed, which is harmless


_mute_libtiff()
logging.getLogger("PIL").addHandler(logging.NullHandler())  # without a handler, Python itself would print it
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
            warnings.filters.insert(0, _MUTE)  # type: ignore[attr-defined]  # typeshed calls it a Sequence
            warnings._filters_mutated()  # type: ignore[attr-defined]  # private; `simplefilter` calls it too
    try:
        yield
    finally:
        with _mute_lock:
            _mute_depth -= 1
            if not _mute_depth and _MUTE in warnings.filters:
                warnings.filters.remove(_MUTE)  # type: ignore[attr-defined]  # as above
