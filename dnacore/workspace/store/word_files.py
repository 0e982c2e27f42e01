"""The files that the words of a workspace's images are kept in: `words/NUMBER.words`, one a shard, gone with it.

A shard without such a file has no words kept: its network has no trained head, or it was extracted before words were
kept. A damaged file is set aside and counts as none; nothing is extracted again because of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from dnacore.errors import Damaged
from dnacore.sketches.words import Words, load_words

FOLDER = "words"


def words_file(root: Path, shard: int) -> Path:
    """Where the words of a shard are kept. root: the workspace's folder."""
    return root / FOLDER / f"{shard}.words"


def read_words(root: Path, shards: Sequence[int]) -> tuple[list[Words], list[Path]]:
    """The words of those shards that have any, and the files that are damaged."""
    found, damaged = [], []
    for number in shards:
        path = words_file(root, number)
        try:
            about = path.stat()
        except OSError:  # none were kept
            continue
        try:
            found.append(_load(str(path), about.st_size, about.st_mtime_ns))
        except Damaged:
            damaged.append(path)
    return found, damaged


@lru_cache(maxsize=4096)
def _load(path: str, size: int, time: int) -> Words:
    return load_words(Path(path))
