"""DeepDream: an image climbed towards whatever a layer already sees in it (Mordvintsev et al., 2015)."""

from __future__ import annotations

from functools import partial

import torch

from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.dreams.canvas import jittered, resized
from dnacore.lens.dreams.caricature import layer_of
from dnacore.lens.picture import as_written, load, to_image
from dnacore.lens.sight import looking

OCTAVE = 1.4  #: each octave's side over the one before


def _work(request: Request, *, steps: int = 30, rate: float = 0.01, octaves: int = 3, jitter: int = 16) -> Result:
    picture = load(request.the_image, request.extractor)
    with looking(request.extractor) as sight:
        layer = layer_of(request, sight)
        target = request.target if request.target is not None and request.target.neurons else None

        def strength(batch: torch.Tensor) -> torch.Tensor:
            if target is not None:
                return target.scores(sight, batch, "mean", before=True).sum()
            return sight.see(batch, [layer])[layer].pow(2).mean()

        first = sight.pixels(picture.batch).clamp(0, 1)
        count = max(1, octaves) if sight.resizable else 1
        sides = [max(32, round(sight.side / OCTAVE**i)) for i in reversed(range(count))]
        generator = torch.Generator().manual_seed(request.seed)
        pixels = resized(first, sides[0])
        base = pixels
        per = max(1, steps // count)
        for number, side in enumerate(sides):
            detail = (
                resized(pixels - base + 0.5, side) - 0.5
            )  # what the dream has added so far, resized to the next octave
            base = resized(first, side)
            pixels = (base + detail).clamp(0, 1)
            for step in range(per):
                now = pixels
                request.watch.step("dreaming", number * per + step, per * count, partial(to_image, now[0]))
                given = pixels.detach().requires_grad_(True)
                seen = sight.normalised(jittered(given, jitter, generator))
                (slope,) = torch.autograd.grad(strength(seen), given)
                pixels = (given + rate * slope / slope.abs().mean().clamp(min=1e-12)).detach().clamp(0, 1)
        with torch.no_grad():
            before = float(strength(picture.batch))
            after = float(strength(as_written(sight, pixels)))
        shown = to_image(first[0], picture.size)
    what = target.name if target is not None else layer
    panels = (Panel("the image", shown), Panel(f"dreamt on by {what}", to_image(pixels[0], picture.size)))
    figures = {"layer": layer, "activation": after, "before": before, "octaves": count, "steps": per * count}
    grown = f"{after / before:.1f} times as strong" if before > 0 else f"{after:.3g} instead of {before:.3g}"
    return Result(panels, figures, f"The image dreamt on by {what}, which reacts {grown}.")


ANALYSIS = Analysis(
    "dream", "DeepDream", "What does this layer see into the image?", _work, ("image",), ("gradients",), ("layer",)
)
