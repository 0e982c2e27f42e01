"""Where the array files of a workspace lie, how a broken one is set aside, and how rows are numbered."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dnacore.errors import UnknownName, unavailable_now
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset


class ArrayFiles:
    """The folders `shards`, `sketches`, `dna` and `damaged` of one workspace, and the rows that name their files.

    A file is written before the row that names it, and a row goes before its file: a crash leaves at most a file that
    nothing points to, which `sweep` removes.
    """

    root: Path
    catalogue: Catalogue

    def shard_file(self, number: int) -> Path:
        """Where a shard's counts lie."""
        return self.root / "shards" / f"{number}.dna.npz"

    def segment_file(self, number: int) -> Path:
        """Where a file of sketches lies."""
        return self.root / "sketches" / f"{number}.sketch"

    def words_file(self, shard: int) -> Path:
        """Where the words of a shard's images are kept."""
        return self.root / "words" / f"{shard}.words"

    def set_aside(self, path: Path) -> None:
        """Move a file whose bytes are broken out of the way. Nothing else is ever a reason to."""
        if exists(path):
            aside = self.root / "damaged" / f"{int(time.time())}-{path.name}"
            with suppress(OSError):  # where it cannot be moved, it stays and is found broken again
                aside.parent.mkdir(exist_ok=True)
                path.replace(aside)

    @contextmanager
    def changing(self, dataset: Dataset) -> Iterator[sqlite3.Connection]:
        """A transaction about a dataset that somebody may have removed while it was being extracted."""
        with self.catalogue.changing() as db:
            if db.execute("SELECT 1 FROM dataset WHERE id = ?", (dataset.id,)).fetchone() is None:
                raise UnknownName(f"“{dataset.name}” was removed while it was being extracted. Add it again to go on.")
            yield db


def exists(path: Path) -> bool:
    """Whether there is such a file. Raises Unavailable where that cannot be told: no answer is not a no."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unavailable_now(path.name, error) from error
    return True


def stamp(path: Path) -> str:
    """Size and time of a file, which tell whether it was changed; "" where there is none."""
    try:
        about = path.stat()
    except OSError:
        return ""
    return f"{about.st_size}:{about.st_mtime_ns}"


def next_number(db: sqlite3.Connection, table: str) -> int:
    """Hand out a row number that no row, past or present, has had."""
    db.execute(
        "INSERT INTO number (name, last) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1", (table,)
    )
    return int(db.execute("SELECT last FROM number WHERE name = ?", (table,)).fetchone()["last"])


def numbers(text: object) -> list[int] | None:
    """The numbers in a JSON list; None where a disk's fault made it something else."""
    try:
        return [int(number) for number in json.loads(str(text))]
    except (ValueError, TypeError):
        return None
