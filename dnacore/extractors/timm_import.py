"""timm, imported without PyTorch's compiler, which nothing here uses and which is half of what the import costs.

timm imports torchvision for one class, and one operator of torchvision (`roi_align`) asks the compiler on import whether
it could compile it; timm itself marks one method of an iterator as not to be compiled, and so do the operations that
PyTorch computes in Python on the `meta` device. For these questions PyTorch loads its whole compiler and SymPy: 1.0 of
2.4 s of CPU time, in every command that needs a network. Inside `without_compiler` a stand-in answers them. Outside
it is gone, and whoever wants the compiler gets the real one. Everything here that uses timm takes it from this
module, so that nothing imports it in another way first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch.compiler  # noqa: F401 - the stand-in is asked through this module, which has to be there before

_COMPILER = "torch._dynamo"


@contextmanager
def without_compiler() -> Iterator[None]:
    """Let a stand-in take the place of PyTorch's compiler, unless the compiler is there already."""
    if _COMPILER in sys.modules:
        yield
        return
    compiler, utils = ModuleType(_COMPILER), ModuleType(f"{_COMPILER}.utils")
    compiler.__path__ = []
    compiler.disable = _unchanged  # type: ignore[attr-defined]  # a module made by hand
    compiler.utils = utils  # type: ignore[attr-defined]  # likewise
    utils.is_compile_supported = _never  # type: ignore[attr-defined]  # likewise
    stand_ins = {_COMPILER: compiler, utils.__name__: utils}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _unchanged(function: Callable[..., Any] | None = None, *_: object, **__: object) -> Any:
    """`torch._dynamo.disable`, as a decorator with arguments and without."""
    return _unchanged if function is None else function


def _never(_: object) -> bool:
    return False


with without_compiler():
    import timm as timm
    from timm.layers.padding import pad_same as pad_same
