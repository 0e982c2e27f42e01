"""The workspace's catalogue: a SQLite file that says which datasets, shards and selections there are.

Every change is one transaction, so a killed process leaves the catalogue as it was before or after it. A connection is
opened for each use: threads and processes never share one. A file that turns out to be broken is set aside, and what
can still be read of it (names, folders, selections) is carried over into a new one.
"""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from dnacore.errors import Damaged, Unavailable

VERSION = 2
WAIT = 30.0  # seconds to wait for another process's change
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
    fingerprint TEXT PRIMARY KEY, extractor TEXT NOT NULL, name TEXT NOT NULL DEFAULT '',
    chosen INTEGER NOT NULL DEFAULT 0, added REAL NOT NULL
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
CREATE TABLE checked (
    segment INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE, stamp TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE number (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE selection (name TEXT PRIMARY KEY, content TEXT NOT NULL, saved REAL NOT NULL) WITHOUT ROWID;
"""
_UPGRADES = {
    1: "CREATE TABLE checked (segment INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE, stamp TEXT NOT NULL) "
    "WITHOUT ROWID",
}  # what makes a catalogue of one version one of the next
_KEPT = (
    "dataset", "selection", "calibration", "file", "unreadable", "setting", "shard", "member", "segment", "extraction"
)  # fmt: skip
_CONSISTENT = """
DELETE FROM file WHERE dataset NOT IN (SELECT id FROM dataset);
DELETE FROM unreadable WHERE dataset NOT IN (SELECT id FROM dataset);
DELETE FROM shard WHERE dataset NOT IN (SELECT id FROM dataset) OR setting NOT IN (SELECT id FROM setting);
DELETE FROM shard WHERE images != (SELECT count(*) FROM member WHERE member.shard = shard.id AND reason IS NULL);
DELETE FROM member WHERE shard NOT IN (SELECT id FROM shard);
DELETE FROM segment WHERE dataset NOT IN (SELECT id FROM dataset) OR setting NOT IN (SELECT id FROM setting);
DELETE FROM extraction WHERE dataset NOT IN (SELECT id FROM dataset) OR setting NOT IN (SELECT id FROM setting);
DELETE FROM extraction WHERE NOT json_valid(shards);
DELETE FROM extraction
    WHERE EXISTS (SELECT 1 FROM json_each(extraction.shards) WHERE value NOT IN (SELECT id FROM shard));
UPDATE number SET last = max(last, (SELECT coalesce(max(id), 0) FROM shard)) WHERE name = 'shard';
UPDATE number SET last = max(last, (SELECT coalesce(max(id), 0) FROM segment)) WHERE name = 'segment';
"""
_SALVAGED = (
    "The catalogue was damaged and has been set aside as {aside}; {count} datasets in it could be read and are in the "
    "new one. Your images are untouched. Run the same command again, and add datasets that are missing."
)


class Catalogue:
    """One SQLite file and how to reach it."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. A file that is not a database is set aside and said so in `notice`."""
        self.path = path
        self.notice = ""
        try:
            if self._version() != VERSION:
                self._prepare()
        except sqlite3.OperationalError as error:
            raise self._unavailable(error) from error
        except sqlite3.DatabaseError as error:
            self.notice = self._start_again(error)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for queries; rows can be read by column name. Raises Unavailable, Damaged."""
        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.OperationalError as error:
            if "decode" in str(error) or "no such" in str(error):  # text that is no text, tables that are gone
                raise Damaged(self._start_again(error)) from error
            raise self._unavailable(error) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise Damaged(self._start_again(error)) from error

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

    def _version(self) -> int:
        """The version of the file's tables; 0 for a new file. Takes no lock."""
        with closing(sqlite3.connect(self.path, timeout=WAIT)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION or version < 0:
            raise Damaged(
                f"The workspace {self.path.parent} was written by a newer version of this program "
                f"(catalogue version {version}, this one reads {VERSION}). Update the program."
            )
        return version

    def _prepare(self) -> None:
        with self._alone(), closing(sqlite3.connect(self.path, timeout=WAIT)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == VERSION:
                    return  # another process was faster
                statements = _SCHEMA.split(";") if version == 0 else [_UPGRADES[v] for v in range(version, VERSION)]
                for statement in filter(str.strip, statements):
                    connection.execute(statement)
                # Numbers go on behind whatever files an earlier catalogue left: no file is ever taken for another.
                connection.executemany("INSERT OR IGNORE INTO number VALUES (?,?)", self._numbers().items())
                connection.execute(f"PRAGMA user_version = {VERSION}")

    def _numbers(self) -> dict[str, int]:
        numbers = {"catalogue": random.SystemRandom().getrandbits(48)}
        for name, folder in (("shard", "shards"), ("shard", "words"), ("segment", "sketches")):
            found = (re.match(r"\d+", path.name) for path in (self.path.parent / folder).glob("*"))
            last = max((int(match[0]) for match in found if match and len(match[0]) < 16), default=0)
            numbers[name] = max(last, numbers.get(name, 0))
        return numbers

    def _start_again(self, error: Exception) -> str:
        """Set the broken file aside and take over what can be read of it; return what to tell the user."""
        with self._alone():
            if self._is_sound():
                return "The catalogue was damaged and has just been repaired. Run the same command again."
            aside = self.path.with_name(f"{self.path.stem}.damaged-{time.time_ns() // 1_000_000}{self.path.suffix}")
            for end in ("", "-wal", "-shm"):  # a log left behind would be played into the new file
                with suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + end).rename(aside.with_name(aside.name + end))
        self._prepare()
        return _SALVAGED.format(aside=aside.name, count=self._salvage(aside))

    def _is_sound(self) -> bool:
        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT)) as connection:
                for table in re.findall(r"CREATE TABLE (\w+)", _SCHEMA):
                    connection.execute(f"SELECT * FROM {table}").fetchall()
                return connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return False

    def _salvage(self, aside: Path) -> int:
        """Copy what can be read of the tables worth keeping; return how many datasets that is."""
        with closing(sqlite3.connect(aside)) as old, closing(sqlite3.connect(self.path, timeout=WAIT)) as new:
            old.text_factory = lambda raw: raw.decode("utf-8", "replace")
            for table in _KEPT:
                columns = [row[1] for row in new.execute(f"PRAGMA table_info({table})")]
                readable = _has(old, table, columns)
                rows = old.execute(f"SELECT {', '.join(columns)} FROM {table}") if readable else iter(())
                marks = ", ".join("?" * len(columns))
                with suppress(sqlite3.DatabaseError, UnicodeDecodeError):  # the rest of this table cannot be read
                    for row in rows:
                        with suppress(sqlite3.IntegrityError):
                            new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
            for statement in filter(str.strip, _CONSISTENT.split(";")):
                new.execute(statement)
            new.commit()
            return new.execute("SELECT count(*) FROM dataset").fetchone()[0]

    def _alone(self) -> FileLock:
        return FileLock(self.path.with_name(f".{self.path.stem}.lock"), timeout=WAIT)

    def _unavailable(self, error: Exception) -> Unavailable:
        return Unavailable(
            f"The workspace's catalogue {self.path} cannot be used ({error}). "
            "Check that the folder can be written to and is not on a full disk."
        )


def _has(connection: sqlite3.Connection, table: str, columns: list[str]) -> bool:
    try:
        connection.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 0")
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    return True
