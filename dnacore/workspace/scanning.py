"""Scanning: a look at a dataset's folder that brings the catalogue up to date."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dnacore.errors import UnknownName
from dnacore.images import files
from dnacore.images.files import ImageFile, Rejected
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.array_files import next_number
from dnacore.workspace.store.shard_plan import FileRow

Progress = Callable[[int, int], None]
_HASH = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Scan:
    """A look at a dataset's folder. files: readable ones by path; rejected: the others; added, removed: since the last scan."""

    files: list[FileRow]
    rejected: list[Rejected]
    added: int
    removed: int


def scan(
    catalogue: Catalogue, dataset: Dataset, hashes: bool = True, progress: Progress | None = None
) -> tuple[list[Rejected], int, int]:
    """Look at the folder and note its files; return those that are no readable image, how many came and how many went.

    A file whose size and time are as before keeps its hash; with hashes=False new files are hashed later, but for those
    that may be a file that is gone under another name. A renamed or moved file keeps its number, see `_renamed`. What could
    only not be looked at (no permission, a fault of the disk) counts as it was known before. Nothing is written where
    nothing changed, so that a look works on a full disk. Raises BadInput when the folder is gone.
    """
    found, rejected = files.find_images(dataset.source)
    with catalogue.reading() as db:
        known = {row["path"]: row for row in db.execute("SELECT * FROM file WHERE dataset = ?", (dataset.id,))}
        noted = set(map(tuple, db.execute("SELECT path, reason FROM unreadable WHERE dataset = ?", (dataset.id,))))
    found, rejected = _with_unseen(found, rejected, known)
    same = [row for f in found if (row := known.get(f.path)) and (row["size"], row["mtime_ns"]) == (f.size, f.mtime_ns)]
    old = {row["path"]: row["hash"] for row in same if _HASH.fullmatch(row["hash"])}
    paths = {f.path for f in found}
    vanished = [row for path, row in known.items() if path not in paths and _HASH.fullmatch(row["hash"])]
    sizes = {row["size"] for row in vanished}
    need = {f.path for f in found if not old.get(f.path) and (hashes or (f.path not in known and f.size in sizes))}
    contents = _hash(dataset, [f.path for f in found if f.path in need], rejected, progress)
    gone = sum(1 for path, row in known.items() if row["there"] and path not in paths)
    back = sum(1 for path in paths if path not in known or not known[path]["there"])
    if len(same) == len(found) and not (gone or back or need) and noted == {(r.path, r.reason) for r in rejected}:
        return rejected, 0, 0
    with catalogue.changing() as db:
        if db.execute("SELECT 1 FROM dataset WHERE id = ?", (dataset.id,)).fetchone() is None:
            raise UnknownName(f"“{dataset.name}” was removed in the meantime. Add it again to go on.")
        top = db.execute("SELECT coalesce(max(number), -1) FROM file WHERE dataset = ?", (dataset.id,)).fetchone()[0]
        fresh = [f for f in found if f.path not in known]
        # a look that computes no hashes must not wipe out those that another process has just computed
        numbers = {f.path: top + 1 + i for i, f in enumerate(fresh)}
        numbers |= {path: row["number"] for path, row in known.items()}
        numbers |= _rename(db, dataset, _renamed(vanished, {f.path: contents.get(f.path, "") for f in fresh}))
        db.execute("UPDATE file SET there = 0 WHERE dataset = ?", (dataset.id,))
        db.executemany(
            "INSERT INTO file (dataset, number, path, size, mtime_ns, hash, there) VALUES (?,?,?,?,?,?,1) "
            "ON CONFLICT (dataset, path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, "
            "hash = CASE WHEN excluded.hash = '' AND size = excluded.size AND mtime_ns = excluded.mtime_ns "
            "THEN hash ELSE excluded.hash END, there = 1",
            [
                (dataset.id, numbers[f.path], f.path, f.size, f.mtime_ns, contents.get(f.path, old.get(f.path, "")))
                for f in found
                if f.path in contents or f.path not in need
            ],
        )
        db.execute("DELETE FROM unreadable WHERE dataset = ?", (dataset.id,))
        db.executemany(
            "INSERT OR REPLACE INTO unreadable VALUES (?,?,?,?)",
            [(dataset.id, r.path, r.reason, r.passing) for r in rejected],
        )
    return rejected, back, gone


def _renamed(vanished: Iterable[sqlite3.Row], fresh: Mapping[str, str]) -> dict[str, int]:
    """{new path: number of the one file of the same bytes that is gone}, so that tags, piles and links follow a rename.

    vanished: rows of files that are gone, now or for longer. fresh: {path: content hash, "" where it is not known}. Of
    copies, those that kept their file name are known by it; what could be any of several gone files is none of them.
    """
    found: dict[str, int] = {}
    left = list(vanished)
    for lately, named in ((True, True), (True, False), (False, True), (False, False)):
        gone = [(row["hash"], _name(row["path"], named), row["number"]) for row in left if row["there"] == lately]
        often = Counter((content, name) for content, name, _ in gone)
        numbers = {(content, name): number for content, name, number in gone if often[content, name] == 1}
        for path, content in fresh.items():
            if path not in found and (number := numbers.pop((content, _name(path, named)), None)) is not None:
                found[path] = number
        taken = set(found.values())
        left = [row for row in left if row["number"] not in taken]
    return found


def _name(path: str, named: bool) -> str:
    return path.rsplit("/", 1)[-1] if named else ""


def _rename(db: sqlite3.Connection, dataset: Dataset, renamed: Mapping[str, int]) -> dict[str, int]:
    """Note new paths; return those that nobody else noted in the meantime."""
    noted = {}
    for path, number in renamed.items():
        change = "UPDATE OR IGNORE file SET path = ? WHERE dataset = ? AND number = ?"
        if db.execute(change, (path, dataset.id, number)).rowcount == 1:
            noted[path] = number
    if noted:  # counted, as `listing.files_key` must change although count, sizes and times have not
        next_number(db, f"renamed:{dataset.id}")
    return noted


def _with_unseen(
    found: list[ImageFile], rejected: list[Rejected], known: Mapping[str, sqlite3.Row]
) -> tuple[list[ImageFile], list[Rejected]]:
    """The files found, and known ones that could not be looked at this time, as they were last known."""
    denied = {r.path for r in rejected if r.passing}
    if not denied:
        return found, rejected
    seen = {f.path for f in found}
    unseen = [
        ImageFile(path, row["size"], row["mtime_ns"]) for path, row in known.items()
        if row["there"] and row["hash"] and path not in seen
        and (path in denied or any(path.startswith(folder) for folder in denied if folder.endswith("/")))
    ]  # fmt: skip
    kept = {f.path for f in unseen}
    return sorted([*found, *unseen], key=lambda f: f.path), [r for r in rejected if r.path not in kept]


def _hash(
    dataset: Dataset, paths: Sequence[str], rejected: list[Rejected], progress: Progress | None
) -> dict[str, str]:
    """{path: content hash}; files that cannot be read join `rejected`."""

    def one(path: str) -> tuple[str, str | None, str]:
        try:
            return path, files.content_hash(dataset.folder / path), ""
        except OSError as error:
            return path, None, f"cannot be read ({error.strerror or error})"

    contents: dict[str, str] = {}
    with ThreadPoolExecutor(4, thread_name_prefix="hash") as pool:
        for done, (path, content, reason) in enumerate(pool.map(one, paths), 1):
            if content is None:
                rejected.append(Rejected(path, reason, True))
            else:
                contents[path] = content
            if progress is not None:
                progress(done, len(paths))
    return contents
