"""Set-up compiles every kernel, so that nobody waits for one at the dashboard."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import dnacore
from dnacore.compile_kernels import compile_kernels


def test_every_compiled_function_is_compiled_by_set_up() -> None:
    from numba.core.dispatcher import Dispatcher

    compile_kernels()
    folder = Path(dnacore.__file__).parent
    files = [path for path in folder.rglob("*.py") if "@njit" in path.read_text("utf-8")]
    modules = [".".join(path.relative_to(folder.parent).with_suffix("").parts) for path in files]
    kernels = {
        f"{module}.{name}": value
        for module in modules
        for name, value in vars(import_module(module)).items()
        if isinstance(value, Dispatcher)
    }
    # those that only other kernels call are part of these when they come from the cache
    inner = {name for kernel in kernels.values() for name in kernel.py_func.__code__.co_names}
    outer = {name: kernel for name, kernel in kernels.items() if name.rpartition(".")[2] not in inner}
    assert len(outer) >= 10
    assert not [name for name, kernel in outer.items() if not kernel.signatures]
