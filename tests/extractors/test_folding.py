"""Folding: the same activations from fewer steps, only where nobody listens between, and no trace of it afterwards."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from timm.layers import BatchNormAct2d, Conv2dSame
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import dnacore as dc
from dnacore.counting.accumulator import Accumulator
from dnacore.dna.calibration import Calibration, widen
from dnacore.extractors.forward.finding import Pair, pairs_of
from dnacore.extractors.forward.folding import Folded
from dnacore.extractors.taps import neuron_view

SIDE = 24


def shaken(network: nn.Module) -> nn.Module:
    """With norms that do something: means, variances, weights and biases as of a trained network."""
    draw = torch.Generator().manual_seed(5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.5, generator=draw)
            module.running_var.uniform_(0.3, 2, generator=draw)
            if module.affine:
                module.weight.data.uniform_(-1, 1.5, generator=draw)
                module.bias.data.normal_(0, 0.5, generator=draw)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def images(count: int = 2) -> torch.Tensor:
    drawn = torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return drawn.to(memory_format=torch.channels_last)


def chain(*modules: nn.Module) -> nn.Module:
    return shaken(nn.Sequential(nn.Conv2d(3, 8, 3), *modules))


CHAINS = {
    "norm and rectifier": chain(nn.BatchNorm2d(8), nn.ReLU()),
    "in place": chain(nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Conv2d(8, 4, 1, bias=False), nn.BatchNorm2d(4)),
    "ReLU6": chain(nn.BatchNorm2d(8, affine=False), nn.ReLU6(inplace=True)),
    "norm and activation in one module": chain(BatchNormAct2d(8, act_layer=nn.ReLU6)),
    "norm and an activation that stays": chain(BatchNormAct2d(8, act_layer=nn.SiLU)),
    "norm without activation": chain(BatchNormAct2d(8, apply_act=False)),
    "depthwise": chain(nn.Conv2d(8, 8, 3, groups=8, bias=False), BatchNormAct2d(8, act_layer=nn.ReLU)),
    "grouped, dilated, strided": chain(nn.Conv2d(8, 16, 3, stride=2, dilation=2, groups=4), nn.BatchNorm2d(16)),
    "padding like TensorFlow's": chain(Conv2dSame(8, 8, 3, stride=2, groups=8, bias=False), nn.BatchNorm2d(8)),
    "rectifier alone": chain(nn.ReLU(inplace=True), nn.Conv2d(8, 4, 3), nn.ReLU()),
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format])
def test_folded_equals_unfolded_and_leaves_the_network_alone(name: str, order: torch.memory_format) -> None:
    network = copy.deepcopy(CHAINS[name]).to(memory_format=order)
    before, batch = copy.deepcopy(network.state_dict()), images().contiguous(memory_format=order)
    last = str(len(network) - 1)
    pairs = pairs_of(network, [last], SIDE)
    with torch.inference_mode():
        expected = network(batch)
        with Folded(network, pairs):
            torch.testing.assert_close(network(batch), expected, rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(network(batch[:1]), expected[:1], rtol=1e-5, atol=1e-5)
        assert torch.equal(network(batch), expected)
    assert pairs and all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())


def test_weights_are_those_of_torchs_own_folding() -> None:
    network = chain(nn.BatchNorm2d(8))
    theirs = fuse_conv_bn_eval(network[0], network[1])
    with torch.inference_mode(), Folded(network, [Pair("0", "1", None)]):
        torch.testing.assert_close(network(images()), theirs(images()), rtol=1e-6, atol=1e-6)


class Block(nn.Module):
    """The output of its norm is used twice: by its activation, and added to what comes of that."""

    def __init__(self, in_place: bool) -> None:
        super().__init__()
        self.conv, self.norm, self.act = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=in_place)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.conv(x))
        return self.act(x) + x


def test_only_what_nobody_else_uses_is_folded() -> None:
    """A layer that is looked at between, a tensor used twice, a module called twice."""
    norm, both = Pair("0", "1", None), Pair("0", "1", "2")
    network = CHAINS["norm and rectifier"]
    assert pairs_of(network, ["2"], SIDE) == [both] and pairs_of(network, ["1", "2"], SIDE) == [norm]
    assert pairs_of(network, ["0", "2"], SIDE) == []
    assert pairs_of(CHAINS["in place"], ["1"], SIDE)[0] == norm
    assert pairs_of(shaken(Block(in_place=False)), ["act"], SIDE) == [Pair("conv", "norm", None)]
    assert pairs_of(shaken(Block(in_place=True)), ["act"], SIDE) == [Pair("conv", "norm", "act")]
    shared = nn.BatchNorm2d(3)
    twice = shaken(nn.Sequential(nn.Conv2d(3, 3, 1), shared, nn.Conv2d(3, 3, 1), shared, nn.GELU()))
    assert pairs_of(twice, ["4"], SIDE) == []
    assert pairs_of(shaken(nn.Sequential(nn.Linear(SIDE, 4), nn.ReLU())), ["1"], SIDE) == [Pair("0")]


def test_a_tap_on_a_folded_norm_hears_what_the_norm_gives() -> None:
    network, heard = CHAINS["norm and rectifier"], []
    pairs = pairs_of(network, ["1", "2"], SIDE)
    with torch.inference_mode():
        expected = network[1](network[0](images()))
        handle = network[1].register_forward_hook(lambda module, given, gave: heard.append(gave))
        with Folded(network, pairs):
            network(images())
        handle.remove()
    torch.testing.assert_close(heard[0], expected, rtol=1e-5, atol=1e-5)


class Tokens(nn.Module):
    """Linear layers of all kinds: of maps, of tokens that do not lie in a row, without bias, called twice, one of another class."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed, self.plain = nn.Linear(SIDE, 8), nn.Linear(8, 8, bias=False)
        self.other = nn.modules.linear.NonDynamicallyQuantizableLinear(3, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.plain(self.plain(torch.nn.functional.gelu(self.mixed(x))))  # (N, 3, SIDE, 8)
        return self.other(x.permute(0, 3, 2, 1))


def test_linear_layers_give_what_torch_gives_and_what_is_not_a_number_stays() -> None:
    torch.manual_seed(3)
    network, heard = Tokens().eval().requires_grad_(False), []
    pairs = pairs_of(network, ["plain"], SIDE)
    assert pairs == [Pair("mixed"), Pair("plain")]
    batch = images()
    batch[1, 0, 0, 0] = float("nan")
    with torch.inference_mode():
        expected = network(batch)
        handle = network.mixed.register_forward_hook(lambda module, given, gave: heard.append(gave))
        with Folded(network, pairs):
            torch.testing.assert_close(network(batch), expected, rtol=1e-5, atol=1e-6, equal_nan=True)
            torch.testing.assert_close(network.mixed(batch[0, 0, 0]), heard[0][0, 0, 0])
        handle.remove()
        assert torch.equal(network(batch).nan_to_num(), expected.nan_to_num())
    assert heard[0][1].isnan().any() and not heard[0][0].isnan().any()
    assert len(network.mixed._forward_hooks) == 0 and "forward" not in network.mixed.__dict__


def test_gradients_outside_are_those_of_the_network_as_it_was_loaded() -> None:
    network, batch = nn.Sequential(copy.deepcopy(CHAINS["in place"]), nn.Flatten(2), nn.Linear(484, 2)), images()

    def gradient() -> torch.Tensor:
        asking = batch.clone().requires_grad_()
        network(asking).sum().backward()
        assert asking.grad is not None
        return asking.grad

    expected = gradient()
    with torch.inference_mode(), Folded(network, pairs_of(network, ["1"], SIDE)):
        network(batch)
    assert torch.equal(gradient(), expected) and expected.abs().sum() > 0


def test_weights_that_are_not_finite_are_not_hidden() -> None:
    network = copy.deepcopy(CHAINS["norm and rectifier"])
    network[0].weight[0, 0, 0, 0] = float("nan")
    with torch.inference_mode(), Folded(network, pairs_of(network, ["2"], SIDE)):
        assert network(images()).isnan().any()


@pytest.mark.parametrize(("name", "folds"), [("efficientnet_lite0", 49), ("timm:vit_tiny_patch16_224@random", 0)])
def test_counts_of_a_whole_network_are_those_of_the_unfolded_one(name: str, folds: int) -> None:
    """At least 99.9 % of the activations fall into the same bin, the rest into the next one; EMD below 1e-3 bins."""
    extractor = dc.load_extractor(name, "cpu", input_size=96)
    assert extractor.folds == folds
    batch = torch.from_numpy(np.random.RandomState(2).standard_normal((4, 3, 96, 96)).astype(np.float32))
    plain: dict[str, torch.Tensor] = {}
    with extractor.held() as network, torch.inference_mode():
        handles = [
            network.get_submodule(tap.module).register_forward_hook(
                lambda module, given, gave, tap=tap: plain.update({tap.layer: neuron_view(gave, tap).clone()})
            )
            for tap in extractor.taps
        ]
        network(batch.to(memory_format=torch.channels_last))
        for handle in handles:
            handle.remove()
    folded = extractor.activations(batch)
    low, high = widen(*(torch.cat([end(plain[x], (0, 2)) for x in plain]).double().numpy()
                        for end in (torch.amin, torch.amax)))  # fmt: skip
    bounds = Calibration(low, high, extractor.layers, extractor.fingerprint)
    found = []
    for seen in (plain, folded):
        with Accumulator(bounds, 0, sketches=False) as total:
            for layer, values in seen.items():
                total.add(layer, values)
            found.append(total.distributions().histograms)
    scale, at, moved, all_of = 1000 / (high - low), 0, 0, 0
    for layer, values in plain.items():
        here = slice(at, at := at + values.shape[1])
        bins = [((x.numpy() - low[here, None]) * scale[here, None]).astype(int) for x in (values, folded[layer])]
        assert np.abs(bins[0] - bins[1]).max() <= 1
        moved, all_of = moved + (bins[0] != bins[1]).sum(), all_of + bins[0].size
    assert moved / all_of < 1e-3
    cumulated = [np.cumsum(x / x.sum(1, keepdims=True), 1) for x in found]
    assert np.abs(cumulated[0] - cumulated[1]).sum(1).mean() < 1e-3
