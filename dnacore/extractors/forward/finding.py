"""Finding what may be computed in fewer steps: one forward as it was executed, not as its modules are called.

`pairs_of` lists the convolutions whose output goes into one norm, one activation, or both, and nowhere else, and the
linear layers, which another library computes faster. `folding` makes use of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from dnacore.extractors.timm_import import timm

BatchNormAct2d, Conv2dSame = timm.layers.BatchNormAct2d, timm.layers.Conv2dSame
CONVOLUTIONS = (nn.Conv2d, Conv2dSame)
NORMS = (nn.BatchNorm2d, BatchNormAct2d)
#: Activations that oneDNN computes to the last bit, its name for them and their bounds.
ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}


@dataclass(frozen=True)
class Pair:
    """Paths of a convolution and of what is folded into it: a norm, an activation, or both. A linear layer has neither.

    inside: the activation is the norm module's own (timm's `BatchNormAct2d`).
    """

    module: str
    norm: str | None = None
    activation: str | None = None
    inside: bool = False


def pairs_of(network: nn.Module, tapped: Sequence[str], side: int) -> list[Pair]:
    """What may be folded in a network in evaluation mode when the outputs of the `tapped` modules are looked at.

    Runs one empty image (3, side, side) through it, which costs nothing on the `meta` device. A module that one
    forward calls twice or never is left alone, and so is one whose type or settings are not known here.
    """
    modules = dict(network.named_modules())
    linear = [Pair(path) for path, module in modules.items() if type(module) is nn.Linear and _as_made(module)]
    if not any(type(module) in CONVOLUTIONS for module in modules.values()):
        return linear
    device = next(network.parameters()).device
    with torch.inference_mode(), _Trace(modules, tapped) as trace:
        found = network(torch.zeros(1, 3, side, side, device=device))
        trace.touched(found)
    return [pair for path in modules if (pair := trace.pair(path)) is not None] + linear


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
    return convolution.padding_mode == "zeros" and isinstance(convolution.padding, tuple) and _as_made(convolution)


def _norm_foldable(norm: nn.Module, convolution: nn.Module) -> bool:
    return (
        getattr(norm, "running_mean", None) is not None
        and getattr(norm, "running_var", None) is not None
        and not norm.training
        and norm.num_features == convolution.out_channels
        and "forward" not in norm.__dict__
        and isinstance(getattr(norm, "drop", None), (nn.Identity, type(None)))
    )


def _as_made(module: nn.Module) -> bool:
    """Whether a module computes what its class does, from the numbers it holds."""
    return "forward" not in module.__dict__ and not hasattr(module, "parametrizations")
