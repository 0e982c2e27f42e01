"""From the workspace's files to the gallery's pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ui.gallery import Picture

if TYPE_CHECKING:
    import pandas as pd

    from dnacore.datasets import Dataset
    from dnacore.plan import FileRow


def stamp(row: FileRow) -> str:
    """Return what changes whenever the picture does: its content's hash, before extraction its path, size and time."""
    if row.hash:
        return row.hash
    known = f"{row.path}\n{row.size}\n{row.mtime_ns}".encode("utf-8", "surrogateescape")
    return "f" + hashlib.blake2b(known, digest_size=15).hexdigest()


def plain(dataset: Dataset, rows: Iterable[FileRow], labels: Sequence[str] | None = None) -> list[Picture]:
    """Return pictures without a badge, for looking through a dataset."""
    return [
        Picture(dataset.id, row.index, name=_name(row), version=stamp(row)[:12], label=labels[at] if labels else "")
        for at, row in enumerate(rows)
    ]


def ranked(dataset: Dataset, rows: Sequence[FileRow], ranking: pd.DataFrame, *, signed: bool = False) -> list[Picture]:
    """Return pictures in the order of a ranking, with rank and distance below.

    ranking: columns rank, distance (bins) and index, nearest first. signed: distances are differences of two and
    keep their sign.
    """
    by_index = {row.index: row for row in rows}
    pictures = []
    for rank, distance, index in zip(ranking["rank"], ranking["distance"], ranking["index"], strict=True):
        row = by_index.get(int(index))
        if row is None:  # the file went away after the ranking was made
            continue
        said = f"{distance:+.1f}" if signed else f"{distance:.1f}"
        pictures.append(
            Picture(dataset.id, row.index, name=_name(row), left=f"{rank:,}", right=said, version=stamp(row)[:12])
        )
    return pictures


def _name(row: FileRow) -> str:
    return row.path.rsplit("/", 1)[-1]
