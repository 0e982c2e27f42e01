"""The Inception-v3 of the Fréchet Inception Distance.

It is the 2015 TensorFlow network, and differs from torchvision's in three ways: average pooling does not count the
padding, the last block pools by maximum, and the head has 1008 outputs. Parameter names are torchvision's, so that
the published conversion (`pt_inception-2015-12-05-6726825d.pth`) fits.

A mixed block is written as a table: branches run side by side and are concatenated; a branch is a chain of convolutions
(name, outputs, kernel height, kernel width, stride); a list inside a chain is a fork, whose ends are concatenated too.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

Conv = tuple[str, int, int, int, int]
Branch = list["Conv | list[Conv]"]


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm (eps 0.001), ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: tuple[int, int], stride: int = 1, padded: bool = True
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2) if padded else 0
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.bn(self.conv(x)), inplace=True)


class Mixed(nn.Module):
    """Branches side by side; `pool` is "average" or "max" (then projected) or "reduce" (max, stride 2, as it is)."""

    def __init__(self, inputs: int, branches: list[Branch], pool: str, pool_outputs: int = 0) -> None:
        super().__init__()
        self.branches = branches
        self.pool = pool
        for branch in branches:
            width = inputs
            for step in branch:
                ends = step if isinstance(step, list) else [step]
                for name, outputs, height, wide, stride in ends:
                    # A convolution with stride 2 is never padded: it shrinks the map as the pooling beside it does.
                    self.add_module(name, ConvNorm(width, outputs, (height, wide), stride, padded=stride == 1))
                width = sum(end[1] for end in ends)
        if pool_outputs:
            self.branch_pool = ConvNorm(inputs, pool_outputs, (1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self._run(branch, x) for branch in self.branches] + [self._pooled(x)], 1)

    def _run(self, branch: Branch, x: torch.Tensor) -> torch.Tensor:
        for step in branch:
            if isinstance(step, list):
                x = torch.cat([getattr(self, name)(x) for name, *_ in step], 1)
            else:
                x = getattr(self, step[0])(x)
        return x

    def _pooled(self, x: torch.Tensor) -> torch.Tensor:
        if self.pool == "reduce":
            return functional.max_pool2d(x, 3, stride=2)
        if self.pool == "max":
            return self.branch_pool(functional.max_pool2d(x, 3, stride=1, padding=1))
        return self.branch_pool(functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False))


def _grid_35(inputs: int, pool_outputs: int) -> Mixed:
    return Mixed(
        inputs,
        [
            [("branch1x1", 64, 1, 1, 1)],
            [("branch5x5_1", 48, 1, 1, 1), ("branch5x5_2", 64, 5, 5, 1)],
            [("branch3x3dbl_1", 64, 1, 1, 1), ("branch3x3dbl_2", 96, 3, 3, 1), ("branch3x3dbl_3", 96, 3, 3, 1)],
        ],
        "average",
        pool_outputs,
    )


def _to_17() -> Mixed:
    return Mixed(
        288,
        [
            [("branch3x3", 384, 3, 3, 2)],
            [("branch3x3dbl_1", 64, 1, 1, 1), ("branch3x3dbl_2", 96, 3, 3, 1), ("branch3x3dbl_3", 96, 3, 3, 2)],
        ],
        "reduce",
    )


def _grid_17(width: int) -> Mixed:
    return Mixed(
        768,
        [
            [("branch1x1", 192, 1, 1, 1)],
            [("branch7x7_1", width, 1, 1, 1), ("branch7x7_2", width, 1, 7, 1), ("branch7x7_3", 192, 7, 1, 1)],
            [
                ("branch7x7dbl_1", width, 1, 1, 1),
                ("branch7x7dbl_2", width, 7, 1, 1),
                ("branch7x7dbl_3", width, 1, 7, 1),
                ("branch7x7dbl_4", width, 7, 1, 1),
                ("branch7x7dbl_5", 192, 1, 7, 1),
            ],
        ],
        "average",
        192,
    )


def _to_8() -> Mixed:
    return Mixed(
        768,
        [
            [("branch3x3_1", 192, 1, 1, 1), ("branch3x3_2", 320, 3, 3, 2)],
            [
                ("branch7x7x3_1", 192, 1, 1, 1),
                ("branch7x7x3_2", 192, 1, 7, 1),
                ("branch7x7x3_3", 192, 7, 1, 1),
                ("branch7x7x3_4", 192, 3, 3, 2),
            ],
        ],
        "reduce",
    )


def _grid_8(inputs: int, pool: str) -> Mixed:
    return Mixed(
        inputs,
        [
            [("branch1x1", 320, 1, 1, 1)],
            [("branch3x3_1", 384, 1, 1, 1), [("branch3x3_2a", 384, 1, 3, 1), ("branch3x3_2b", 384, 3, 1, 1)]],
            [
                ("branch3x3dbl_1", 448, 1, 1, 1),
                ("branch3x3dbl_2", 384, 3, 3, 1),
                [("branch3x3dbl_3a", 384, 1, 3, 1), ("branch3x3dbl_3b", 384, 3, 1, 1)],
            ],
        ],
        pool,
        192,
    )


class InceptionFID(nn.Module):
    """(N, 3, 299, 299) in -1..1 -> logits (N, 1008); smaller images from 75 pixels work too."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvNorm(3, 32, (3, 3), 2, padded=False)
        self.Conv2d_2a_3x3 = ConvNorm(32, 32, (3, 3), padded=False)
        self.Conv2d_2b_3x3 = ConvNorm(32, 64, (3, 3))
        self.maxpool1 = nn.MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = ConvNorm(64, 80, (1, 1))
        self.Conv2d_4a_3x3 = ConvNorm(80, 192, (3, 3), padded=False)
        self.maxpool2 = nn.MaxPool2d(3, 2)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = _grid_35(192, 32), _grid_35(256, 64), _grid_35(288, 64)
        self.Mixed_6a = _to_17()
        self.Mixed_6b, self.Mixed_6c = _grid_17(128), _grid_17(160)
        self.Mixed_6d, self.Mixed_6e = _grid_17(160), _grid_17(192)
        self.Mixed_7a = _to_8()
        self.Mixed_7b, self.Mixed_7c = _grid_8(1280, "average"), _grid_8(2048, "max")
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, 1008)
        self.num_classes = 1008

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for name, part in self.named_children():
            x = part(x.flatten(1) if name == "fc" else x)
        return x
