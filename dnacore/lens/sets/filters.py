"""First-layer filters: the convolution that sees the image itself, drawn as images."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.drawing import tiles
from dnacore.lens.traits import front_convolution

TILE = 44
MOST = 256


def filter_images(weights: np.ndarray) -> np.ndarray:
    """(n, 3, h, w) weights as (n, h, w, 3) uint8: zero is grey, each filter over its own largest weight."""
    top = np.abs(weights).max((1, 2, 3), keepdims=True)
    return np.rint(127.5 + 127.5 * weights / np.maximum(top, 1e-12)).astype(np.uint8).transpose(0, 2, 3, 1)


def _work(request: Request) -> Result:
    convolution = front_convolution(request.extractor)
    assert convolution is not None  # a declared need
    weights = convolution.weight.detach().float().cpu().numpy()
    drawn = filter_images(weights[:MOST])
    small = [Image.fromarray(one).resize((TILE, TILE), Image.Resampling.NEAREST) for one in drawn]
    columns = max(8, int(np.ceil(np.sqrt(len(small)))))
    height, width = weights.shape[2:]
    # How much a filter differs between colours: 0 where all three are the same.
    colour = np.abs(weights - weights.mean(1, keepdims=True)).sum((1, 2, 3)) / np.maximum(
        np.abs(weights).sum((1, 2, 3)), 1e-12
    )
    figures = {
        "filters": len(weights), "height": height, "width": width, "stride": convolution.stride[0],
        "colour": [float(value) for value in colour],
    }  # fmt: skip
    caption = f"The {len(weights)} filters of {height} x {width} pixels that see the image itself; grey is zero."
    return Result((Panel("first-layer filters", tiles(small, columns)),), figures, caption)


ANALYSIS = Analysis("filters", "First-layer filters", "What does the first layer look for?", _work, (), ("filters",))
