"""The network of `mini`: a small residual network with anti-aliased strides, its batch norms folded away.

Every neuron rests at zero and says more the surer it is (ReLU, or a share from 0 to 1 in the last two layers), which is
what a histogram of activations shows best. `docs/mini.md` says how it was trained.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from dnacore.extractors.networks.mini_classes import THINGS

WIDTHS = (24, 48, 96, 256)
DEPTHS = (1, 1, 2, 2)


class Active(nn.Conv2d):
    """A 3x3 convolution and its ReLU; with `halve`, over 2x2 places averaged into one (a stride that cannot alias)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, halve: bool = False) -> None:
        super().__init__(inputs, outputs, 3, stride, 1)
        self.halve = halve

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(super().forward(functional.avg_pool2d(x, 2) if self.halve else x), inplace=True)


class Residual(nn.Module):
    """Two convolutions beside the identity, and a ReLU after their sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Active(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Not in place: the hook on `first` and the identity still need their tensors.
        return functional.relu(x + self.second(self.first(x)))


class Named(nn.Conv2d):
    """For every place, how sure the network is that a thing is there: 0 to 1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(super().forward(x))


class Mini(nn.Module):
    """(N, 3, H, W) in [-1, 1] -> (N, things, H/16, W/16)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Active(3, WIDTHS[0], stride=2)
        self.stages = nn.ModuleList()
        for i, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            blocks: list[nn.Module] = [Active(WIDTHS[i - 1], width, halve=True)] if i else []
            self.stages.append(nn.Sequential(*blocks, *(Residual(width) for _ in range(depth))))
        self.things_middle, self.things = Named(WIDTHS[-2], len(THINGS), 1), Named(WIDTHS[-1], len(THINGS), 1)

    def features(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the middle and the last feature maps."""
        x = self.stem(x)
        for stage in self.stages:
            middle, x = x, stage(x)
        return middle, x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        middle, late = self.features(x)
        self.things_middle(middle)  # a side output: no later layer uses it
        return self.things(late)


def places() -> dict[str, str]:
    """{layer: module path} of everything that has passed a ReLU, early to late."""
    found = {"stem": "stem"}
    for i, depth in enumerate(DEPTHS):
        first = 0
        if i:
            found[f"stage_{i}_down"], first = f"stages.{i}.0", 1
        for j in range(depth):
            found[f"stage_{i}_block_{j}_inner"] = f"stages.{i}.{j + first}.first"
            found[f"stage_{i}_block_{j}"] = f"stages.{i}.{j + first}"
    return found | {"things_middle": "things_middle", "things": "things"}
