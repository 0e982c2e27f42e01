"""Illustration2Vec: a VGG-11 with a fully convolutional end, trained to tag drawings (Saito and Matsui, 2015).

Written out here because its weights were published for Caffe; files converted for PyTorch name the layers either as
Caffe did (`conv1_1`) or by their number in a chain.
"""

from __future__ import annotations

import torch
from torch import nn

TAGS = 1539
#: Convolutions by Caffe's name and width; "pool" halves the maps.
_CHAIN: tuple[tuple[str, int] | str, ...] = (
    ("conv1_1", 64), "pool", ("conv2_1", 128), "pool", ("conv3_1", 256), ("conv3_2", 256), "pool", ("conv4_1", 512),
    ("conv4_2", 512), "pool", ("conv5_1", 512), ("conv5_2", 512), "pool", ("conv6_1", 1024), ("conv6_2", 1024),
    ("conv6_3", 1024),
)  # fmt: skip


class Illustration2Vec(nn.Module):
    """(N, 3, 224, 224) in 0..255 without its mean, red first -> (N, 1539): each tag for itself, before its sigmoid."""

    num_classes = TAGS
    independent_classes = True

    def __init__(self) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        width = 3
        for part in _CHAIN:
            if isinstance(part, str):
                parts.append(nn.MaxPool2d(2, 2, ceil_mode=True))
            else:
                parts += [nn.Conv2d(width, part[1], 3, padding=1), nn.ReLU(inplace=True)]
                width = part[1]
        self.features = nn.Sequential(*parts, nn.Dropout(0.5), nn.Conv2d(width, TAGS, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.features(x.flip(1)).mean((2, 3))  # the network was trained on blue, green, red


def places() -> dict[str, str]:
    """{layer: module path} of everything that has passed a ReLU, and the map of every tag at the end."""
    found, at = {}, 0
    for part in _CHAIN:
        if isinstance(part, str):
            at += 1
        else:
            found[part[0].replace("conv", "relu_")] = f"features.{at + 1}"
            at += 2
    return found | {"tags": f"features.{at + 1}"}


def rename_keys(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a converted file under this module's names."""
    paths = {layer.replace("relu_", "conv"): path for layer, path in places().items()}
    names = {name: f"features.{int(path.split('.')[1]) - (name != 'tags')}" for name, path in paths.items()}
    names["conv6_4"] = names.pop("tags")
    renamed = {}
    for key, tensor in tensors.items():
        stem, _, kind = key.rpartition(".")
        renamed[f"{names.get(stem, f'features.{stem}' if stem.isdigit() else stem)}.{kind}"] = tensor
    return renamed
