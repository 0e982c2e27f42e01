"""Style: one image painted like another, by the correlations between a network's features (Gatys et al., CVPR 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from dnacore.lens.analysis import Request, Watch
from dnacore.lens.drawing import tiles
from dnacore.lens.dreams.canvas import Canvas, variation
from dnacore.lens.dreams.invert import spread_out
from dnacore.lens.picture import as_written, load, to_image
from dnacore.lens.sight import Sight

#: VGG's layers as Gatys et al. chose them; in other networks, layers at even distances.
VGG_STYLE, VGG_CONTENT = ("relu_1_1", "relu_2_1", "relu_3_1", "relu_4_1", "relu_5_1"), "relu_4_2"
DEPTH, CONTENT = 0.75, 0.55  #: style is taken from the first layers up to this depth, content at that depth
EXAMPLES = 12  #: images from which a dataset's style is taken

Grams = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Knobs:
    """How one image is painted. style: how much the style weighs against the content; tv: against noise."""

    steps: int
    rate: float
    style: float
    tv: float


#: Strong looks like the painting; but an image pushed so far leaves photographs and paintings alike behind. Gentle
#: moves a set's DNA towards that of paintings (docs/lens.md).
STRENGTHS = {"strong": Knobs(60, 0.04, 3.0, 0.1), "gentle": Knobs(60, 0.01, 0.3, 3.0)}


def style_layers(sight: Sight) -> tuple[list[str], str]:
    """The layers for style, and the one for content."""
    if VGG_CONTENT in sight.layers:
        return [layer for layer in VGG_STYLE if layer in sight.layers], VGG_CONTENT
    layers = sight.layers
    early = layers[: max(1, round(DEPTH * len(layers)))]
    return spread_out(early, 5), layers[round(CONTENT * (len(layers) - 1))]


def gram(view: torch.Tensor) -> torch.Tensor:
    """(N, C, C) the mean over places of products of features (eq. 3, over S instead of its constants)."""
    return view @ view.transpose(1, 2) / view.shape[2]


def grams(sight: Sight, batch: torch.Tensor) -> Grams:
    """{layer: (1, C, C)} the mean over a batch."""
    layers, _ = style_layers(sight)
    with torch.no_grad():
        return {layer: gram(view).mean(0, keepdim=True) for layer, view in sight.see(batch, layers).items()}


def distance(found: Grams, wanted: Grams) -> torch.Tensor:
    """The mean over layers of |difference|^2 / |wanted|^2: 0 for the same style."""
    parts = [((found[layer] - aim) ** 2).sum() / (aim**2).sum().clamp(min=1e-12) for layer, aim in wanted.items()]
    return torch.stack(parts).mean()


def paint(
    sight: Sight, content: torch.Tensor, wanted: Grams, knobs: Knobs, watch: Watch, stage: str = "painting"
) -> torch.Tensor:
    """(1, 3, H, W) pixels from 0 to 1 that begin as the content and take on a style. Nothing in it is random.

    content: (1, 3, H, W) as the network sees it.
    """
    layers, deep = style_layers(sight)
    every = list(dict.fromkeys([*layers, deep]))
    with torch.no_grad():
        kept = sight.see(content, [deep])[deep]
        size = kept.pow(2).sum().clamp(min=1e-12)
    canvas = Canvas.of(sight.pixels(content).clamp(0, 1))
    optimiser = torch.optim.Adam([canvas.parameters], lr=knobs.rate)
    for step in range(knobs.steps):
        watch.step(stage, step, knobs.steps, lambda: to_image(canvas.pixels()[0]))
        optimiser.zero_grad()
        pixels = canvas.pixels()
        seen = sight.see(sight.normalised(pixels), every)
        loss = knobs.style * distance({layer: gram(seen[layer]) for layer in layers}, wanted)
        loss = loss + (seen[deep] - kept).pow(2).sum() / size + knobs.tv * variation(pixels).sum()
        loss.backward()
        optimiser.step()
    return canvas.pixels().detach()


def wanted_of(request: Request, sight: Sight) -> tuple[Grams, str, list[Image.Image]]:
    """The style asked for: that of one image, or the mean over a dataset's images."""
    if request.style is not None:
        picture = load(request.style, request.extractor)
        return grams(sight, picture.batch), request.style.stem, [to_image(sight.pixels(picture.batch)[0], picture.size)]
    pictures = request.the_pictures
    chosen = [
        pictures.paths[i]
        for i in np.linspace(0, len(pictures.paths) - 1, min(EXAMPLES, len(pictures.paths))).astype(int)
    ]
    loaded = [load(path, request.extractor).batch for path in chosen]
    shown = [to_image(sight.pixels(batch)[0], (104, 104)) for batch in loaded]
    return grams(sight, torch.cat(loaded)), pictures.name, [tiles(shown, 3)]


def figures_of(sight: Sight, content: torch.Tensor, pixels: torch.Tensor, wanted: Grams) -> dict[str, float]:
    """How much nearer the style came, and how far the pixels moved (of 255)."""
    before = float(distance(grams(sight, content), wanted))
    after = float(distance(grams(sight, as_written(sight, pixels)), wanted))
    apart = (pixels - sight.pixels(content)).pow(2).mean().sqrt() * 255
    return {
        "style_before": before, "style_after": after, "nearer": 1 - after / before if before > 0 else 0.0,
        "pixel_distance": float(apart),
    }  # fmt: skip
