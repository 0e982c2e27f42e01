"""What the catalogue knows of a dataset's image files: which there are, which could not be read, and their attributes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dnacore.errors import UnknownName
from dnacore.extractors.labels import class_names
from dnacore.images.files import Rejected
from dnacore.workspace.attribute_table import choose, read_attributes, with_folders, with_tags, with_words
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset, parse_part
from dnacore.workspace.saved import tags
from dnacore.workspace.store.shard_plan import FileRow
from dnacore.workspace.store.word_files import WordFiles


def files(catalogue: Catalogue, dataset: Dataset) -> list[FileRow]:
    """The dataset's files as of the last scan, by path. An image's index never changes."""
    query = "SELECT number, path, size, mtime_ns, hash FROM file WHERE dataset = ? AND there ORDER BY path"
    found = [FileRow(*row) for row in catalogue.rows(query, dataset.id)]
    if dataset.part is None:
        return found
    chosen = choose(described(catalogue, dataset, found), dataset.part, parse_part(dataset.name)[0])
    return [found[i] for i in chosen]


def hashed(catalogue: Catalogue) -> dict[int, int]:
    """{dataset's id: how many of its files have a known content hash}."""
    query = "SELECT dataset, count(*) FROM file WHERE there AND hash != '' GROUP BY dataset"
    return {number: count for number, count in catalogue.rows(query)}


def files_key(catalogue: Catalogue, dataset: Dataset) -> str:
    """A short text that changes whenever the dataset's files do, as of the last scan. Much quicker than `files`."""
    (row,) = catalogue.rows(
        "SELECT count(*), total(number), total(number * (mtime_ns % 1000003 + size % 1009)), total(size), max(mtime_ns), "
        "total(mtime_ns % 1000003), total(length(hash)), (SELECT last FROM number WHERE name = ?) "
        "FROM file WHERE dataset = ? AND there",
        f"renamed:{dataset.id}",
        dataset.id,
    )
    return f"{dataset.id}:{':'.join(str(value) for value in tuple(row))}"


def described_key(catalogue: Catalogue, dataset: Dataset) -> str:
    """A short text that changes whenever a dataset's files do, or what is said of them: its table, tags, words."""
    csv = dataset.attributes
    try:
        stamp = csv.stat().st_mtime_ns if csv is not None else 0
    except OSError:  # gone: reading it says so
        stamp = -1
    said = f"{WordFiles(catalogue.path.parent, catalogue).words_key(dataset)}:{tags.key(catalogue, dataset)}"
    return f"{files_key(catalogue, dataset)}:{csv}:{stamp}:{said}"


def rejected(catalogue: Catalogue, dataset: Dataset, extractor: str | None = None) -> list[Rejected]:
    """Files that could not be read, with reasons: at the last scan, and in extractions (of one network or any)."""
    with catalogue.reading() as db:
        rows = db.execute("SELECT path, reason, passing FROM unreadable WHERE dataset = ?", (dataset.id,)).fetchall()
        # Start from the few images that cannot be read: else 10,000 files are joined with as many members.
        rows += db.execute(
            "WITH bad AS MATERIALIZED (SELECT DISTINCT member.hash, member.reason, member.passing FROM shard "
            "JOIN setting ON setting.id = shard.setting JOIN member ON member.shard = shard.id "
            "WHERE shard.dataset = ?1 AND member.reason IS NOT NULL AND (?2 IS NULL OR setting.label = ?2)) "
            "SELECT DISTINCT file.path, bad.reason, bad.passing FROM bad CROSS JOIN file "
            "WHERE file.dataset = ?1 AND file.there AND file.hash = bad.hash",
            (dataset.id, extractor),
        ).fetchall()
    if dataset.part is not None and rows:
        inside = {f.path for f in files(catalogue, dataset)}
        rows = [row for row in rows if row[0] in inside]
    return [Rejected(path, reason, bool(passing)) for path, reason, passing in sorted({tuple(row) for row in rows})]


def image_path(catalogue: Catalogue, dataset_id: int, index: int) -> Path:
    """The file of one image, for those who know it by number only. Raises UnknownName."""
    row = catalogue.row(
        "SELECT dataset.folder, file.path FROM file JOIN dataset ON dataset.id = file.dataset "
        "WHERE dataset.id = ? AND file.number = ? AND file.there",
        dataset_id,
        index,
    )
    if row is None:
        raise UnknownName("There is no such image any more.")
    return Path(row["folder"]) / row["path"]


def attributes(dataset: Dataset, rows: Sequence[FileRow]) -> pd.DataFrame:
    """One row per file, in that order, one column per attribute; "" where a value is not known."""
    if dataset.attributes is None:
        return pd.DataFrame(index=pd.Index([f.path for f in rows], name="file"))
    return read_attributes(dataset.attributes, rows)


def described(catalogue: Catalogue, dataset: Dataset, rows: Sequence[FileRow]) -> pd.DataFrame:
    """The same with further columns: `folder`, `tag`, and `sees`, what the network says first of an image, where kept."""
    own = tags.of(catalogue, dataset)
    table = with_tags(with_folders(attributes(dataset, rows)), [own.get(row.index, ()) for row in rows])
    store = WordFiles(catalogue.path.parent, catalogue)
    setting = store.words_setting(dataset)
    words = None if setting is None else store.words_of_whole(dataset, setting)
    if words is None:
        return table
    names, first = class_names(words.known), [""] * len(rows)
    found, kept = words.of([f.hash for f in rows])
    for place, best in zip(found.tolist(), kept.classes[:, 0].tolist(), strict=True):
        first[place] = names[best]
    return with_words(table, first)
