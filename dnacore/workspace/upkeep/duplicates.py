"""Exact duplicates: image files with the same bytes, within a dataset and across datasets, from content hashes.

Only files that were hashed count: extraction does that, and `Workspace.scan`. Nothing is decoded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_plan import FileRow

if TYPE_CHECKING:
    from dnacore.workspace.workspace import Workspace


@dataclass(frozen=True)
class Copies:
    """Images with the same bytes: which dataset each belongs to, and its row; the first one first."""

    images: tuple[tuple[int, FileRow], ...]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Duplicates:
    """The duplicates of one dataset.

    within: groups of two or more images of it that are the same. across: {other dataset's id: groups whose first image
    is of this dataset and whose others are of the other}. unknown: how many of its files were not looked at yet.
    """

    within: tuple[Copies, ...]
    across: dict[int, tuple[Copies, ...]]
    unknown: int

    @property
    def superfluous(self) -> int:
        """How many images could be left out while every picture is still there once."""
        return sum(len(group) - 1 for group in self.within)


def find_duplicates(workspace: Workspace, dataset: Dataset, others: Sequence[Dataset] | None = None) -> Duplicates:
    """Return the duplicates of a dataset within itself and in other datasets (all others unless they are given)."""
    own = workspace.files(dataset)
    by_hash: dict[str, list[FileRow]] = defaultdict(list)
    for row in own:
        if row.hash:
            by_hash[row.hash].append(row)
    within = tuple(Copies(tuple((dataset.id, row) for row in rows)) for rows in by_hash.values() if len(rows) > 1)
    others = workspace.datasets() if others is None else others
    across = {}
    for other in others:
        if other.id == dataset.id:
            continue
        shared: dict[str, list[FileRow]] = defaultdict(list)
        for row in workspace.files(other):
            if row.hash in by_hash:
                shared[row.hash].append(row)
        if shared:
            across[other.id] = tuple(
                Copies(((dataset.id, by_hash[content][0]), *((other.id, row) for row in rows)))
                for content, rows in shared.items()
            )
    return Duplicates(within, across, sum(not row.hash for row in own))
