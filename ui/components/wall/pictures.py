"""From the workspace's files to the gallery's pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dnacore.images.thumbnails import stamp
from ui.components.wall import Picture

if TYPE_CHECKING:
    import pandas as pd

    from dnacore.workspace.datasets import Dataset
    from dnacore.workspace.store.shard_plan import FileRow


def plain(dataset: Dataset, rows: Iterable[FileRow], labels: Sequence[str] | None = None) -> list[Picture]:
    """Return pictures without a badge, for looking through a dataset."""
    folder = os.path.join(dataset.folder, "")
    return [
        Picture(
            dataset.id, row.index, name=_name(row), version=_version(folder, row), label=labels[at] if labels else ""
        )
        for at, row in enumerate(rows)
    ]


def ranked(
    dataset: Dataset,
    rows: Iterable[FileRow],
    ranking: pd.DataFrame,
    *,
    say: Callable[[float], str] | None = None,
    show_rank: bool = True,
    labels: Mapping[int, str] | None = None,
    known: Iterable[Picture] = (),
) -> list[Picture]:
    """Return pictures in the order of a ranking, with rank and distance below.

    ranking: columns rank, distance and index. say: how a distance is written; one decimal without. labels: by the
    image's index, what stands in a line of its own. known: pictures of these images that were made before.
    """
    folder = os.path.join(dataset.folder, "")
    by_index = {row.index: row for row in rows}
    versions = {picture.index: picture.version for picture in known}
    say = say or (lambda value: f"{value:.1f}")
    pictures = []
    for rank, distance, index in zip(ranking["rank"], ranking["distance"], ranking["index"], strict=True):
        row = by_index.get(int(index))
        if row is None:  # the file is gone since the ranking was made
            continue
        pictures.append(
            Picture(
                dataset.id,
                row.index,
                name=_name(row),
                version=versions.get(row.index) or _version(folder, row),
                left=f"{rank:,}" if show_rank else "",
                right=say(float(distance)),
                label=labels.get(row.index, "") if labels else "",
            )
        )
    return pictures


def _name(row: FileRow) -> str:
    return row.path.rsplit("/", 1)[-1]


def _version(folder: str, row: FileRow) -> str:
    # As the server writes a path, absolute ones of a list too; a `Path` of every image takes longer than all the rest.
    if os.sep == "/" and not row.path.startswith("/"):
        path = folder + row.path
    else:
        path = os.path.join(folder, row.path.replace("/", os.sep))
    return stamp(path, row.size, row.mtime_ns)[:12]
