"""Folding: a forward in fewer and faster steps, where nobody listens between them.

In evaluation a batch norm is a fixed scale and shift of every channel, so it can be part of the weights of the
convolution before it, and oneDNN applies an activation while the results are still in registers. Linear layers go
through oneDNN too, which takes half as long as MKL, torch's own choice, on some processors (docs/performance.md).
`finding` says what may be folded. `Folded` lets these modules compute less while images go through;
outside its `with` block the network is the one that was loaded, which is what gradients are taken of. How far apart the
two are: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from dnacore.extractors.forward.finding import ACTIVATIONS, BatchNormAct2d, Conv2dSame, Pair
from dnacore.extractors.timm_import import pad_same

LARGEST = 1e12  # a larger weight is damage, and may give activations that are not finite
Forward = Callable[[torch.Tensor], torch.Tensor]
NOTHING: tuple[str, list[float]] = ("none", [])


class Folded:
    """The folded form of a network; inside its `with` block the modules of the pairs compute it.

    Weights are folded when the first batch comes, on the network's device; those of the network itself stay as they are.
    """

    def __init__(self, network: nn.Module, pairs: Sequence[Pair]) -> None:
        self._forwards: list[tuple[nn.Module, Forward]] = []
        # oneDNN's rectifiers make zeros of what is not a number, and an image with such an activation is to be named.
        numbers = (tensor for tensor in network.state_dict().values() if tensor.is_floating_point())
        if not all(bool((tensor.abs() < LARGEST).all()) for tensor in numbers):
            return
        for pair in pairs:
            convolution = network.get_submodule(pair.module)
            if isinstance(convolution, nn.Linear):
                if _has_onednn(convolution.weight, "_linear_pointwise"):
                    self._forwards.append((convolution, _Linear(convolution)))
                continue
            norm = network.get_submodule(pair.norm) if pair.norm else None
            holder = norm if pair.inside else network.get_submodule(pair.activation) if pair.activation else None
            activation = holder.act if isinstance(holder, BatchNormAct2d) else holder
            folded = _Convolution(convolution, norm, activation)
            self._forwards.append((convolution, folded))
            if norm is not None:
                left = activation if pair.inside and not folded.activates else None
                self._forwards.append((norm, left or _unchanged))
            if holder is not None and not pair.inside and folded.activates:
                self._forwards.append((holder, _unchanged))

    def __enter__(self) -> Folded:
        for module, forward in self._forwards:
            module.__dict__["forward"] = forward  # of this object alone, and hooks go on working
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for module, _ in self._forwards:
            module.__dict__.pop("forward", None)


class _Convolution:
    """One convolution with its norm in the weights, and with its activation where oneDNN is at hand."""

    def __init__(self, module: nn.Module, norm: nn.Module | None, activation: nn.Module | None) -> None:
        assert isinstance(module, nn.Conv2d)
        weight, bias = module.weight.detach(), None if module.bias is None else module.bias.detach()
        if norm is not None:
            weight, bias = _with_norm(weight, bias, norm)
        layout = torch.channels_last if _is_channels_last(module.weight) else torch.contiguous_format
        self._weight, self._bias = weight.contiguous(memory_format=layout), bias
        assert isinstance(module.padding, tuple)
        self._padding = [0, 0] if isinstance(module, Conv2dSame) else list(module.padding)
        self._stride, self._dilation, self._groups = list(module.stride), list(module.dilation), module.groups
        same = isinstance(module, Conv2dSame)
        self._same = (list(module.kernel_size), list(module.stride), list(module.dilation)) if same else None
        self._name, self._bounds = NOTHING if activation is None else ACTIVATIONS.get(type(activation), NOTHING)
        self._prepared = layout is torch.channels_last and _has_onednn(weight, "_convolution_pointwise")
        self._packed = False
        self.activates = self._prepared and self._name != "none"

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self._same:
            kernel, stride, dilation = self._same
            x = pad_same(x, kernel, stride, dilation)
        places = self._padding, self._stride, self._dilation, self._groups
        if not self._prepared:
            return functional.conv2d(
                x, self._weight, self._bias, self._stride, self._padding, self._dilation, self._groups
            )
        if not self._packed:  # in the order that oneDNN wants them for images of this size
            pack: Callable[..., torch.Tensor] = torch._C._nn.mkldnn_reorder_conv2d_weight
            self._weight = pack(self._weight.to_mkldnn(), *places, list(x.shape))
            self._packed = True
        return torch.ops.mkldnn._convolution_pointwise(
            x, self._weight, self._bias, *places, self._name, self._bounds, ""
        )


class _Linear:
    """One linear layer, computed by oneDNN from the weights that the module holds."""

    def __init__(self, module: nn.Linear) -> None:
        self._weight = module.weight.detach()
        self._bias = None if module.bias is None else module.bias.detach()

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if x.ndim < 2:
            return functional.linear(x, self._weight, self._bias)
        return torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")


def _with_norm(weight: torch.Tensor, bias: torch.Tensor | None, norm: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """A convolution's weight and bias with a norm in them, computed in double precision and rounded once."""
    assert isinstance(norm, nn.BatchNorm2d)
    mean, variance, scale, shift = (
        None if part is None else part.detach().double()
        for part in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    assert mean is not None and variance is not None
    wide = None if bias is None else bias.double()
    folded = fuse_conv_bn_weights(weight.double(), wide, mean, variance, norm.eps, scale, shift)
    return folded[0].detach().to(weight.dtype), folded[1].detach().to(weight.dtype)


def _unchanged(x: torch.Tensor) -> torch.Tensor:
    return x


def _is_channels_last(weight: torch.Tensor) -> bool:
    return weight.is_contiguous(memory_format=torch.channels_last)


def _has_onednn(weight: torch.Tensor, operation: str) -> bool:
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.float32
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, operation)
        and hasattr(torch._C._nn, "mkldnn_reorder_conv2d_weight")
    )
