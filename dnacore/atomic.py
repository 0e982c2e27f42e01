"""Writing files so that a killed process leaves either the old file or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dnacore.errors import Unavailable

_OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends well, and vanishes when it does not.

    The bytes and the folder entry are both flushed to the disk before the block returns. Raises Unavailable when
    the disk is full or the place cannot be written to.
    """
    path = Path(path)
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # a short prefix: 80 letters can be more bytes than a file's name may have
        name = str(path.parent / f".{path.name[:16]}.{secrets.token_hex(6)}.tmp")
        # with the usual permissions, not those of a temporary file
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        temporary = name
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.errno in _OUT_OF_SPACE:
            raise Unavailable(
                f"The disk that holds {path.parent} is full, so {path.name} was not written. "
                "Everything finished before is kept: free some space and run the same command again."
            ) from error
        if isinstance(error.filename, (str, bytes)) and not _concerns(error, path, temporary):
            raise  # the error is about another file that the block opened
        raise Unavailable(
            f"{path} cannot be written ({error.strerror or error}). Choose another place, or allow writing there."
        ) from error
    finally:
        if temporary:
            with suppress(OSError):  # it is gone, or the disk is; `sweep` removes what is left behind
                os.unlink(temporary)


def write(path: Path, writer: Callable[[BinaryIO], None]) -> None:
    """Call `writer` on a file that replaces `path` once it is complete."""
    with replacing(path) as file:
        writer(file)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step."""
    with replacing(path) as file:
        file.write(data)


def _concerns(error: OSError, path: Path, temporary: str) -> bool:
    """Whether an error is about the file being written or a folder above it."""
    named = Path(os.fsdecode(error.filename))
    return named in (path, Path(temporary)) or named.parent == path.parent or named in path.parents


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot flush folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
