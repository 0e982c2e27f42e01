"""From an image file to what a network sees."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image

from dnacore.extractors.spec import LabelTransform, Preprocessing

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}


def preprocess(path: Path | BinaryIO, settings: Preprocessing) -> torch.Tensor:
    """(3, size, size) float32 of an image file or of its bytes.

    Decoded, resized (antialiased bicubic, not rounded), scaled to 0..1, normalised.

    Raises BadInput with a plain reason where the file is no readable image.
    """
    from dnacore.images import decode, resize

    side = settings.size
    return normalise(resize.resize(decode.decode(path), (side, side), settings.crop), settings)


def normalise(pixels: np.ndarray, settings: Preprocessing) -> torch.Tensor:
    """(3, H, W) float32 pixels in 0..255 -> (pixels / 255 - mean) / std, float32."""
    mean = np.asarray(settings.mean, np.float32)[:, None, None]
    std = np.asarray(settings.std, np.float32)[:, None, None]
    return torch.from_numpy((pixels.astype(np.float32, copy=False) / np.float32(255) - mean) / std)


def preprocess_for_labels(path: Path, settings: Preprocessing, labels: LabelTransform) -> torch.Tensor:
    """(3, size, size) float32 under the transform that the classifier head was evaluated with.

    The short side goes to size / crop_pct with the head's own interpolation, then the centre is cut out.
    """
    from dnacore.images import decode

    pixels = decode.decode(Path(path))
    image = Image.fromarray(np.rint(pixels).astype(np.uint8) if pixels.dtype != np.uint8 else pixels)
    side = settings.size
    short = int(side / labels.crop_pct)
    scale = short / min(image.size)
    width, height = (short if edge == min(image.size) else int(edge * scale) for edge in image.size)
    image = image.resize((width, height), FILTERS.get(labels.interpolation, Image.Resampling.BICUBIC))
    left, top = round((width - side) / 2), round((height - side) / 2)
    square = np.asarray(image.crop((left, top, left + side, top + side)))
    return normalise(square.transpose(2, 0, 1), settings)
