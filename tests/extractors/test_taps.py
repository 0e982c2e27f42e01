"""Taps of networks nobody listed by hand, and hooks that see values before they are overwritten."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dnacore.errors import BadInput
from dnacore.extractors.build import build_network, network_defaults
from dnacore.extractors.taps import Taps, find_taps, neuron_view

FAMILIES = [
    # network, layers, neurons, first layer, last layer
    ("mobilenetv2_100", 18, 2784, "block_0_0", "head"),
    ("mobilenetv3_small_100", 13, 2168, "block_0_0", "head"),
    ("resnet34", 16, 3776, "layer1_0", "layer4_2"),
    ("vit_tiny_patch16_224", 13, 2496, "block_0", "last_norm"),
    ("swin_tiny_patch4_window7_224", 13, 5184, "layer_0_block_0", "last_norm"),
    ("convnext_atto", 12, 1840, "stage_0_block_0", "stage_3_block_1"),
    ("regnetx_002", 13, 3264, "s1_b1", "s4_b7"),
    ("inception_v3", 16, 10448, "Conv2d_1a_3x3", "Mixed_7c"),
    ("vgg11", 8, 2752, "features_1", "features_19"),
    ("densenet121", 4, 2816, "features_denseblock1", "features_denseblock4"),
    ("mixer_s32_224", 9, 4608, "block_0", "last_norm"),
    ("mvitv2_tiny", 11, 4704, "stage_0_block_0", "last_norm"),
    ("mobilevit_xxs", 11, 792, "stage_0_0", "head"),
    ("dla34", 4, 960, "level2", "level5"),
]


@pytest.mark.parametrize(("name", "layers", "neurons", "first", "last"), FAMILIES, ids=[row[0] for row in FAMILIES])
def test_any_family_gets_its_blocks(name: str, layers: int, neurons: int, first: str, last: str) -> None:
    side = network_defaults(name, {}, None).preprocessing.size
    taps = find_taps(build_network(name, {}, None, side, device="meta"), side)
    found = [tap.layer for tap in taps]
    assert (len(found), sum(tap.neurons for tap in taps), found[0], found[-1]) == (layers, neurons, first, last)
    assert len(set(found)) == len(found)


def test_a_value_is_seen_before_it_is_overwritten() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x)

    network = nn.Sequential(nn.Sequential(Block(), nn.ReLU(inplace=True), Block(), nn.ReLU(inplace=True)))
    taps = find_taps(network, 8)
    lowest = []
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode(), Taps(network, taps, lambda layer, tensor: lowest.append(tensor.min().item())):
        network(x)
    assert [tap.layer for tap in taps] == ["0_0", "0_2"] and max(lowest) < 0


@pytest.mark.parametrize(
    ("name", "side"), [("test_resnet", 64), ("test_vit", 160), ("swin_tiny_patch4_window7_224", 224)]
)
def test_views_put_channels_second_whatever_the_network_does(name: str, side: int) -> None:
    network = build_network(name, {}, None, side)
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.01)
    taps = find_taps(network, side)
    raw: dict[str, torch.Tensor] = {}
    for tap in taps:
        network.get_submodule(tap.module).register_forward_hook(
            lambda module, inputs, output, layer=tap.layer: raw.__setitem__(layer, output)
        )
    with torch.inference_mode():
        network(torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)))
    for tap in taps:
        view = neuron_view(raw[tap.layer], tap)
        assert view.shape[:2] == (2, tap.neurons) and view.data_ptr() == raw[tap.layer].data_ptr()
        places = raw[tap.layer][1, ..., 3] if tap.channels_at_end else raw[tap.layer][1, 3]
        torch.testing.assert_close(view[1, 3], places.flatten())


def test_a_module_called_twice_or_never_is_no_layer() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(3, 3, 1)) for _ in range(3)])
            self.once, self.twice, self.never = (nn.ModuleDict({"inner": nn.Conv2d(3, 3, 1)}) for _ in range(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.blocks[0][0](self.once["inner"](x))
            return self.twice["inner"](self.twice["inner"](x))

    with pytest.raises(BadInput, match="No layers"):
        find_taps(Odd(), 8)
