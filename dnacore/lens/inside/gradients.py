"""Gradients: which pixels a neuron or a class would react to if they changed.

Plain gradients (Simonyan et al., 2014), guided backpropagation (Springenberg et al., 2015) and integrated gradients
(Sundararajan et al., 2017), for one number per image.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from dnacore.errors import BadInput
from dnacore.lens.analysis import Analysis, Panel, Request, Result, Watch
from dnacore.lens.drawing import for_and_against, heat_over, stretched
from dnacore.lens.picture import Picture, load, to_image
from dnacore.lens.sight import Sight, looking
from dnacore.lens.target import Target

Score = Callable[[torch.Tensor], torch.Tensor]
BASELINES = ("mean", "black")


def gradient(score: Score, batch: torch.Tensor) -> torch.Tensor:
    """(N, 3, H, W) d score / d pixel of a batch as the network sees it. score: (N, 3, H, W) -> (N,)."""
    given = batch.detach().clone().requires_grad_(True)
    (found,) = torch.autograd.grad(score(given).sum(), given)
    return found.contiguous()


def integrated(
    score: Score, batch: torch.Tensor, baseline: torch.Tensor, steps: int = 50, watch: Watch | None = None
) -> torch.Tensor:
    """(1, 3, H, W) integrated gradients of one image: (x - baseline) times the mean gradient on the straight way there.

    Gauss-Legendre points, as captum takes them; adds up to score(x) - score(baseline) but for the error of `steps`.
    """
    points, weights = np.polynomial.legendre.leggauss(steps)
    total = torch.zeros_like(batch)
    for number, (point, weight) in enumerate(zip(points, weights, strict=True)):
        if watch is not None:
            watch.step("walking from the baseline to the image", number, steps)
        at = baseline + (1 + float(point)) / 2 * (batch - baseline)
        total += float(weight) / 2 * gradient(score, at)
    return (batch - baseline) * total


def _score(request: Request, sight: Sight, reduce: str, guided: bool = False) -> Score:
    target = request.the_target
    assert target is not None  # a declared input
    return lambda batch: target.scores(sight, batch, reduce, guided=guided)


def _result(
    picture: Picture, sight: Sight, found: torch.Tensor, name: str, target: Target, figures: dict, say: str
) -> Result:
    strength = found[0].abs().amax(0).cpu().numpy()
    shown = to_image(sight.pixels(picture.batch)[0], picture.size)
    limit = float(np.quantile(strength, 0.995)) or 1.0
    row, column = np.unravel_index(int(strength.argmax()), strength.shape)
    figures |= {
        "strongest": float(strength.max()),
        "row": (float(row) + 0.5) / strength.shape[0],
        "column": (float(column) + 0.5) / strength.shape[1],
    }
    panels = (
        Panel("the image", shown),
        Panel(name, _grey(np.minimum(strength, limit), picture.size)),
        Panel("over the image", heat_over(shown, np.minimum(strength, limit))),
    )
    return Result(panels, figures, f"{say} {target.name}.")


def _grey(values: np.ndarray, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(stretched(values)).convert("RGB").resize(size, Image.Resampling.BICUBIC)


def _plain(request: Request, *, reduce: str = "peak") -> Result:
    picture = load(request.the_image, request.extractor)
    with looking(request.extractor) as sight:
        request.watch.step("gradient", 0, 1)
        score = _score(request, sight, reduce)
        found = gradient(score, picture.batch)
        with torch.no_grad():
            figures = {"activation": float(score(picture.batch)[0])}
        return _result(picture, sight, found, "gradient", request.the_target, figures,
                       "Bright pixels are those whose change would change it most:")  # fmt: skip


def _guided(request: Request, *, reduce: str = "peak") -> Result:
    picture = load(request.the_image, request.extractor)
    with looking(request.extractor) as sight:
        request.watch.step("guided backpropagation", 0, 1)
        found = gradient(_score(request, sight, reduce, guided=True), picture.batch)
        with torch.no_grad():
            figures = {"activation": float(_score(request, sight, reduce)(picture.batch)[0])}
        return _result(picture, sight, found, "guided backpropagation", request.the_target, figures,
                       "Bright pixels speak for it through rectifiers that let only support pass:")  # fmt: skip


def _integrated(request: Request, *, steps: int = 50, reduce: str = "peak", baseline: str = "mean") -> Result:
    if baseline not in BASELINES:
        raise BadInput(f"There is no baseline {baseline!r}; choose one of {', '.join(BASELINES)}.")
    picture = load(request.the_image, request.extractor)
    with looking(request.extractor) as sight:
        score = _score(request, sight, reduce)
        start = torch.zeros_like(picture.batch)
        if baseline == "black":
            start = sight.normalised(start)
        found = integrated(score, picture.batch, start, steps, request.watch)
        with torch.no_grad():
            here, there = float(score(picture.batch)[0]), float(score(start)[0])
        total = float(found.sum())
        heat = found[0].sum(0).cpu().numpy()
        shown = to_image(sight.pixels(picture.batch)[0], picture.size)
    limit = float(np.quantile(np.abs(heat), 0.995)) or 1.0
    heat = np.clip(heat, -limit, limit)
    figures = {"activation": here, "baseline": there, "sum": total, "error": abs(total - (here - there))}
    panels = (
        Panel("the image", shown),
        Panel("integrated gradients: red for, blue against", for_and_against(shown, heat)),
    )
    caption = (
        f"From a {'black' if baseline == 'black' else 'mean-coloured'} image to this one, {request.the_target.name} goes "
        f"from {there:.3g} to {here:.3g}; the pixels' shares add up to {total:.3g}."
    )
    return Result(panels, figures, caption)


GRADIENT = Analysis(
    "gradient",
    "Gradient",
    "Which pixels would change this neuron most?",
    _plain,
    ("image", "target"),
    ("gradients",),
    ("selection", "class"),
)
GUIDED = Analysis(
    "guided", "Guided backpropagation", "Which pixels speak for this neuron?", _guided, ("image", "target"),
    ("gradients", "rectifiers"), ("selection", "class"),
)  # fmt: skip
INTEGRATED = Analysis(
    "integrated", "Integrated gradients", "Which pixels make up this neuron's reaction?", _integrated,
    ("image", "target"), ("gradients",), ("selection", "class"),
)  # fmt: skip
