"""The workspace's catalogue: a SQLite file that says which datasets, shards and selections there are.

Every change is one transaction, so a killed process leaves the catalogue as it was before or after it. A connection is
opened for each use: threads and processes never share one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Damaged, Unavailable

VERSION = 1
_SCHEMA = """
CREATE TABLE dataset (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL UNIQUE, folder TEXT NOT NULL,
    attributes TEXT, colour INTEGER NOT NULL, title TEXT NOT NULL DEFAULT '', added REAL NOT NULL
);
CREATE TABLE file (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, number INTEGER NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, hash TEXT NOT NULL DEFAULT '', there INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (dataset, number), UNIQUE (dataset, path)
) WITHOUT ROWID;
CREATE TABLE unreadable (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, path TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (dataset, path)
) WITHOUT ROWID;
CREATE TABLE calibration (
    fingerprint TEXT PRIMARY KEY, extractor TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', chosen INTEGER NOT NULL DEFAULT 0,
    added REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE setting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, extractor TEXT NOT NULL, calibration TEXT NOT NULL,
    bins INTEGER NOT NULL, specification TEXT NOT NULL, layers TEXT NOT NULL, weights TEXT NOT NULL, used REAL NOT NULL,
    UNIQUE (extractor, calibration, bins)
);
CREATE TABLE shard (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
    setting INTEGER NOT NULL REFERENCES setting, part TEXT NOT NULL, images INTEGER NOT NULL
);
CREATE INDEX shard_of ON shard (dataset, setting, part);
CREATE TABLE member (
    shard INTEGER NOT NULL REFERENCES shard ON DELETE CASCADE, position INTEGER NOT NULL, hash TEXT NOT NULL,
    path TEXT NOT NULL, reason TEXT, PRIMARY KEY (shard, position)
) WITHOUT ROWID;
CREATE TABLE segment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
    setting INTEGER NOT NULL REFERENCES setting, images INTEGER NOT NULL
);
CREATE TABLE extraction (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, setting INTEGER NOT NULL REFERENCES setting,
    part TEXT NOT NULL, shards TEXT NOT NULL, images INTEGER NOT NULL, finished REAL NOT NULL,
    PRIMARY KEY (dataset, setting, part)
) WITHOUT ROWID;
CREATE TABLE number (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE selection (name TEXT PRIMARY KEY, content TEXT NOT NULL, saved REAL NOT NULL) WITHOUT ROWID;
"""


class Catalogue:
    """One SQLite file and how to reach it."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. A file that is not a database is set aside and said so in `notice`."""
        self.path = path
        self.notice = ""
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise Unavailable(
                    f"The workspace's catalogue {path} cannot be opened ({error}). "
                    "Check that the folder can be written to and is not on a full disk."
                ) from error
            aside = path.with_name(f"{path.stem}.damaged-{int(time.time())}{path.suffix}")
            path.rename(aside)
            self.notice = (
                f"The catalogue was damaged and has been set aside as {aside.name}. Your images are untouched: "
                "add the datasets again."
            )
            self._prepare()

    def _prepare(self) -> None:
        connection = sqlite3.connect(self.path, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    for statement in filter(str.strip, _SCHEMA.split(";")):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {VERSION}")
                elif version > VERSION:
                    raise Damaged(
                        f"The workspace {self.path.parent} was written by a newer version of this program "
                        f"(catalogue version {version}, this one reads {VERSION}). Update the program."
                    )
        finally:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for queries; rows can be read by column name."""
        connection = sqlite3.connect(self.path, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction: all of the block's changes happen, or none."""
        with self.reading() as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
