"""Images as arrays: decoding, resizing, thumbnails.

The names of `files` and `archives` that others need are imported here, so that this is the one module to turn to for
images. Colour profiles are ignored, as clean-fid and the paper's code do.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from dnacore.archives import unpack_zip
from dnacore.errors import BadInput
from dnacore.files import ImageFile, Rejected, content_hash, find_images, image_folder
from dnacore.pillow import HOSTILE, opened

__all__ = [
    "CROPS", "ImageFile", "Rejected", "content_hash", "decode", "find_images", "image_folder", "resize", "thumbnail",
    "unpack_zip",
]

CROPS = ("squash", "center")
"""How a picture gets the network's shape: `squash` ignores its aspect, `center` cuts the longer side."""

_ORIENTATION, _BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 274, 258, 262, 339  # TIFF and EXIF tags
_WHITE = (255, 255, 255)


def decode(path: Path) -> np.ndarray:
    """The pixels of an image file as people see it: upright, on white, in colour.

    Returns (H, W, 3): uint8 in 0..255, or float32 in 0..255 for grey files deeper than 8 bits (16-bit integers are
    divided by 257, floats in 0..1 multiplied by 255). EXIF orientation is applied, transparency is laid on white, grey,
    palette and CMYK become RGB as Pillow converts them (16-bit colour by its upper 8 bits), and an animation gives its
    first frame.

    Raises BadInput whose message is a plain fragment without the path ("the file ends before the image does").
    """
    with opened(path) as image:
        orientation = _orientation(image)
        pixels = _grey(image) if _is_deep(image) else np.asarray(_in_colour(image))
        return np.ascontiguousarray(_upright(pixels, orientation))


def resize(pixels: np.ndarray, size: tuple[int, int], crop: str = "squash") -> np.ndarray:
    """Antialiased bicubic resize by clean-fid's rule: each channel alone, in float, clipped, never rounded.

    pixels: (H, W, 3) uint8 or float32 in 0..255. size: (h, w) in pixels. Returns (3, h, w) float32 in 0..255.
    `crop="squash"` ignores the aspect; `"center"` scales until the target is just covered and keeps the middle.
    Raises BadInput for another crop or shape.
    """
    height, width = size
    if crop not in CROPS:
        raise BadInput(f"there is no crop {crop!r}; choose one of {', '.join(CROPS)}")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape or min(size) < 1:
        raise BadInput(f"cannot resize pixels of shape {pixels.shape} to {size}; give (H, W, 3) and at least 1")
    full = (height, width)
    if crop == "center":
        scale = max(height / pixels.shape[0], width / pixels.shape[1])
        full = (max(height, round(pixels.shape[0] * scale)), max(width, round(pixels.shape[1] * scale)))
    top, left = (full[0] - height) // 2, (full[1] - width) // 2
    from dnacore.resampling import MAX_WIDTH, resample  # late: numba takes a while, and finding files does not need it

    if pixels.shape[1] <= MAX_WIDTH:
        dtype = np.uint8 if pixels.dtype == np.uint8 else np.float32
        return resample(np.ascontiguousarray(pixels, dtype=dtype), full, (top, left, height, width))
    out = np.empty((3, height, width), np.float32)
    for channel in range(3):
        plane = Image.fromarray(np.ascontiguousarray(pixels[:, :, channel], dtype=np.float32))
        plane = plane.resize(full[::-1], Image.Resampling.BICUBIC)
        np.clip(np.asarray(plane)[top:top + height, left:left + width], 0, 255, out=out[channel])
    return out


def thumbnail(path: Path, side: int) -> bytes:
    """A small JPEG of an image file, upright and on white, its longer side `side` pixels or less (never enlarged).

    JPEG files are decoded at a fraction of their size, so pixels differ a little from `decode`'s. Raises BadInput as
    `decode` does.
    """
    with opened(path, draft=2 * side) as image:
        orientation = _orientation(image)
        if _is_deep(image):
            image = Image.fromarray(_grey(image).astype(np.uint8))
        elif image.has_transparency_data or image.mode not in ("RGB", "L", "CMYK"):
            image = _in_colour(image)  # before shrinking: palettes cannot be mixed, and clear pixels have no colour
        image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        small = Image.fromarray(np.ascontiguousarray(_upright(np.asarray(_in_colour(image)), orientation)))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _is_deep(image: Image.Image) -> bool:
    return image.mode == "F" or image.mode.startswith("I")


def _in_colour(image: Image.Image) -> Image.Image:
    """Mode RGB, with transparency laid on white."""
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _grey(image: Image.Image) -> np.ndarray:
    """A deep grey image as (H, W, 3) float32 in 0..255, three equal channels."""
    tags = getattr(image, "tag_v2", {})
    values = np.asarray(image)
    if image.mode == "F":
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        # Files do not say what white is. Some room above 1 and 255: sharpening overshoots.
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


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except HOSTILE:
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
