"""Keeping freed memory at hand while a network runs on the CPU.

The C library gives large blocks back to the system as soon as they are free and asks for new ones, which the system
fills with zeros page by page. A network allocates hundreds of megabytes per batch: on ResNet-50 at batch 32 that was a
quarter of the CPU time of its forward (docs/performance.md). Inside `kept` the blocks stay in the process.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # malloc.h of glibc
_NEVER = 2**31 - 1
_USUAL_MAPS, _LARGEST_THRESHOLD = 65_536, 32 << 20  # what glibc itself comes to after a few large blocks

_lock = threading.Lock()
_users = 0


@contextmanager
def kept() -> Iterator[None]:
    """Let the process keep what is freed until the last `with` block ends; then all of it is given back.

    Does nothing where the C library is not glibc.
    """
    global _users
    library = _glibc()
    if library is None:
        yield
        return
    with _lock:
        _users += 1
        if _users == 1:
            library.mallopt(_MMAP_MAX, 0)
            library.mallopt(_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                library.mallopt(_MMAP_MAX, _USUAL_MAPS)
                library.mallopt(_MMAP_THRESHOLD, _LARGEST_THRESHOLD)
                library.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_THRESHOLD)
                library.malloc_trim(0)


@lru_cache(maxsize=1)
def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  (musl and macOS have no such function, and other numbers)
        library.mallopt.argtypes = [ctypes.c_int, ctypes.c_int]
        library.malloc_trim.argtypes = [ctypes.c_size_t]
    except (OSError, TypeError, AttributeError):
        return None
    return library
