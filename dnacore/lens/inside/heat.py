"""Heat: where in an image one neuron is active, as a small map, without gradients and in any precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from dnacore.errors import BadInput
from dnacore.extractors.extractor import Extractor
from dnacore.images.tars import open_file
from dnacore.lens.sight import as_maps

FINEST = 28  #: places along a side that are kept: finer than a thumbnail shows


def heat(extractor: Extractor, path: Path, layer: str, index: int) -> np.ndarray:
    """Where in an image a neuron is above zero: (side, side) float32, of what the network saw, side at most 28.

    Of a finer map the largest value in each place is kept. Raises BadInput for a file that cannot be read, and for a layer
    that sees the image as a whole.
    """
    try:
        with open_file(path) as file:
            batch = extractor.preprocess(file)[None]
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({error.strerror or error}).") from error
    kept: list[torch.Tensor] = []

    def see(name: str, view: torch.Tensor) -> None:
        if name == layer:
            kept.append(view[:, index : index + 1].clone())

    extractor.visit(batch, see)
    if not kept or not kept[0].shape[1]:
        raise BadInput(f"There is no neuron {layer}:{index} in {extractor.name}.")
    found = as_maps(kept[0], layer).clamp(min=0)
    if found.shape[-1] > FINEST:
        found = torch.nn.functional.adaptive_max_pool2d(found, FINEST)
    return found[0, 0].cpu().numpy().astype(np.float32)
