"""The network in the form that is trained, and how it is folded into the one that ships."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from dnacore.extractors.networks.mini import DEPTHS, WIDTHS


def conv_norm(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)
    )  # fmt: skip


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity; what a neuron of it says is never below zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv_norm(width, width), conv_norm(width, width)
        nn.init.zeros_(self.second[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class Halve(nn.Module):
    """Averages 2x2 places before the next stage: a stride that does not alias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = conv_norm(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv(functional.avg_pool2d(x, 2)))


class Trunk(nn.Module):
    """A small residual network with anti-aliased strides; becomes `dnacore.extractors.mini.Mini` when folded."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS, depths: tuple[int, ...] = DEPTHS) -> None:
        super().__init__()
        self.stem = conv_norm(3, widths[0], 3, 2)
        self.stages = nn.ModuleList()
        for i, (width, depth) in enumerate(zip(widths, depths)):
            blocks: list[nn.Module] = [Halve(widths[i - 1], width)] if i else []
            self.stages.append(nn.Sequential(*blocks, *(Residual(width) for _ in range(depth))))
        self.width, self.middle = widths[-1], widths[-2]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = functional.relu(self.stem(x))
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps[-2], maps[-1]


def fold(trunk: Trunk, names: nn.Module) -> dict[str, Tensor]:
    """Return the weights of `dnacore.extractors.mini.Mini`: every batch norm melted into the convolution before it.

    names: the two readers (`training.naming.Names`).
    """
    folded: dict[str, Tensor] = {}
    for path, module in trunk.named_modules():
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            conv, norm = module[0], module[1]
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            path = path.removesuffix(".conv")
            folded[f"{path}.weight"] = (conv.weight * scale[:, None, None, None]).detach().cpu().contiguous()
            folded[f"{path}.bias"] = (norm.bias - norm.running_mean * scale).detach().cpu()
    return folded | {key: tensor.detach().cpu().contiguous() for key, tensor in names.state_dict().items()}
