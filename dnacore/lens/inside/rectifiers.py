"""Rectifiers: the functions with which a network clips values, found and replaced while it runs.

Networks call ReLU as a module, as a function or in place; all of these pass through torch's function protocol, so that
one mode sees every call whatever the network is made of. Hooks on `nn.ReLU` alone see nothing in a network with ReLU6
or with calls of `torch.relu`, and then show a plain gradient under another name.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_RELU = {functional.relu, torch.relu, torch.relu_, torch.Tensor.relu, torch.Tensor.relu_}
_RELU6 = {functional.relu6}
_CLIPPED = {functional.hardtanh, functional.hardtanh_}
_SMOOTH = {functional.gelu, functional.silu, functional.mish, functional.hardswish, functional.elu, functional.celu,
           functional.selu, functional.leaky_relu, functional.prelu, functional.softplus}  # fmt: skip
_SQUASHING = {torch.sigmoid, torch.sigmoid_, functional.sigmoid, torch.Tensor.sigmoid, torch.Tensor.sigmoid_,
              torch.tanh, torch.Tensor.tanh, functional.hardsigmoid}  # fmt: skip
INFINITY = float("inf")


def bounds_of(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[float, float] | None:
    """The bounds to which this call clips, (0, inf) for ReLU and (0, 6) for ReLU6; None where it is no rectifier."""
    if function in _RELU:
        return 0.0, INFINITY
    if function in _RELU6:
        return 0.0, 6.0
    if function in _CLIPPED:
        low = float(kwargs.get("min_val", args[1] if len(args) > 1 else -1.0))
        high = float(kwargs.get("max_val", args[2] if len(args) > 2 else 1.0))
        return (low, high) if low == 0.0 else None
    return None


def _cut(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    return functional.relu(x) if high == INFINITY else functional.hardtanh(x, low, high)


class _Guided(torch.autograd.Function):
    """A rectifier that lets only positive gradients pass (Springenberg et al., 2015, eq. 4)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, low: float, high: float) -> torch.Tensor:
        ctx.save_for_backward((x > low) & (x < high))
        return _cut(x, low, high)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (open_,) = ctx.saved_tensors
        return gradient.clamp(min=0) * open_, None, None


class Rectifiers(TorchFunctionMode):
    """While the `with` block runs: counts the activation functions, remembers the last one, and may guide gradients.

    kinds: how often a "rectifier" (ReLU, ReLU6) and a "smooth" one (GELU, SiLU, ...) was called. Rectifiers are
    computed out of place, so that what stood before them is still there.
    """

    def __init__(self, guided: bool = False) -> None:
        super().__init__()
        self.kinds: Counter[str] = Counter()
        self._guided = guided
        self._last: tuple[torch.Tensor, torch.Tensor] | None = None

    def before(self, output: torch.Tensor) -> torch.Tensor | None:
        """What went into the activation function that has just made this tensor, or the tensor that this is a view
        of; None where it was made by anything but a function that cuts values off or squashes them.
        """
        if self._last is None:
            return None
        given, made = self._last
        same = made.data_ptr() == output.data_ptr() and made.numel() == output.numel()
        return given if same else None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        bounds = bounds_of(func, args, kwargs)
        if bounds is not None:
            self.kinds["rectifier"] += 1
            x = args[0]
            out = _Guided.apply(x, *bounds) if self._guided else _cut(x, *bounds)
            self._last = (x, out)
            return out
        if func in _SQUASHING and not getattr(func, "__name__", "").endswith("_"):
            out = func(*args, **kwargs)
            self._last = (args[0], out)
            return out
        if func in _SMOOTH:
            self.kinds["smooth"] += 1
        return func(*args, **kwargs)
