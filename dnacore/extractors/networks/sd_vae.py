"""The image encoder of Stable Diffusion v1's autoencoder.

Written out here, with the parameter names of the published `vae/diffusion_pytorch_model.safetensors`, so that no
further package is needed: only the encoder's half of that file is read.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (128, 256, 512, 512)
#: The attention's parameters went by these names in files written before 2023.
OLD_NAMES = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


class ResidualBlock(nn.Module):
    """Group norm, SiLU, convolution, twice, plus the input (projected where the width changes)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(32, inputs, eps=1e-6)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(32, outputs, eps=1e-6)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.conv_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.conv1(functional.silu(self.norm1(x)))
        inner = self.conv2(functional.silu(self.norm2(inner)))
        return inner + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Attention(nn.Module):
    """Single-head self-attention over all places of the map, plus the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(32, width, eps=1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.group_norm(x).flatten(2).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(self.to_q(tokens), self.to_k(tokens), self.to_v(tokens))
        return x + self.to_out[0](mixed).transpose(1, 2).reshape(x.shape)


class Downsample(nn.Module):
    """Convolution with stride 2, padded on the right and below only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(functional.pad(x, (0, 1, 0, 1)))


class Level(nn.Module):
    """Two residual blocks at one resolution, then a downsampling except at the last level."""

    def __init__(self, inputs: int, outputs: int, last: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList([ResidualBlock(inputs, outputs), ResidualBlock(outputs, outputs)])
        self.downsamplers = nn.ModuleList([] if last else [Downsample(outputs)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for part in (*self.resnets, *self.downsamplers):
            x = part(x)
        return x


class Middle(nn.Module):
    """Residual block, attention, residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([Attention(width)])
        self.resnets = nn.ModuleList([ResidualBlock(width, width), ResidualBlock(width, width)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class Encoder(nn.Module):
    """(N, 3, H, W) in -1..1 -> (N, 8, H/8, W/8): means and log-variances of the latent."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, WIDTHS[0], 3, padding=1)
        levels = pairwise((WIDTHS[0], *WIDTHS))
        self.down_blocks = nn.ModuleList(
            [Level(inputs, outputs, last=i == len(WIDTHS) - 1) for i, (inputs, outputs) in enumerate(levels)]
        )
        self.mid_block = Middle(WIDTHS[-1])
        self.conv_norm_out = nn.GroupNorm(32, WIDTHS[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(WIDTHS[-1], 8, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_in(x)
        for level in self.down_blocks:
            x = level(x)
        return self.conv_out(functional.silu(self.conv_norm_out(self.mid_block(x))))


class VaeEncoder(nn.Module):
    """The encoder under the name it has inside the autoencoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.encoder(x)


def rename_keys(tensors: dict[str, torch.Tensor], network: nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of a published autoencoder file under today's names; 1x1 convolutions become linear layers."""
    wanted = network.state_dict()
    renamed: dict[str, torch.Tensor] = {}
    for key, tensor in tensors.items():
        for old, new in OLD_NAMES.items():
            key = key.replace(f"attentions.0.{old}.", f"attentions.0.{new}.")
        if key in wanted and tensor.ndim == 4 and wanted[key].ndim == 2:
            tensor = tensor.flatten(1)
        renamed[key] = tensor
    return renamed
