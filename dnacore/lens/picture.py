"""Pictures: from image files to a network's input, and back to images to show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dnacore.errors import BadInput
from dnacore.extractors.extractor import Extractor
from dnacore.images import decode
from dnacore.lens.sight import Sight

SHOWN = 320  #: the longer side of a picture on a sheet, in pixels


@dataclass(frozen=True, eq=False)
class Picture:
    """batch: (1, 3, H, W) float32, the image as the network sees it. size: (width, height) to show it at."""

    batch: torch.Tensor
    size: tuple[int, int]


def load(path: Path, extractor: Extractor) -> Picture:
    """An image file as this network sees it. Raises BadInput where it is no readable image."""
    try:
        batch = extractor.preprocess(path)[None].to(extractor.device)
        height, width = decode.decode(Path(path)).shape[:2]
    except (BadInput, OSError) as error:
        raise BadInput(
            f"{path} cannot be looked at: {getattr(error, 'strerror', None) or error}. Choose another image."
        ) from error
    if extractor.recipe.preprocessing.crop != "squash":
        height = width = 1
    scale = SHOWN / max(height, width)
    return Picture(batch, (max(1, round(width * scale)), max(1, round(height * scale))))


def batches(paths: list[Path], extractor: Extractor, size: int = 16):
    """Yield (positions, (n, 3, H, W)) of image files, unreadable ones left out."""
    kept: list[int] = []
    tensors: list[torch.Tensor] = []
    for position, path in enumerate(paths):
        try:
            tensors.append(extractor.preprocess(path))
            kept.append(position)
        except (BadInput, OSError):
            continue
        if len(kept) == size:
            yield kept, torch.stack(tensors)
            kept, tensors = [], []
    if kept:
        yield kept, torch.stack(tensors)


def to_image(pixels: torch.Tensor, size: tuple[int, int] | None = None) -> Image.Image:
    """(3, H, W) pixels from 0 to 1 as an image, resized to a size (width, height) if one is given."""
    array = (pixels.detach().clamp(0, 1).permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
    made = Image.fromarray(array)
    return made if size is None else made.resize(size, Image.Resampling.BICUBIC)


def as_written(sight: Sight, pixels: torch.Tensor) -> torch.Tensor:
    """(N, 3, H, W) pixels from 0 to 1, rounded to 8 bits as in a file, as the network's input."""
    return sight.normalised((pixels.detach().clamp(0, 1) * 255).round() / 255)
