"""From an image file to what a network sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from dnacore.extractors.recipe import Preprocessing


def preprocess(path: Path, settings: Preprocessing) -> torch.Tensor:
    """(3, size, size) float32: decoded, resized (antialiased bicubic, not rounded), scaled to 0..1, normalised.

    Raises BadInput with a plain reason where the file is no readable image.
    """
    from dnacore import images

    side = settings.size
    return normalise(images.resize(images.decode(Path(path)), (side, side), settings.crop), settings)


def normalise(pixels: np.ndarray, settings: Preprocessing) -> torch.Tensor:
    """(3, H, W) float32 pixels in 0..255 -> (pixels / 255 - mean) / std, float32."""
    mean = np.asarray(settings.mean, np.float32)[:, None, None]
    std = np.asarray(settings.std, np.float32)[:, None, None]
    return torch.from_numpy((pixels.astype(np.float32, copy=False) / np.float32(255) - mean) / std)
