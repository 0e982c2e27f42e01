"""What interrupted work leaves behind in a workspace: array files that no row names, and half-written files."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dnacore.paths import discard, discard_folder
from dnacore.workspace.store.array_files import numbers

if TYPE_CHECKING:
    from dnacore.workspace.store.shards import Store


_ARRAYS = ("shards", "sketches", "words", "dna")
_HALF_MADE = re.compile(r"\..*\.(tmp|partial)")  # how `atomic`, `unzip` and `uploads` name unfinished files


def find(store: Store, older_than: float = 3600.0) -> list[Path]:
    """Files and folders that can be deleted: no row names them, and they were not touched for so many seconds.

    An array file is younger than the catalogue, too: one from before may be named by a catalogue that is lost.
    """
    before = time.time() - older_than
    named = named_files(store)
    born = store.catalogue.born()
    found = []
    for folder in _ARRAYS:
        for path in (store.root / folder).glob("*"):
            if path not in named and not _HALF_MADE.fullmatch(path.name) and born <= _time(path) < before:
                found.append(path)
    return found + [path for path in half_made(store.root) if _newest(path) < before]


def older_orphans(store: Store) -> list[Path]:
    """Array files that no row names and that are older than the catalogue: kept, since a lost one may have named them."""
    named, born = named_files(store), store.catalogue.born()
    return [
        path for folder in _ARRAYS for path in (store.root / folder).glob("*")
        if path not in named and not _HALF_MADE.fullmatch(path.name) and _time(path) < born
    ]  # fmt: skip


def named_files(store: Store) -> set[Path]:
    """Every array file that a row of the catalogue names."""
    with store.catalogue.reading() as db:
        shards = db.execute("SELECT id FROM shard").fetchall()
        named = {place(r["id"]) for r in shards for place in (store.shard_file, store.words_file)}
        named |= {store.segment_file(r["id"]) for r in db.execute("SELECT id FROM segment")}
        merged = db.execute("SELECT shards FROM extraction").fetchall()
    return named | {store.merged_file(numbers(r["shards"]) or []) for r in merged}


def half_made(root: Path) -> Iterator[Path]:
    """Temporary files and folders anywhere in the workspace that were never cleaned up."""
    skip = {"thumbs", "damaged"}
    for folder, names, files in os.walk(root):
        here = Path(folder)
        if here == root:
            names[:] = [name for name in names if name not in skip]
        if here.parent.name in ("unpacked", "demo", "restyled") and here.parent.parent == root:
            names[:] = []  # people's images: never ours, whatever their names
            continue
        yield from (here / name for name in (*files, *names) if _HALF_MADE.fullmatch(name))
        names[:] = [name for name in names if not _HALF_MADE.fullmatch(name)]


def remove(path: Path) -> int:
    """Delete one of them; return its bytes."""
    return discard_folder(path) if path.is_dir() and not path.is_symlink() else discard(path)


def _time(path: Path) -> float:
    with suppress(OSError):  # another process is sweeping too
        return path.stat().st_mtime
    return float("inf")


def _newest(path: Path) -> float:
    """When anything in a folder was last touched: unpacking a large zip takes a long time."""
    if not path.is_dir():
        return _time(path)
    return max((_time(one) for one in (path, *path.rglob("*"))), default=_time(path))
