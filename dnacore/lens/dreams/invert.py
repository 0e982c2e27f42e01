"""Inversion: an image made again from what one layer keeps of it (Mahendran and Vedaldi, CVPR 2015).

Minimised is the relative squared error in the layer plus an alpha-norm (alpha = 6) and a total-variation prior, on a
canvas of frequencies, from noise.
"""

from __future__ import annotations

import torch

from dnacore.lens.analysis import Analysis, Panel, Request, Result, Watch
from dnacore.lens.dreams.canvas import Canvas, strayed, variation
from dnacore.lens.picture import as_written, load, to_image
from dnacore.lens.sight import Sight, looking

ALPHA = 6.0
PROBE, STUCK = (
    5,
    0.3,
)  #: a squared error that is still above this after a fifth of the steps will not come down by itself
STRIP_SHARE = 0.4  #: share of the steps for each layer of a strip, which is only an overview
STRIP = 5  #: layers of a strip unless one layer is named


def invert(
    sight: Sight, batch: torch.Tensor, layer: str, steps: int, seed: int, watch: Watch, *, rate: float = 0.02,
    tv: float = 0.002, alpha: float = 0.001, stage: str = "",
) -> tuple[torch.Tensor, float]:  # fmt: skip
    """(1, 3, H, W) pixels from 0 to 1 which a layer sees as it sees `batch`, and |difference| / |what it saw| there.

    batch: (1, 3, H, W) as the network sees it. The error is that of the image rounded to 8 bits. Steps are evaluations:
    of L-BFGS, which leaves 0.09 at `block_1_1` of EfficientNet-Lite0 after 200 where Adam leaves 0.2; but where it
    finds no way through dead rectifiers (`head`: 0.91), Adam goes first (0.57).
    """
    with torch.no_grad():
        wanted = sight.see(batch, [layer])[layer]
        size = wanted.norm().clamp(min=1e-8)
    canvas = Canvas.noise(sight.side, seed, sight.device)
    done, lowest = 0, float("inf")
    best = canvas.parameters.detach().clone()

    def loss() -> torch.Tensor:
        nonlocal done, lowest
        watch.step(stage or f"inverting {layer}", min(done, steps), steps, lambda: to_image(canvas.pixels()[0]))
        done += 1
        canvas.parameters.grad = None
        pixels = canvas.pixels()
        error = ((sight.see(sight.normalised(pixels), [layer])[layer] - wanted) / size).pow(2).sum()
        total = error + tv * variation(pixels).sum() + alpha * strayed(pixels, ALPHA).sum()
        total.backward()
        if float(total.detach()) < lowest:  # a line search can end worse than it started
            lowest = float(total.detach())
            best.copy_(canvas.parameters.detach())
        return total

    exact = torch.optim.LBFGS([canvas.parameters], history_size=20, line_search_fn="strong_wolfe")

    patient = torch.optim.Adam([canvas.parameters], lr=rate)

    def wander(evaluations: int) -> None:
        for _ in range(evaluations):
            loss()
            patient.step()

    def descend(evaluations: int) -> None:
        exact.param_groups[0].update(max_iter=max(1, evaluations), max_eval=max(1, evaluations))
        exact.step(loss)

    beginning = best.clone()
    descend(steps // PROBE)
    if float(loss().detach()) > STUCK:
        canvas.parameters.data.copy_(beginning)
        wander(2 * steps // PROBE)
        exact = torch.optim.LBFGS([canvas.parameters], history_size=20, line_search_fn="strong_wolfe")
    descend(steps - done)
    wander(steps - done)  # the steps that a failed line search left over
    canvas.parameters.data.copy_(best)
    pixels = canvas.pixels().detach()
    with torch.no_grad():
        apart = (sight.see(as_written(sight, pixels), [layer])[layer] - wanted).norm() / size
    return pixels, float(apart)


def spread_out(layers: list[str], count: int) -> list[str]:
    """`count` of the layers at even distances, with the first and the last."""
    if len(layers) <= count:
        return layers
    return [layers[round(i * (len(layers) - 1) / (count - 1))] for i in range(count)]


def _work(
    request: Request, *, steps: int = 320, starts: int = 1, layers: int = STRIP, rate: float = 0.02, tv: float = 0.002,
    alpha: float = 0.001,
) -> Result:  # fmt: skip
    picture = load(request.the_image, request.extractor)
    asked = request.layer or (request.target.layers[0] if request.target and request.target.layers else None)
    with looking(request.extractor) as sight:
        chosen = [sight.check_layer(asked)] if asked else spread_out(sight.layers, layers)
        starts = max(1, starts)
        panels = [Panel("the image", to_image(sight.pixels(picture.batch)[0], picture.size))]
        errors: dict[str, list[float]] = {layer: [] for layer in chosen}
        each = steps if asked else round(STRIP_SHARE * steps)
        runs = [(layer, start) for layer in chosen for start in range(starts)]
        for number, (layer, start) in enumerate(runs):
            watch = request.watch.within(f"inverting {layer}", number, len(runs)) if len(runs) > 1 else request.watch
            pixels, left = invert(
                sight, picture.batch, layer, each, request.seed + start, watch, rate=rate, tv=tv, alpha=alpha
            )
            errors[layer].append(left)
            panels.append(Panel(f"{layer}, error {left:.3f}", to_image(pixels[0], picture.size)))
    best = {layer: min(values) for layer, values in errors.items()}
    figures = {
        "relative_error": best[chosen[0]],
        "layer": chosen[0],
        "relative_errors": best,
        "starts": errors,
        "steps": each,
    }
    if asked:
        caption = f"What {asked} keeps of the image: seen through it, the two differ by {best[asked]:.1%}."
    else:
        caption = "What each layer keeps of the image, early to late: the later, the looser."
    return Result(tuple(panels), figures, caption, columns=6)


ANALYSIS = Analysis(
    "invert", "Inversion", "What does a layer keep of the image?", _work, ("image",), ("gradients",), ("layer",)
)
