"""Learning: draw sheets, describe them, follow the gradient; one seed gives one set of weights."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from training.contrast import Describer, gather, missed
from training.networks import Trunk
from training.sheets import Sheet, sheet

Say = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """Every setting that decides the weights.

    A step sees sheets of rows x columns pictures; `naming` steps follow that fit `Names` to the finished trunk.
    `courses`: (share of the steps, sheets a step, side in pixels, zoom) one after the other: small pictures teach much
    for little time, larger and closer ones what is small. The four weights are those of the parts of the loss: which
    scene, which look, what lies where, and all three again from the middle of the network.
    """

    steps: int = 3300
    naming: int = 300
    seed: int = 0
    rows: int = 4
    columns: int = 4
    courses: tuple[tuple[float, int, int, float], ...] = ((0.35, 8, 48, 1.0), (0.65, 6, 80, 1.5))
    rate: float = 2.5e-3
    decay: float = 0.02
    average: float = 0.997
    scene_weight: float = 0.2
    look_weight: float = 0.3
    what_weight: float = 2.0
    middle_weight: float = 0.5

    def course(self, step: int) -> tuple[int, int, float]:
        """Return (sheets, side, zoom) of a step."""
        done = 0.0
        for share, sheets, side, zoom in self.courses:
            done += share
            if step < done * self.steps - 1e-6:
                break
        return sheets, side, zoom


def learn(recipe: Recipe, device: torch.device, say: Say = print, *, fused: bool = True, every: int = 100) -> Trunk:
    """Return the trained trunk (weights averaged over the last steps, batch norms in evaluation mode).

    say: gets one line of the log every `every` steps.
    """
    torch.manual_seed(recipe.seed)
    draws = torch.Generator(device=device).manual_seed(recipe.seed)
    model = Describer(Trunk()).to(device).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(_groups(model, recipe.decay), lr=recipe.rate, betas=(0.9, 0.98))
    say(f"{asdict(recipe)}")
    began, seen, means = time.perf_counter(), 0, []
    with ThreadPoolExecutor(1) as pen:  # draws the next step's sheets while the network looks at this step's
        following = pen.submit(_sheets, recipe, 0, draws, fused)
        for step in range(recipe.steps):
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * _pace(step, recipe.steps)
            drawn = following.result()
            if step + 1 < recipe.steps:
                following = pen.submit(_sheets, recipe, step + 1, draws, fused)
            loss, parts = _loss(model, drawn, recipe)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
            _follow(averaged, model, min(recipe.average, (1 + step) / (10 + step)))
            seen += sum(len(one.pictures) for one in drawn)
            means.append(parts)
            if (step + 1) % every == 0 or step + 1 == recipe.steps:
                loss = dict(zip(("scene", "look", "what", "what, middle"), torch.tensor(means).mean(0).tolist()))
                pace = seen / (time.perf_counter() - began)
                say(f"step {step + 1:6d}  pictures {seen:8d}  {pace:6.1f}/s  {_row(loss)}")
                means = []
    return averaged.eval().trunk


def _row(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in figures.items())


def _sheets(recipe: Recipe, step: int, draws: torch.Generator, fused: bool) -> list[Sheet]:
    sheets, side, zoom = recipe.course(step)
    return [sheet(recipe.rows, recipe.columns, side, draws, zoom=zoom, fused=fused) for _ in range(sheets)]


def _loss(model: Describer, drawn: list[Sheet], recipe: Recipe) -> tuple[Tensor, tuple[float, ...]]:
    pictures = torch.cat([one.pictures for one in drawn]).contiguous(memory_format=torch.channels_last)
    scene = torch.cat([one.scene + i * recipe.rows for i, one in enumerate(drawn)])
    look = torch.cat([one.look + i * recipe.columns for i, one in enumerate(drawn)])
    what = torch.cat([one.what for one in drawn])
    told, seen = model(pictures)
    total, parts = pictures.new_zeros(()), []
    for weight, (told_scene, told_look), there in zip((1.0, recipe.middle_weight), told, seen, strict=True):
        parts += [gather(told_scene, scene), gather(told_look, look), missed(there, what, len(drawn))]
        weights = (recipe.scene_weight, recipe.look_weight, recipe.what_weight)
        total = total + weight * sum(share * part for share, part in zip(weights, parts[-3:], strict=True))
    return total, (parts[0].item(), parts[1].item(), parts[2].item(), parts[5].item())


def _pace(step: int, steps: int) -> float:
    warm = max(1, min(200, steps // 10))
    if step < warm:
        return (step + 1) / warm
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _groups(model: torch.nn.Module, decay: float) -> list[dict[str, object]]:
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


@torch.no_grad()
def _follow(averaged: torch.nn.Module, model: torch.nn.Module, keep: float) -> None:
    for slow, fast in zip(averaged.state_dict().values(), model.state_dict().values(), strict=True):
        if slow.dtype.is_floating_point:
            slow.lerp_(fast, 1 - keep)
        else:
            slow.copy_(fast)
