"""Naming: what the trained features say, read out so that one neuron stands for one thing.

A neuron-wise distance sees single neurons, not combinations of them. The things of `WHATS` are combinations of features
after training; two 1x1 convolutions, one over the middle and one over the last features, turn each into a neuron.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.contrast import missed
from training.networks import Trunk
from training.shapes import WHATS
from training.sheets import sheet

SIDE, SHEETS, RATE, ZOOM = 96, 4, 4e-3, 1.2


class Names(nn.Module):
    """The two readers; weights fit `things_middle` and `things` of `dnacore.extractors.mini.Mini`."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.things_middle = nn.Conv2d(trunk.middle, len(WHATS), 1)
        self.things = nn.Conv2d(trunk.width, len(WHATS), 1)
        for reader in (self.things_middle, self.things):
            nn.init.zeros_(reader.weight)
            nn.init.constant_(reader.bias, -4.0)

    def forward(self, middle: Tensor, late: Tensor) -> tuple[Tensor, Tensor]:
        """Return how sure the readers are of every thing, (n, things, h, w) logits each."""
        return self.things_middle(middle), self.things(late)


def name_things(
    trunk: Trunk, steps: int, seed: int, device: torch.device, *, rows: int = 4, columns: int = 4, side: int = SIDE,
    fused: bool = True,
) -> tuple[Names, float]:  # fmt: skip
    """Return readers fitted to a trunk that stays as it is, and their last loss (see `missed`)."""
    torch.manual_seed(seed)
    draws = torch.Generator(device=device).manual_seed(seed + 1)
    names, losses = Names(trunk).to(device), []
    optimiser = torch.optim.Adam(names.parameters(), lr=RATE)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - step / steps) + 1e-5
        drawn = [sheet(rows, columns, side, draws, zoom=ZOOM, fused=fused) for _ in range(SHEETS)]
        pictures = torch.cat([one.pictures for one in drawn]).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            features = trunk.eval()(pictures * 2 - 1)
        loss = sum(missed(seen, torch.cat([one.what for one in drawn]), SHEETS) for seen in names(*features))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    recent = losses[-max(1, steps // 10) :]
    return names.eval(), sum(recent) / max(1, len(recent))
