"""Paths as people give them, and what files and folders take on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .datasets import check_text


def absolute(path: Path | str) -> Path:
    """The path from the root, `~` resolved and links not. Raises BadInput for text that no path can hold."""
    text = check_text(str(path))
    try:
        return Path(os.path.abspath(Path(text).expanduser()))
    except RuntimeError:  # ~somebody, who is not known here: then it is a file's name
        return Path(os.path.abspath(text))


def discard(path: Path) -> int:
    """Delete a file of our own; return its bytes. One that somebody still reads (Windows) is left for `Store.sweep`."""
    freed = size(path)
    try:
        path.unlink()
    except OSError:
        return 0
    return freed


def size(path: Path) -> int:
    """Bytes of a file; 0 for one that is not there."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def folder_size(folder: Path | str) -> int:
    """Bytes of all files in a folder."""
    # Thousands of thumbnails: a listing tells most of what a look at each file would, in a tenth of the time.
    total = 0
    with suppress(OSError), os.scandir(folder) as listed:  # a folder or a file may go while we look
        for entry in listed:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    total += folder_size(entry.path)
                elif entry.is_file():
                    total += entry.stat().st_size
    return total
