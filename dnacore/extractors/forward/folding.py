"""Folding: batch norms and activations computed inside the convolutions before them, where nobody listens between.

In evaluation a batch norm is a fixed scale and shift of every channel, so it can be part of the weights of the
convolution before it, and oneDNN applies an activation while the results are still in registers. `pairs_of` finds what
may be folded from one forward as it was executed, not from names: a convolution whose output goes into one norm and
nowhere else. `Folded` then lets these modules compute less while images go through; outside its `with` block the
network is the one that was loaded, which is what gradients are taken of. How far apart the two are: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from dnacore.extractors.timm_import import pad_same, timm

BatchNormAct2d, Conv2dSame = timm.layers.BatchNormAct2d, timm.layers.Conv2dSame
LARGEST = 1e12  # a larger weight is damage, and may give activations that are not finite
Forward = Callable[[torch.Tensor], torch.Tensor]
CONVOLUTIONS = (nn.Conv2d, Conv2dSame)
NORMS = (nn.BatchNorm2d, BatchNormAct2d)
#: Activations that oneDNN computes to the last bit, its name for them and their bounds.
ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}
NOTHING: tuple[str, list[float]] = ("none", [])


@dataclass(frozen=True)
class Pair:
    """Paths of a convolution and of what is folded into it: a norm, an activation, or both.

    inside: the activation is the norm module's own (timm's `BatchNormAct2d`).
    """

    convolution: str
    norm: str | None
    activation: str | None
    inside: bool = False


def pairs_of(network: nn.Module, tapped: Sequence[str], side: int) -> list[Pair]:
    """What may be folded in a network in evaluation mode when the outputs of the `tapped` modules are looked at.

    Runs one empty image (3, side, side) through it, which costs nothing on the `meta` device. A module that one
    forward calls twice or never is left alone, and so is one whose type or settings are not known here.
    """
    modules = dict(network.named_modules())
    if not any(type(module) in CONVOLUTIONS for module in modules.values()):
        return []
    device = next(network.parameters()).device
    with torch.inference_mode(), _Trace(modules, tapped) as trace:
        found = network(torch.zeros(1, 3, side, side, device=device))
        trace.touched(found)
    return [pair for path in modules if (pair := trace.pair(path)) is not None]


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
            convolution = network.get_submodule(pair.convolution)
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
        self._prepared = layout is torch.channels_last and _has_onednn(weight)
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


def _has_onednn(weight: torch.Tensor) -> bool:
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.float32
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        and hasattr(torch._C._nn, "mkldnn_reorder_conv2d_weight")
    )


@dataclass
class _Call:
    """One call of a module: its first input, its output, and when it ran (positions in the trace)."""

    start: int
    given: Any
    gave: Any = None
    end: int = -1


class _Trace(TorchDispatchMode):
    """Notes on one forward: which modules were called, and everything that used a tensor, in order."""

    def __init__(self, modules: dict[str, nn.Module], tapped: Sequence[str]) -> None:
        super().__init__()
        self._modules, self._tapped = modules, set(tapped)
        self._calls: dict[str, list[_Call]] = {}
        self._touches: dict[int, list[int]] = {}  # tensor (its id): when it was used
        self._alive: list[Any] = []  # or an id would be given twice
        self._clock = 0

    def __enter__(self) -> _Trace:
        self._handles = [
            handle
            for path, module in self._modules.items()
            for handle in (
                module.register_forward_pre_hook(self._begin(path)),
                module.register_forward_hook(self._end(path)),
            )
        ]
        super().__enter__()
        return self

    def __exit__(self, *about: Any) -> None:
        super().__exit__(*about)
        for handle in self._handles:
            handle.remove()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.touched((args, kwargs))
        return func(*args, **(kwargs or {}))

    def touched(self, what: Any) -> None:
        """Note that these tensors were used now, by an operation or by somebody who listens."""
        self._clock += 1
        for leaf in tree_leaves(what):
            if isinstance(leaf, torch.Tensor):
                self._alive.append(leaf)
                self._touches.setdefault(id(leaf), []).append(self._clock)

    def _begin(self, path: str) -> Callable[..., None]:
        def begin(module: nn.Module, given: tuple[Any, ...]) -> None:
            self._clock += 1
            self._calls.setdefault(path, []).append(_Call(self._clock, given[0] if len(given) == 1 else None))

        return begin

    def _end(self, path: str) -> Callable[..., None]:
        def end(module: nn.Module, given: tuple[Any, ...], gave: Any) -> None:
            self._clock += 1
            call = self._calls[path][-1]
            call.gave, call.end = gave, self._clock
            self._alive.append(gave)
            if path in self._tapped:
                self.touched(gave)

        return end

    def pair(self, path: str) -> Pair | None:
        """What is folded into the module at this path; None where it is no convolution, or nothing can be."""
        convolution, call = self._modules[path], self._only_call(path)
        if type(convolution) not in CONVOLUTIONS or call is None or not _foldable(convolution):
            return None
        norm = self._reader(call, NORMS, alone=True)
        if norm is not None and not _norm_foldable(self._modules[norm], convolution):
            return None
        if norm is None:
            activation = self._reader(call, tuple(ACTIVATIONS))
            return None if activation is None else Pair(path, None, activation)
        if isinstance(self._modules[norm], BatchNormAct2d):
            inner = any(tapped.startswith(f"{norm}.") for tapped in self._tapped)
            return None if inner else Pair(path, norm, None, inside=True)
        after = self._only_call(norm)
        activation = None if after is None else self._reader(after, tuple(ACTIVATIONS))
        return Pair(path, norm, activation)

    def _only_call(self, path: str) -> _Call | None:
        calls = self._calls.get(path, [])
        return calls[0] if len(calls) == 1 and isinstance(calls[0].gave, torch.Tensor) else None

    def _reader(self, made: _Call, kinds: tuple[type[nn.Module], ...], alone: bool = False) -> str | None:
        """The module of one of these types that is the first to use what a call gave, and the only one to see it so.

        alone: nothing else may use that tensor; else others may, once the module has changed it in place.
        """
        used = [at for at in self._touches.get(id(made.gave), []) if at > made.end]
        for path, calls in self._calls.items():
            if type(self._modules[path]) not in kinds or len(calls) != 1 or calls[0].given is not made.gave or not used:
                continue
            in_place = calls[0].gave is made.gave and not alone
            last = used[0] if in_place else used[-1]
            if calls[0].start < used[0] and last < calls[0].end:
                return path
        return None


def _foldable(convolution: nn.Module) -> bool:
    assert isinstance(convolution, nn.Conv2d)
    return (
        convolution.padding_mode == "zeros"
        and isinstance(convolution.padding, tuple)
        and "forward" not in convolution.__dict__
        and not hasattr(convolution, "parametrizations")
    )


def _norm_foldable(norm: nn.Module, convolution: nn.Module) -> bool:
    return (
        getattr(norm, "running_mean", None) is not None
        and getattr(norm, "running_var", None) is not None
        and not norm.training
        and norm.num_features == convolution.out_channels
        and "forward" not in norm.__dict__
        and isinstance(getattr(norm, "drop", None), (nn.Identity, type(None)))
    )
