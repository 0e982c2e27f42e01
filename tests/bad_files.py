"""Odd and broken image files, as people's folders have them, written by the tests that need them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

FINE = "fine"
"""What `make_all` says of a file that must be read; of others it says a part of the reason for their rejection."""


def picture(height: int = 24, width: int = 32, seed: int = 0) -> np.ndarray:
    """(height, width, 3) uint8: a smooth ramp with a bright corner, so that turning it shows."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1), 60 + 0 * x], axis=2)
    base[: max(height // 4, 1), : max(width // 4, 1)] = 250
    return np.clip(base + rng.normal(0, 3, base.shape), 0, 255).astype(np.uint8)


def jpeg_bytes(pixels: np.ndarray | None = None, **options: object) -> bytes:
    """A JPEG file's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(picture() if pixels is None else pixels).save(buffer, "JPEG", quality=92, **options)
    return buffer.getvalue()


def plain(path: Path) -> Path:
    """An ordinary colour JPEG."""
    path.write_bytes(jpeg_bytes())
    return path


def truncated_jpeg(path: Path) -> Path:
    """A JPEG whose second half is missing, as after an interrupted download."""
    whole = jpeg_bytes(picture(64, 64))
    path.write_bytes(whole[: len(whole) // 2])
    return path


def text_named_jpg(path: Path) -> Path:
    """A web page saved under an image's name."""
    path.write_text("<html><body>404 Not Found</body></html>\n" * 3)
    return path


def empty(path: Path) -> Path:
    """A file of 0 bytes."""
    path.write_bytes(b"")
    return path


def grey(path: Path) -> Path:
    """A one-channel PNG."""
    Image.fromarray(picture()[:, :, 0]).save(path)
    return path


def rgba(path: Path) -> Path:
    """A PNG whose left half is clear (over black) and right half solid red."""
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:] = (255, 0, 0, 255)
    Image.fromarray(pixels).save(path)
    return path


def deep_grey(path: Path) -> Path:
    """A 16-bit PNG that ramps from 0 to 65535; cut to 8 bits it would be nearly all white."""
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)
    Image.fromarray(np.tile(ramp, (16, 1))).save(path)
    return path


def cmyk(path: Path) -> Path:
    """A print JPEG (CMYK, which Adobe and Pillow store inverted): cyan ink only."""
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:, :, 0] = 255
    Image.fromarray(pixels, "CMYK").save(path, quality=95)
    return path


def animated_gif(path: Path) -> Path:
    """Two frames: red, then blue."""
    frames = [Image.new("RGB", (12, 10), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    return path


def exif_rotated(path: Path, orientation: int = 6) -> Path:
    """A JPEG whose EXIF says how to turn it (6: a quarter clockwise, as phones held upright write)."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path.write_bytes(jpeg_bytes(exif=exif.tobytes()))
    return path


def unreadable(path: Path) -> Path:
    """A JPEG without read permission. The administrator reads it all the same: see `reads_everything`."""
    plain(path).chmod(0)
    return path


def link_loop(folder: Path) -> Path:
    """A folder that holds a link to itself and one to its parent."""
    folder.mkdir(exist_ok=True)
    plain(folder / "inside.jpg")
    (folder / "self").symlink_to(folder, target_is_directory=True)
    (folder / "up").symlink_to(folder.parent, target_is_directory=True)
    return folder


def reads_everything() -> bool:
    """Whether permissions do not bind this user (root in a container)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


_WRITERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "plain.jpg": (plain, FINE),
    "UPPER.JPG": (plain, FINE),
    "cut.jpg": (truncated_jpeg, "ends before the image does"),
    "text.jpg": (text_named_jpg, "not an image"),
    "empty.jpg": (empty, "empty"),
    "grey.png": (grey, FINE),
    "rgba.png": (rgba, FINE),
    "deep.png": (deep_grey, FINE),
    "cmyk.jpg": (cmyk, FINE),
    "animated.gif": (animated_gif, FINE),
    "turned.jpg": (exif_rotated, FINE),
    "locked.jpg": (unreadable, "no permission"),
    "snowman \u2603 \U0001f9ec.jpg": (plain, FINE),
}


def make_all(folder: Path) -> dict[str, str]:
    """Write one of each into a folder, and say what must become of them: path -> FINE or a part of the reason.

    `loop/` holds one good file and links that lead back; every path appears once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, (write, outcome) in _WRITERS.items():
        write(folder / name)
        expected[name] = FINE if write is unreadable and reads_everything() else outcome
    link_loop(folder / "loop")
    expected["loop/inside.jpg"] = FINE
    return expected
