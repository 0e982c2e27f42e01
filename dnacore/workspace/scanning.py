"""Scanning: a look at a dataset's folder that brings the catalogue up to date."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dnacore.errors import UnknownName
from dnacore.images import files
from dnacore.images.files import ImageFile, Rejected
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset
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

    A file whose size and time are as before keeps its hash; with hashes=False new files are hashed later. What could only
    not be looked at (no permission, a fault of the disk) counts as it was known before. Nothing is written where nothing
    changed, so that a look works on a full disk. Raises BadInput when the folder is gone.
    """
    found, rejected = files.find_images(dataset.source)
    with catalogue.reading() as db:
        known = {row["path"]: row for row in db.execute("SELECT * FROM file WHERE dataset = ?", (dataset.id,))}
        noted = set(map(tuple, db.execute("SELECT path, reason FROM unreadable WHERE dataset = ?", (dataset.id,))))
    found, rejected = _with_unseen(found, rejected, known)
    old = {
        f.path: known[f.path]["hash"]
        for f in found
        if f.path in known
        and (known[f.path]["size"], known[f.path]["mtime_ns"]) == (f.size, f.mtime_ns)
        and _HASH.fullmatch(known[f.path]["hash"])
    }
    need = [f for f in found if hashes and not old.get(f.path)]
    contents = _hash(dataset, [f.path for f in need], rejected, progress)
    paths = {f.path for f in found}
    gone = sum(1 for path, row in known.items() if row["there"] and path not in paths)
    back = sum(1 for path in paths if path not in known or not known[path]["there"])
    same = all(f.path in known and (known[f.path]["size"], known[f.path]["mtime_ns"]) == (f.size, f.mtime_ns)
               for f in found)  # fmt: skip
    if same and not (gone or back or need) and noted == {(r.path, r.reason) for r in rejected}:
        return rejected, 0, 0
    with catalogue.changing() as db:
        if db.execute("SELECT 1 FROM dataset WHERE id = ?", (dataset.id,)).fetchone() is None:
            raise UnknownName(f"“{dataset.name}” was removed in the meantime. Add it again to go on.")
        last = db.execute("SELECT coalesce(max(number), -1) FROM file WHERE dataset = ?", (dataset.id,))
        top = last.fetchone()[0]
        fresh = [f for f in found if f.path not in known]
        # a look that computes no hashes must not wipe out those that another process has just computed
        numbers = {f.path: top + 1 + i for i, f in enumerate(fresh)}
        numbers |= {path: row["number"] for path, row in known.items()}
        db.execute("UPDATE file SET there = 0 WHERE dataset = ?", (dataset.id,))
        db.executemany(
            "INSERT INTO file (dataset, number, path, size, mtime_ns, hash, there) VALUES (?,?,?,?,?,?,1) "
            "ON CONFLICT (dataset, path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, "
            "hash = CASE WHEN excluded.hash = '' AND size = excluded.size AND mtime_ns = excluded.mtime_ns "
            "THEN hash ELSE excluded.hash END, there = 1",
            [
                (dataset.id, numbers[f.path], f.path, f.size, f.mtime_ns, contents.get(f.path, old.get(f.path, "")))
                for f in found
                if contents.get(f.path) is not None or f not in need
            ],
        )
        db.execute("DELETE FROM unreadable WHERE dataset = ?", (dataset.id,))
        db.executemany(
            "INSERT OR REPLACE INTO unreadable VALUES (?,?,?,?)",
            [(dataset.id, r.path, r.reason, r.passing) for r in rejected],
        )
    return rejected, back, gone


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
