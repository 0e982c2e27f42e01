"""Images that benchmarks draw for themselves: JPEGs with detail, and smooth ones that are quick to make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def detailed(folder: Path, count: int, width: int = 500, height: int = 375) -> list[Path]:
    """Write JPEGs the size of ImageNet's, with detail at several scales (about 60 kB each)."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number:05d}.jpg"
        if not path.is_file():
            pixels = np.zeros((height, width, 3), np.float32)
            for side, share in ((4, 0.5), (16, 0.3), (64, 0.15), (256, 0.05)):
                small = Image.fromarray(random.integers(0, 256, (side * 3 // 4, side, 3), np.uint8))
                pixels += share * np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), np.float32)
            Image.fromarray(pixels.astype(np.uint8)).save(path, quality=90)
    return [folder / f"{number:05d}.jpg" for number in range(count)]


def smooth(folder: Path, count: int, size: tuple[int, int], patches: tuple[int, int], quality: int) -> None:
    """Write `count` different JPEGs of a size (width, height): some random patches of colour, blurred."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(count):
        small = Image.fromarray(random.integers(0, 256, (patches[1], patches[0], 3), np.uint8))
        small.resize(size, Image.Resampling.BICUBIC).save(folder / f"{number:06d}.jpg", quality=quality)
