"""Grad-CAM: where in the image a layer finds evidence for a class (Selvaraju et al., 2017)."""

from __future__ import annotations

import numpy as np
import torch

from dnacore.errors import BadInput
from dnacore.extractors.labels import class_name
from dnacore.extractors.taps import neuron_view
from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.drawing import heat_over
from dnacore.lens.picture import load, to_image
from dnacore.lens.sight import Sight, as_maps, looking
from dnacore.lens.traits import last_spatial_layer


def gradcam(sight: Sight, batch: torch.Tensor, layer: str, label: int) -> torch.Tensor:
    """(N, h, w) where a layer's maps are evidence for (above 0) or against a class of the head.

    Every map is weighted by the mean of the class' gradient over its places; nothing is cut off at 0 yet (eq. 1-2
    before the ReLU). batch: (N, 3, H, W) as the network sees it. Raises BadInput where the layer has no places.
    """
    scores, output, tap = sight.classes_through(batch.detach().clone().requires_grad_(True), layer)
    (slope,) = torch.autograd.grad(scores[:, label].sum(), output)
    maps, slopes = as_maps(neuron_view(output, tap), layer), as_maps(neuron_view(slope, tap), layer)
    return (maps * slopes.mean((2, 3), keepdim=True)).sum(1).detach()


def _work(request: Request) -> Result:
    extractor = request.extractor
    picture = load(request.the_image, extractor)
    layer = request.layer or last_spatial_layer(extractor)
    if layer is None:
        raise BadInput(f"{extractor.name} has no layer with places in the image.")
    with looking(extractor) as sight:
        request.watch.step("gradient of the class", 0, 1)
        with torch.no_grad():
            odds = extractor.odds(sight.classes(picture.batch))[0]
        asked = request.target.label if request.target is not None else None
        label = int(odds.argmax()) if asked is None else asked
        found = gradcam(sight, picture.batch, layer, label)[0].clamp(min=0).cpu().numpy()
        shown = to_image(sight.pixels(picture.batch)[0], picture.size)
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    name = class_name(extractor, label)
    figures = {
        "class": label, "name": name, "probability": float(odds[label]), "layer": layer,
        "strongest": float(found.max()),
        "row": (float(row) + 0.5) / found.shape[0], "column": (float(column) + 0.5) / found.shape[1],
    }  # fmt: skip
    panels = (Panel("the image", shown), Panel(f"{name}, in {layer}", heat_over(shown, found)))
    chosen = "its first guess" if asked is None else "the class asked for"
    caption = f"Where {layer} finds what speaks for {name} ({chosen}, probability {float(odds[label]):.0%})."
    return Result(panels, figures, caption)


ANALYSIS = Analysis(
    "gradcam", "Grad-CAM", "Where in the image is what the network calls a class?", _work, ("image",),
    ("gradients", "head", "places"), ("class", "layer"),
)  # fmt: skip
