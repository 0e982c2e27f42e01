"""The path of one image through the network: what it sees, each layer's strongest maps, and what it calls it."""

from __future__ import annotations

import torch
from PIL import Image

from dnacore.errors import BadInput
from dnacore.extractors.labels import name_images
from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.drawing import colours, odds, tiles
from dnacore.lens.picture import load, to_image
from dnacore.lens.sight import as_maps, looking

SIDE = 84


def _strip(view: torch.Tensor, layer: str, count: int) -> tuple[Image.Image, list[int]]:
    """A layer's strongest maps side by side, by the mean over the image, and their indices."""
    strength = view[0].mean(1)
    chosen = strength.topk(min(count, len(strength))).indices.tolist()
    try:
        maps = as_maps(view, layer)[0, chosen]
    except BadInput:  # vectors and class tokens have a single value
        maps = view[0, chosen].mean(1)[:, None, None].expand(-1, 2, 2)
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    shares = ((maps - low) / (high - low).clamp(min=1e-12)).cpu().numpy()
    images = [Image.fromarray(colours(one)).resize((SIDE, SIDE), Image.Resampling.BILINEAR) for one in shares]
    return tiles(images, len(images)), chosen


def _work(request: Request, *, maps: int = 4, classes: int = 5) -> Result:
    extractor = request.extractor
    picture = load(request.the_image, extractor)
    with looking(extractor) as sight, torch.no_grad():
        request.watch.step("one forward through the network", 0, 1)
        seen = sight.see(picture.batch, sight.layers)
        square = to_image(sight.pixels(picture.batch)[0], (4 * SIDE, 4 * SIDE)).resize((2 * SIDE, 2 * SIDE))
    panels = [Panel(f"as the network sees it, {extractor.input_size} x {extractor.input_size}", square)]
    strongest: dict[str, list[int]] = {}
    for layer, view in seen.items():
        strip, strongest[layer] = _strip(view, layer, maps)
        side = int(view.shape[2] ** 0.5)
        panels.append(Panel(f"{layer}: {view.shape[1]} maps of {side} x {side}", strip))
    figures = {"layers": len(seen), "strongest": strongest, "classes": []}
    said = ""
    if extractor.classes:
        best = name_images(extractor, [request.the_image], classes)[0]
        figures["classes"] = [
            {"class": label.index, "name": label.name, "probability": label.probability} for label in best
        ]
        rows = [(label.name, label.probability) for label in best]
        panels.append(Panel("what the head calls it", odds(rows, (4 * SIDE, 28 * len(rows)))))
        said = f"; the head says {', '.join(f'{label.name} {label.probability:.0%}' for label in best[:3])}"
    caption = f"The image through {len(seen)} layers of {extractor.name}, each with its {maps} most active maps{said}."
    return Result(tuple(panels), figures, caption, columns=3)


ANALYSIS = Analysis("path", "The path of one image", "What becomes of the image, layer by layer?", _work, ("image",))
