"""From the workspace's files to the gallery's pictures."""

from __future__ import annotations

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
    return [
        Picture(
            dataset.id, row.index, name=_name(row), version=_version(dataset, row), label=labels[at] if labels else ""
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
) -> list[Picture]:
    """Return pictures in the order of a ranking, with rank and distance below.

    ranking: columns rank, distance and index. say: how a distance is written; one decimal without. labels: by the
    image's index, what stands in a line of its own.
    """
    by_index = {row.index: row for row in rows}
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
                version=_version(dataset, row),
                left=f"{rank:,}" if show_rank else "",
                right=say(float(distance)),
                label=labels.get(row.index, "") if labels else "",
            )
        )
    return pictures


def _name(row: FileRow) -> str:
    return row.path.rsplit("/", 1)[-1]


def _version(dataset: Dataset, row: FileRow) -> str:
    return stamp(dataset.folder / row.path, row.size, row.mtime_ns)[:12]
