"""The activation map: where in one image a neuron is active, laid over the image."""

from __future__ import annotations

import numpy as np
import torch

from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.drawing import heat_over
from dnacore.lens.picture import load, to_image
from dnacore.lens.sets.percentile import in_words, standing
from dnacore.lens.sight import as_maps, looking

MOST = 12  #: neurons of a selection that are shown side by side


def _work(request: Request) -> Result:
    picture = load(request.the_image, request.extractor)
    target, dna = request.the_target, request.pictures.dna if request.pictures else None
    target.single  # noqa: B018 - a class has no map
    with looking(request.extractor) as sight, torch.no_grad():
        request.watch.step("activations", 0, 1)
        seen = sight.see(picture.batch, target.layers)
        shown = to_image(sight.pixels(picture.batch)[0], picture.size)
    panels = [Panel("the image", shown)]
    peaks: list[float] = []
    places: list[tuple[float, float]] = []
    for layer, index in target.neurons[:MOST]:
        plane = as_maps(seen[layer], layer)[0, index].cpu().numpy()
        peaks.append(float(seen[layer][0, index].max()))
        row, column = np.unravel_index(int(plane.argmax()), plane.shape)
        places.append(((float(row) + 0.5) / plane.shape[0], (float(column) + 0.5) / plane.shape[1]))
        panels.append(Panel(f"{layer}:{index}, peak {peaks[-1]:.3g}", heat_over(shown, np.maximum(plane, 0))))
    figures = standing(dna, target.flat[0], peaks[0]) | {"row": places[0][0], "column": places[0][1], "peaks": peaks}
    caption = (
        f"{target.name} reaches {peaks[0]:.3g}{in_words(dna, target.flat[0], peaks[0])}, "
        f"{places[0][0]:.0%} down and {places[0][1]:.0%} across."
    )
    return Result(tuple(panels), figures, caption)


ANALYSIS = Analysis(
    "map", "Activation map", "Where in this image is this neuron active?", _work, ("image", "target"),
    takes=("selection", "dataset"),
)  # fmt: skip
