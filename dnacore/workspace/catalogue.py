"""The workspace's catalogue: a SQLite file that says which datasets, shards and selections there are.

Every change is one transaction, so a killed process leaves the catalogue as it was before or after it. A connection is
opened for each use: threads and processes never share one. Reading needs no file beside it, so that it works on a full
disk and in a folder that cannot be written to. A file that turns out to be broken, empty or gone is made again from its
backup or from what can still be read of it (see `salvage`).
"""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock

from dnacore.errors import Damaged, Unavailable, UnknownName
from dnacore.workspace.schema import TABLES, UPGRADES, VERSION, statements
from dnacore.workspace.upkeep import salvage

WAIT = 30.0  # seconds to wait for another process's change


class Catalogue:
    """One SQLite file and how to reach it."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. What had to be done to one that is broken or lost is said in `notice`."""
        self.path = path
        self.notice = ""
        try:
            if salvage.is_lost(path):
                self.notice = self._find_again()
            elif self._version() != VERSION:
                self._prepare()
        except sqlite3.OperationalError as error:
            raise self._unavailable(error) from error
        except sqlite3.DatabaseError:
            self.notice = self._start_again()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for queries; rows can be read by column name. Raises Unavailable, Damaged."""
        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.IntegrityError as error:
            if "FOREIGN KEY" in str(error):  # a dataset was removed while another process was at work on it
                raise UnknownName("What this belongs to was removed in the meantime. Add it again to go on.") from error
            raise
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.OperationalError as error:
            if "decode" in str(error) or "no such" in str(error):  # invalid UTF-8, missing tables
                raise Damaged(self._start_again()) from error
            raise self._unavailable(error) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise Damaged(self._start_again()) from error

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """All rows of one query. Raises as `reading` does."""
        with self.reading() as db:
            return db.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> sqlite3.Row | None:
        """The first row of one query; None without any. Raises as `reading` does."""
        with self.reading() as db:
            return db.execute(query, values).fetchone()

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

    def back_up(self) -> None:
        """Keep a copy beside the catalogue, from which a lost one is made again."""
        salvage.back_up(self.path)

    def born(self) -> float:
        """When this catalogue was made, or made again: files from before may belong to one that is lost."""
        row = self.row("SELECT last FROM number WHERE name = 'born'")
        return float(row["last"]) if row else 0.0

    def has_been_used(self) -> bool:
        """Whether there ever was a dataset, removed ones included."""
        return self.row("SELECT 1 FROM sqlite_sequence WHERE name = 'dataset' AND seq > 0") is not None

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
            # Not the write-ahead log: to read it, files must be made beside it, which a full disk does not allow.
            connection.execute("PRAGMA journal_mode = DELETE")
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == VERSION:
                    return  # another process did it first
                scripts = [TABLES] if version == 0 else [UPGRADES[v] for v in range(version, VERSION)]
                for statement in (one for script in scripts for one in statements(script)):
                    try:
                        connection.execute(statement)
                    except sqlite3.OperationalError as error:
                        if "duplicate column" not in str(error):
                            raise
                numbers = {"catalogue": random.SystemRandom().getrandbits(48), **_numbers(self.path.parent)}
                numbers["born"] *= version == 0  # an upgraded catalogue already names every file
                connection.executemany("INSERT OR IGNORE INTO number VALUES (?,?)", numbers.items())
                connection.execute(f"PRAGMA user_version = {VERSION}")

    def _start_again(self) -> str:
        """Set the broken file aside and take over what can be read of it; return what to tell the user."""
        with self._alone():
            if self._is_sound():
                return "The catalogue was damaged and has just been repaired. Run the same command again."
            aside = salvage.set_aside(self.path)
        self._prepare()
        return salvage.take_over(self.path, aside)

    def _find_again(self) -> str:
        """Make a lost catalogue again, from its backup where there is one; return what to tell the user."""
        with self._alone():
            if not salvage.is_lost(self.path):
                return "The catalogue was lost and has just been restored."
            restored = salvage.restore(self.path, _numbers(self.path.parent))
        if self._version() != VERSION:
            self._prepare()
        return restored

    def _is_sound(self) -> bool:
        try:
            return salvage.is_sound(self.path)
        except sqlite3.OperationalError as error:
            raise self._unavailable(error) from error

    def _alone(self) -> FileLock:
        return FileLock(self.path.with_name(f".{self.path.stem}.lock"), timeout=WAIT)

    def _unavailable(self, error: Exception) -> Unavailable:
        return Unavailable(
            f"The workspace's catalogue {self.path} cannot be used ({error}). "
            "Check that the folder can be written to and is not on a full disk."
        )


def _numbers(root: Path) -> dict[str, int]:
    """The last numbers used, by files of an earlier catalogue too, and when this catalogue was made."""
    numbers = {"born": int(time.time())}
    for name, folder in (("shard", "shards"), ("shard", "words"), ("segment", "sketches")):
        found = (re.match(r"\d+", path.name) for path in (root / folder).glob("*"))
        last = max((int(match[0]) for match in found if match and len(match[0]) < 16), default=0)
        numbers[name] = max(last, numbers.get(name, 0))
    return numbers
