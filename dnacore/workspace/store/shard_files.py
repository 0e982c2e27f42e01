"""The three files of one shard: its counts, its sketches, its words.

Writing them needs no catalogue, so that a process on another machine can do it wherever the workspace's folder is
mounted; the rows that name them are entered afterwards, by the one process that holds the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dnacore.dna.histogram import DNA
from dnacore.sketches.segments import SketchArrays, save_segment
from dnacore.sketches.words import Words, save_words
from dnacore.workspace.store.array_files import stamp
from dnacore.workspace.store.shard_plan import Member


@dataclass(frozen=True)
class ShardFiles:
    """Where the files of a shard go, and the numbers they have in the catalogue."""

    shard: int
    segment: int
    counts: Path
    sketches: Path
    words: Path

    def write(
        self, members: Sequence[Member], dna: DNA, sketches: SketchArrays | None, sketched: Sequence[str],
        words: Words | None = None,
    ) -> Written:  # fmt: skip
        """Write a finished shard's files. sketched: the content hashes of the images in `sketches`."""
        dna.save(self.counts)
        if sketches is not None and len(sketched):
            save_segment(self.sketches, sketches, sketched)
        if words is not None and len(words):
            save_words(self.words, words)
        return Written(self, tuple(members), dna.images, len(sketched), stamp(self.sketches))


@dataclass(frozen=True)
class Written:
    """What the catalogue must know about a shard whose files are written. stamp: of its sketches; "" without any."""

    files: ShardFiles
    members: tuple[Member, ...]
    images: int
    sketched: int
    stamp: str
