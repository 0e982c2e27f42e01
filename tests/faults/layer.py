"""A layer under our file operations that fails, or ends the process, at the n-th of them."""

from __future__ import annotations

import builtins
import errno
import io
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dnacore.sketches import mapping

KILL, MEMORY = "kill", "out of memory"
ERRORS = {name: getattr(errno, name) for name in ("ENOSPC", "EMFILE", "ENOMEM", "EACCES", "EIO")}
KINDS = (*ERRORS, MEMORY, KILL)
_SQLITE = {"ENOSPC": "database or disk is full", "EMFILE": "unable to open database file", "ENOMEM": "out of memory"}


class Layer:
    """Counts the operations on files below `root` and, at number `at`, fails in the way `kind` says."""

    def __init__(self, root: Path, kind: str = "", at: int = 0) -> None:
        self.root, self.kind, self.at = str(root), kind, at
        self.count = 0
        self._lock = threading.Lock()

    def _reached(self, path: object, database: bool = False) -> None:
        if not database and isinstance(path, (str, bytes, os.PathLike)) and not self._concerns(path):
            return
        with self._lock:
            self.count += 1
            if self.count != self.at:
                return
        if self.kind == KILL:
            os._exit(9)
        if database:
            raise sqlite3.OperationalError(_SQLITE.get(self.kind, "disk I/O error"))
        if self.kind == MEMORY:
            raise MemoryError
        if self.kind:
            raise OSError(ERRORS[self.kind], os.strerror(ERRORS[self.kind]), path if isinstance(path, str) else None)

    def _concerns(self, path: object) -> bool:
        return os.path.abspath(os.fsdecode(os.fspath(path))).startswith(self.root)  # type: ignore[call-overload]

    @contextmanager
    def on(self) -> Iterator[Layer]:
        """Put the layer under everything for as long as the block runs."""

        def over(original: Callable[..., Any], database: bool = False) -> Callable[..., Any]:
            def call(*arguments: Any, **named: Any) -> Any:
                self._reached(arguments[0] if arguments else None, database)
                return original(*arguments, **named)

            return call

        opening = over(builtins.open)
        patches = [patch.object(os, name, over(getattr(os, name)))
                   for name in ("open", "replace", "rename", "fsync", "unlink", "mkdir", "scandir", "rmdir")]  # fmt: skip
        patches += [patch.object(builtins, "open", opening), patch.object(io, "open", opening)]
        patches += [patch.object(sqlite3, "connect", over(sqlite3.connect, True))]
        patches += [patch.object(mapping, "open_file", over(mapping.open_file))]
        for one in patches:
            one.start()
        try:
            yield self
        finally:
            for one in patches:
                one.stop()
