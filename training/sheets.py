"""Sheets: every row shows one scene, every column one way of painting; no two pictures share their view."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training import paint, scenes
from training.genes import siblings

SHARES = {"leaves": 2, "figure": 12, "street": 3, "creature": 3, "thing": 2, "branches": 1, "lattice": 1, "strokes": 1}


@dataclass(frozen=True)
class Sheet:
    """pictures: (rows * columns, 3, side, side) in [0, 1]; scene, look: (rows * columns,) which row and which column.

    what: (rows * columns, side, side) what lies where, places in `WHATS`, -1 for the ground.
    """

    pictures: Tensor
    scene: Tensor
    look: Tensor
    what: Tensor
    program: str


def sheet(rows: int, columns: int, side: int, generator: torch.Generator, program: str | None = None, *,
          zoom: float = 1.0, fused: bool = False) -> Sheet:  # fmt: skip
    """Draw one sheet: rows are a family of scenes, columns one of styles, closer kin on some sheets than on others.

    zoom: how near the scenes are looked at, about.
    """
    device = generator.device

    def number(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape or (1,), generator=generator, device=device)

    if program is None:
        names, shares = list(SHARES), torch.tensor(list(SHARES.values()), dtype=torch.float32, device=device)
        program = names[int(torch.multinomial(shares, 1, generator=generator))]
    kinship = (1.0, 0.7, 0.4)
    rate = kinship[int(torch.randint(3, (1,), generator=generator, device=device))]
    looks_rate = kinship[int(torch.randint(3, (1,), generator=generator, device=device))]
    content = siblings(rows, scenes.GENES, rate, generator).repeat_interleave(columns, 0)
    manner = siblings(columns, paint.GENES, looks_rate, generator).repeat(rows, 1)
    # The same scene told twice is never quite the same.
    content = (content + number(-0.02, 0.02, *content.shape)).clamp(0, 0.9999)
    manner = (manner + number(-0.02, 0.02, *manner.shape)).clamp(0, 0.9999)
    n = rows * columns
    nearness = zoom * number(0.8, 1.2, n) * number(0.75, 1.3)
    views = torch.stack(
        [nearness, number(-0.15, 0.15, n), number(-0.15, 0.15, n), number(-0.12, 0.12, n),
         1 - 2.0 * (number(0, 1, n) < 0.5)], 1,
    )  # fmt: skip
    pictures, what = paint.paint(scenes.draw(program, content), paint.style(manner), views, side, generator, fused)
    places = torch.arange(n, device=device)
    return Sheet(pictures, places // columns, places % columns, what, program)
