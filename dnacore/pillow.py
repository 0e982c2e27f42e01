"""Opening image files with Pillow: which formats, how large, why not, and without noise."""

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
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, TiffImagePlugin, WebPImagePlugin, features  # noqa: F401  (the plugins register their formats)

from dnacore.errors import BadInput
from dnacore.files import explain

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
    OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError,
    RuntimeError, EOFError, struct.error, zlib.error, MemoryError, BufferError, Image.DecompressionBombError,
)
"""What Pillow's readers let through on bytes that somebody damaged or made up (tests/test_images.py tries many)."""


@contextmanager
def opened(path: Path, draft: int | None = None) -> Iterator[Image.Image]:
    """The first frame, loaded; `draft` lets JPEG files be decoded smaller, as long as this many pixels remain.

    Pillow's warnings are muted, and its errors in here and in the `with` block become BadInput with a plain fragment.
    """
    start: bytes | None = None
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for
            raise BadInput("it is a folder, not a file" if os.path.isdir(path) else "it is not an ordinary file")
        file = open(path, "rb")
        with file:
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
        if start is None or (isinstance(error, OSError) and error.errno is not None):
            raise BadInput(explain(error)) from error
        raise BadInput(_reason(error, start)) from error


def _reason(error: BaseException, start: bytes) -> str:
    """Why the image could not be read; `start` is the first 16 bytes of its file."""
    message = str(error).lower()
    if not start:
        return "the file is empty"
    if isinstance(error, Image.DecompressionBombError):
        return f"it claims more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6} million pixels"
    if isinstance(error, MemoryError):
        return "it does not fit into memory"
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
        pass  # Pillow was built another way: the lines are printed, and do no harm


_mute_libtiff()
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else Python prints what nobody listens to
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
            warnings.filters.insert(0, _MUTE)  # type: ignore[attr-defined]
            warnings._filters_mutated()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        with _mute_lock:
            _mute_depth -= 1
            if not _mute_depth and _MUTE in warnings.filters:
                warnings.filters.remove(_MUTE)  # type: ignore[attr-defined]
