"""Tags: a person's own words for images, kept in the catalogue by the image's number.

So they survive the renaming of a dataset, and that of an image file whose content was known before (every extraction and
`Workspace.scan` see to that): the next scan knows it by its bytes. Of several copies that are renamed at once and all get
another file name, none is known again.
They are an attribute like any other: `NAME[tag=WORD]`, and `NAME[tag!=WORD]` for all images without it.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Collection, Iterable

from dnacore.attributes.derived import BETWEEN, TAG
from dnacore.errors import BadInput
from dnacore.paths import cell, check_text
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_plan import FileRow

LONGEST = 60
_UNFIT = set("[]=;")


def check(tag: str) -> str:
    """The tag, trimmed. Raises BadInput for what cannot be one."""
    tag = check_text(tag).strip()
    if not tag or len(tag) > LONGEST or _UNFIT & set(tag) or not tag.isprintable():
        raise BadInput(f"{tag!r} cannot be a tag. Use 1 to {LONGEST} characters without the signs [ ] = ;.")
    return tag


def of(catalogue: Catalogue, dataset: Dataset) -> dict[int, tuple[str, ...]]:
    """{image's number: its tags in alphabetical order}, of the images that have any."""
    rows = catalogue.rows("SELECT number, tag FROM tag WHERE dataset = ? ORDER BY tag", dataset.id)
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row["number"]] = (*found.get(row["number"], ()), row["tag"])
    return found


def key(catalogue: Catalogue, dataset: Dataset) -> str:
    """A short text that changes whenever a tag of the dataset does; "" while it has none."""
    (row,) = catalogue.rows("SELECT count(*), total(at) FROM tag WHERE dataset = ?", dataset.id)
    return f"{row[0]}:{row[1]!r}" if row[0] else ""


def known(catalogue: Catalogue) -> list[str]:
    """All tags in use, the most frequent first."""
    rows = catalogue.rows("SELECT tag FROM tag GROUP BY tag ORDER BY count(*) DESC, tag")
    return [row["tag"] for row in rows]


def add(catalogue: Catalogue, images: Iterable[tuple[int, int]], tag: str) -> None:
    """Add a tag to images, (dataset's number, image's number) each; those that have it keep it. Raises BadInput."""
    tag, now = check(tag), time.time()
    with catalogue.changing() as db:
        there = {row["id"] for row in db.execute("SELECT id FROM dataset")}
        rows = [(dataset, number, tag, now) for dataset, number in images if dataset in there]
        db.executemany("INSERT OR IGNORE INTO tag VALUES (?,?,?,?)", rows)
    catalogue.back_up()


def remove(catalogue: Catalogue, images: Iterable[tuple[int, int]], tag: str) -> None:
    """Remove a tag from those images that have it."""
    with catalogue.changing() as db:
        db.executemany("DELETE FROM tag WHERE dataset = ? AND number = ? AND tag = ?", [(*one, tag) for one in images])
    catalogue.back_up()


def put(catalogue: Catalogue, image: tuple[int, int], tags: Collection[str]) -> None:
    """Give one image exactly these tags. Raises BadInput."""
    wanted, now = {check(tag) for tag in tags}, time.time()
    with catalogue.changing() as db:
        db.execute("DELETE FROM tag WHERE dataset = ? AND number = ?", image)
        db.executemany("INSERT INTO tag VALUES (?,?,?,?)", [(*image, tag, now) for tag in sorted(wanted)])
    catalogue.back_up()


def as_csv(catalogue: Catalogue, dataset: Dataset, files: Iterable[FileRow]) -> str:
    """The tags of a dataset as a table of attributes: columns file and tag, one row per image that has any."""
    tags, text = of(catalogue, dataset), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", TAG])
    writer.writerows([cell(row.path), cell(BETWEEN.join(tags[row.index]))] for row in files if row.index in tags)
    return text.getvalue()
