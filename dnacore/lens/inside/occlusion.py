"""Occlusion: what a neuron or a class loses when a part of the image is covered (Zeiler and Fergus, 2014)."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
import torch

from dnacore.errors import BadInput
from dnacore.lens.analysis import Analysis, Panel, Request, Result, Watch
from dnacore.lens.drawing import for_and_against
from dnacore.lens.picture import load, to_image
from dnacore.lens.sight import looking

BATCH = 16
FILLS = ("mean", "black", "white", "blur")


def windows(side: int, size: int, stride: int) -> list[slice]:
    """Where the cover lies along one axis: every `stride` pixels, cut off at the far edge."""
    count = ceil(max(0, side - size) / stride) + 1
    return [slice(i * stride, min(i * stride + size, side)) for i in range(count)]


def occlusion(
    score: Callable[[torch.Tensor], torch.Tensor], batch: torch.Tensor, size: int, stride: int,
    fill: torch.Tensor | float = 0.0, watch: Watch | None = None,
) -> tuple[torch.Tensor, float]:  # fmt: skip
    """How much the score of one image falls where a pixel is covered, averaged over the covers that include the pixel.

    score: (N, 3, H, W) -> (N,). batch: (1, 3, H, W) as the network sees it; fill: what covers it, likewise.
    Returns (H, W) float32, and the score of the whole image. Raises BadInput for a cover larger than the image.
    """
    height, width = batch.shape[2:]
    if not (1 <= size <= min(height, width) and stride >= 1):
        raise BadInput(f"A cover of {size} pixels every {stride} does not fit an image of {width} x {height} pixels.")
    fill = torch.as_tensor(fill, dtype=batch.dtype, device=batch.device).expand_as(batch)
    places = [(down, across) for down in windows(height, size, stride) for across in windows(width, size, stride)]
    lost, times = torch.zeros(height, width), torch.zeros(height, width)
    with torch.no_grad():
        whole = float(score(batch)[0])
        for start in range(0, len(places), BATCH):
            if watch is not None:
                watch.step("covering parts of the image", start, len(places))
            part = places[start : start + BATCH]
            covered = batch.repeat(len(part), 1, 1, 1)
            for one, (down, across) in zip(covered, part, strict=True):
                one[:, down, across] = fill[0, :, down, across]
            for value, (down, across) in zip(score(covered).tolist(), part, strict=True):
                lost[down, across] += whole - value
                times[down, across] += 1
    return lost / times.clamp(min=1), whole


def _work(request: Request, *, size: int = 48, stride: int = 16, fill: str = "mean", reduce: str = "peak") -> Result:
    if fill not in FILLS:
        raise BadInput(f"The fill {fill!r} is unknown; choose one of {', '.join(FILLS)}.")
    picture = load(request.the_image, request.extractor)
    with looking(request.extractor) as sight:
        pixels = sight.pixels(picture.batch)
        cover = {
            "mean": lambda: torch.zeros_like(picture.batch),
            "black": lambda: sight.normalised(torch.zeros_like(pixels)),
            "white": lambda: sight.normalised(torch.ones_like(pixels)),
            "blur": lambda: torch.nn.functional.avg_pool2d(picture.batch, 31, 1, 15, count_include_pad=False),
        }[fill]()
        found, whole = occlusion(
            lambda batch: request.the_target.scores(sight, batch, reduce), picture.batch, min(size, sight.side), stride,
            cover, request.watch,
        )  # fmt: skip
        shown = to_image(pixels[0], picture.size)
    heat = found.numpy()
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    most = float(heat.max())
    figures = {
        "activation": whole, "largest_drop": most, "largest_rise": float(max(0.0, -heat.min())),
        "row": (float(row) + 0.5) / heat.shape[0], "column": (float(column) + 0.5) / heat.shape[1],
    }  # fmt: skip
    panels = (Panel("the image", shown), Panel("covering it costs (red) or adds (blue)", for_and_against(shown, heat)))
    share = f" ({most / whole:.0%} of it)" if whole > 0 else ""
    caption = f"Covered by {size} pixels where it is reddest, {request.the_target.name} loses {most:.3g}{share} of {whole:.3g}."
    return Result(panels, figures, caption)


ANALYSIS = Analysis(
    "occlusion",
    "Occlusion",
    "Which part of the image does this neuron need?",
    _work,
    ("image", "target"),
    takes=("selection", "class"),
)
