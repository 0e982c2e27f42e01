"""Caricature: an image with what a layer or a selection sees in it exaggerated (Olah et al., Distill 2018)."""

from __future__ import annotations

import torch

from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.dreams.canvas import Canvas
from dnacore.lens.dreams.maximise import climb
from dnacore.lens.picture import as_written, load, to_image
from dnacore.lens.sight import Sight, looking

MIDDLE = 0.6  #: depth of the default layer, as a share of the network


def _parts(request: Request, sight: Sight, batch: torch.Tensor) -> torch.Tensor:
    """(N, k, S) the neurons that are to be exaggerated: those of the target, or all of the layer."""
    if request.target is not None and request.target.neurons:
        layer = request.the_target.layers[0]
        chosen = [index for name, index in request.the_target.neurons if name == layer]
        return sight.see(batch, [layer])[layer][:, chosen]
    layer = layer_of(request, sight)
    return sight.see(batch, [layer])[layer]


def layer_of(request: Request, sight: Sight) -> str:
    """The layer asked for, or one past the middle of the network. Raises BadInput."""
    if request.layer is not None:
        return sight.check_layer(request.layer)
    if request.target is not None and request.target.layers:
        return request.the_target.layers[0]
    return sight.layers[int(MIDDLE * (len(sight.layers) - 1))]


def _work(
    request: Request, *, steps: int = 80, rate: float = 0.03, tv: float = 0.3, l2: float = 0.0, jitter: int = 6
) -> Result:
    picture = load(request.the_image, request.extractor)
    with looking(request.extractor) as sight:
        layer = layer_of(request, sight)
        with torch.no_grad():
            first = _parts(request, sight, picture.batch)
            centre = first.mean(2, keepdim=True)
        aim = first - centre
        size = float(aim.norm()) or 1.0
        canvas = Canvas.of(sight.pixels(picture.batch).clamp(0, 1))

        def gain(batch: torch.Tensor) -> torch.Tensor:
            now = _parts(request, sight, batch) - centre
            along = (now * aim).sum((1, 2)) / size**2
            likeness = (now * aim).sum((1, 2)) / (now.flatten(1).norm(dim=1) * size + 1e-8)
            return along * likeness.clamp(min=0.1) ** 2

        climb(
            sight, canvas, gain, steps, rate, tv, l2, min(jitter, 0), 0.0, request.seed, request.watch, "exaggerating"
        )
        pixels = canvas.pixels().detach()
        with torch.no_grad():
            now = _parts(request, sight, as_written(sight, pixels)) - centre
            times = float((now * aim).sum()) / size**2
            likeness = float((now * aim).sum()) / (float(now.norm()) * size + 1e-8)
        shown = to_image(sight.pixels(picture.batch)[0], picture.size)
    what = request.target.name if request.target is not None and request.target.neurons else layer
    panels = (Panel("the image", shown), Panel(f"as {what} would draw it", to_image(pixels[0], picture.size)))
    figures = {
        "layer": layer,
        "exaggeration": times,
        "similarity": likeness,
        "activation": float(now.max()),
        "steps": steps,
    }
    caption = f"What {what} sees in the image, {times:.1f} times as strong as it was (likeness {likeness:.2f})."
    return Result(panels, figures, caption)


ANALYSIS = Analysis(
    "caricature",
    "Caricature",
    "What does this layer exaggerate in the image?",
    _work,
    ("image",),
    ("gradients",),
    ("layer",),
)
