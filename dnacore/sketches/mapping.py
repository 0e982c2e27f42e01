"""A file's bytes as an array that is read from the disk where it is looked at, and that keeps no file open.

Python's own mappings keep a handle each until version 3.13, and a process may have 256 of them: so the system is asked
directly where it can be. A file that is opened twice is mapped once.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import threading
import weakref
from functools import cache
from pathlib import Path

import numpy as np

_READ, _SHARED, _DONT_NEED = 1, 1, 4  # the same numbers on Linux and macOS
_DIRECT = sys.platform.startswith(("linux", "darwin"))

_known: weakref.WeakValueDictionary[tuple[str, int, int, int, int], _Bytes] = weakref.WeakValueDictionary()
_lock = threading.Lock()


class _Bytes:
    """The mapped bytes of one file, unmapped once nothing refers to them."""

    def __init__(self, path: Path, file: int, length: int) -> None:
        self.python: mmap.mmap | None = None
        self.address, self.length = 0, length
        if not _DIRECT:
            self.python = mmap.mmap(file, length, access=mmap.ACCESS_READ)
            self.__array_interface__ = np.frombuffer(self.python, np.uint8).__array_interface__
            return
        found = _system().mmap(None, length, _READ, _SHARED, file, 0)
        if found is None or found == ctypes.c_void_p(-1).value:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(path))
        self.address = found
        self.__array_interface__ = {"shape": (length,), "typestr": "|u1", "data": (found, True), "version": 3}
        weakref.finalize(self, _give_back, found, length).atexit = False

    def release(self) -> None:
        """Give the pages that were read back to the system."""
        if self.python is not None:
            if hasattr(mmap, "MADV_DONTNEED"):
                self.python.madvise(mmap.MADV_DONTNEED)
        elif self.address:
            _system().madvise(self.address, self.length, _DONT_NEED)


def open_file(path: Path) -> np.ndarray:
    """(bytes,) uint8 of a file, read-only. Raises OSError."""
    with open(path, "rb") as file:
        about = os.fstat(file.fileno())
        if not about.st_size:
            return np.empty(0, np.uint8)
        key = str(path), about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns
        with _lock:
            found = _known.get(key)
            if found is None:
                found = _known[key] = _Bytes(path, file.fileno(), about.st_size)
    return np.asarray(found)


def owner(array: np.ndarray) -> object:
    """The mapped file behind an array; the array itself where it lies in memory."""
    base: object = array
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    return base if isinstance(base, _Bytes) else array


def release(array: np.ndarray) -> None:
    """Let go of the pages of a mapped array that were read so far; an array in memory is left alone."""
    if isinstance(found := owner(array), _Bytes):
        found.release()


@cache
def _system() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64]
    library.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return library


def _give_back(address: int, length: int) -> None:
    _system().munmap(address, length)
