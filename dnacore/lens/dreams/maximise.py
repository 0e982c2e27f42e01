"""Activation maximisation: the image that excites a neuron most, optimised from noise (Erhan et al., 2009; Distill 2017).

The goal is the mean over the map of the values before a neuron's last activation function: behind a ReLU6 the
gradient is zero below 0 and above 6, so a neuron that is silent at first would stay silent.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from dnacore.errors import BadInput
from dnacore.lens.analysis import Analysis, Panel, Request, Result, Watch
from dnacore.lens.dreams.canvas import KINDS, Canvas, jittered, strayed, variation
from dnacore.lens.picture import SHOWN, as_written, to_image
from dnacore.lens.sets.percentile import in_words, standing
from dnacore.lens.sight import Sight, looking
from dnacore.lens.target import Target

BLUR_EVERY = 10  #: steps between two blurs


def climb(
    sight: Sight, canvas: Canvas, gain: Callable[[torch.Tensor], torch.Tensor], steps: int, rate: float, tv: float,
    l2: float, jitter: int, blur: float, seed: int, watch: Watch, stage: str,
) -> None:  # fmt: skip
    """Change a canvas so that `gain` grows: (N, 3, H, W) as the network sees it -> (N,), larger is better."""
    generator = torch.Generator().manual_seed(seed + 1)
    optimiser = torch.optim.Adam([canvas.parameters], lr=rate)
    for step in range(steps):
        watch.step(stage, step, steps, lambda: to_image(canvas.pixels()[0]))
        optimiser.zero_grad()
        pixels = canvas.pixels()
        seen = sight.normalised(jittered(pixels, jitter, generator))
        loss = -gain(seen) + tv * variation(pixels) + l2 * strayed(pixels)
        loss.sum().backward()
        optimiser.step()
        if blur > 0 and step % BLUR_EVERY == BLUR_EVERY - 1 and step < steps - 1:
            canvas.blur(blur)


def spread(target: Target, sight: Sight, seed: int) -> torch.Tensor:
    """(k,) how much every neuron's map varies on coloured noise, so that all neurons' gains count alike."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand((2, 3, sight.side, sight.side), generator=generator).to(sight.device)
    with torch.no_grad():
        seen = sight.see(sight.normalised(noise), target.layers, before=True)
    scales = [seen[layer][:, index].std(correction=0) for layer, index in target.neurons]
    return torch.stack(scales).clamp(min=1e-3)


def dream(
    sight: Sight, target: Target, steps: int, seed: int, watch: Watch, *, rate: float = 0.02, tv: float = 4.0,
    l2: float = 1.0, jitter: int = 8, blur: float = 0.0, kind: str = "frequencies",
) -> torch.Tensor:  # fmt: skip
    """(1, 3, H, W) pixels from 0 to 1 that a target activates for. The same seed gives the same image."""
    if kind not in KINDS:
        raise BadInput(f"There is no canvas of {kind!r}; choose one of {', '.join(KINDS)}.")
    canvas = Canvas.noise(sight.side, seed, sight.device, kind)
    scales = spread(target, sight, seed) if target.neurons else None
    climb(
        sight, canvas, lambda batch: target.scores(sight, batch, "mean", before=True, scales=scales), steps, rate, tv,
        l2, jitter, blur, seed, watch, f"climbing {target.name}",
    )  # fmt: skip
    return canvas.pixels().detach()


def _work(
    request: Request, *, steps: int = 80, rate: float = 0.02, tv: float = 4.0, l2: float = 1.0, jitter: int = 8,
    blur: float = 0.0, kind: str = "frequencies",
) -> Result:  # fmt: skip
    target, dna = request.the_target, request.pictures.dna if request.pictures else None
    with looking(request.extractor) as sight:
        pixels = dream(
            sight,
            target,
            steps,
            request.seed,
            request.watch,
            rate=rate,
            tv=tv,
            l2=l2,
            jitter=jitter,
            blur=blur,
            kind=kind,
        )
        with torch.no_grad():
            seen = as_written(sight, pixels)
            grey = torch.zeros_like(seen)
            reached = float(target.scores(sight, seen, "peak")[0])
            start = float(target.scores(sight, grey, "peak")[0])
            mean = float(target.scores(sight, seen, "mean")[0])
            before = float(target.scores(sight, seen, "peak", before=True)[0])
    single = len(target.flat) == 1
    figures = standing(dna, target.flat[0], reached) if single else {"activation": reached, "percentile": None}
    figures |= {"before": before, "mean": mean, "start": start, "steps": steps}
    place = in_words(dna, target.flat[0], reached) if single else ""
    caption = f"What {target.name} would love to see: it reaches {reached:.3g}{place}; a grey image gives {start:.3g}."
    return Result((Panel(target.name, to_image(pixels[0], (SHOWN, SHOWN))),), figures, caption)


ANALYSIS = Analysis(
    "maximise",
    "What it would love to see",
    "Which image activates this neuron most?",
    _work,
    ("target",),
    ("gradients",),
    ("selection", "class", "dataset"),
)
