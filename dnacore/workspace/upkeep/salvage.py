"""Rescuing a catalogue that is broken, empty or gone: from what can still be read, and from its backup."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from dnacore import atomic
from dnacore.errors import Unavailable
from dnacore.workspace.schema import CONSISTENT, KEPT, TABLES, statements

WAIT = 30.0
_TRACES = ("shards", "sketches", "dna", "calibrations")  # what only a workspace with a catalogue can have
_SALVAGED = (
    "The catalogue was damaged and has been set aside as {aside}; {count} datasets in it could be read and are in the "
    "new one. Your images are untouched. Run the same command again, and add datasets that are missing."
)
_RESTORED = (
    "The catalogue of this workspace was gone or empty. It was made again from the backup of {when}, with {count} "
    "datasets; add those that came after it. Your images are untouched, and nothing that was extracted was deleted."
)
_LOST = (
    "The catalogue of this workspace was gone or empty, and so is its backup, so a new one was begun. Your images are "
    "untouched, and what was extracted before is kept: put the catalogue back, or add the datasets again."
)


def backup_of(path: Path) -> Path:
    """The path of a catalogue's backup."""
    return path.with_name(f"{path.stem}.backup{path.suffix}")


def is_lost(path: Path) -> bool:
    """Whether the catalogue is missing or empty although the workspace has been used."""
    if path.exists() and path.stat().st_size > 0:
        return False
    if backup_of(path).is_file():
        return True
    return any(next((path.parent / name).glob("*"), None) is not None for name in _TRACES)


def is_sound(path: Path) -> bool:
    """Whether every table can be read and SQLite finds nothing wrong. Raises OperationalError where that cannot be told."""
    try:
        with closing(sqlite3.connect(path, timeout=WAIT)) as connection:
            for table in re.findall(r"CREATE TABLE (\w+)", TABLES):
                connection.execute(f"SELECT * FROM {table}").fetchall()
            return connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    except sqlite3.OperationalError as error:
        if "no such" in str(error) or "decode" in str(error):
            return False
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False


def back_up(path: Path) -> None:
    """Copy the catalogue to its backup, whole or not at all. If that fails, the older backup stays."""
    with suppress(Unavailable, sqlite3.OperationalError, OSError, MemoryError):
        with closing(sqlite3.connect(path, timeout=WAIT)) as connection:
            content = connection.serialize()
        atomic.write_bytes(backup_of(path), content)


def restore(path: Path, numbers: Mapping[str, int]) -> str:
    """Put the backup in the catalogue's place where it is sound; return what to tell the user.

    numbers: how far the files that lie here are numbered; later ones go on behind them, so that none is taken for another.
    """
    backup = backup_of(path)
    for end in ("", "-wal", "-shm", "-journal"):  # SQLite would apply a leftover log to the new file
        path.with_name(path.name + end).unlink(missing_ok=True)
    if not backup.is_file() or not is_sound(backup):
        return _LOST
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(backup.read_bytes())
        connection.executemany(
            "INSERT INTO number VALUES (?,?) ON CONFLICT (name) DO UPDATE SET last = max(last, excluded.last)",
            numbers.items(),
        )
        connection.commit()
        count = connection.execute("SELECT count(*) FROM dataset").fetchone()[0]
        content = connection.serialize()
    atomic.write_bytes(path, content)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(backup.stat().st_mtime))
    return _RESTORED.format(when=when, count=count)


def set_aside(path: Path) -> Path:
    """Move a broken catalogue and its logs out of the way; return where it lies now."""
    aside = path.with_name(f"{path.stem}.damaged-{time.time_ns() // 1_000_000}{path.suffix}")
    for end in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    return aside


def take_over(path: Path, aside: Path) -> str:
    """Copy what can be read of a broken catalogue, then what only the backup has; return what to tell the user."""
    with closing(sqlite3.connect(path, timeout=WAIT)) as new:
        for source in (aside, backup_of(path)):
            if source.is_file():
                with closing(sqlite3.connect(source)) as old, suppress(sqlite3.DatabaseError):
                    _copy(old, new)
        for statement in statements(CONSISTENT):
            new.execute(statement)
        new.commit()
        count = new.execute("SELECT count(*) FROM dataset").fetchone()[0]
    return _SALVAGED.format(aside=aside.name, count=count)


def _copy(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Copy the tables worth keeping. A row that is there already stays."""
    old.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for table in KEPT:
        wanted = [found[1] for found in new.execute(f"PRAGMA table_info({table})")]
        columns = _columns(old, table, wanted)
        if not columns:
            continue
        into = f"{table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        with suppress(sqlite3.DatabaseError, UnicodeDecodeError):  # the rest of the table is unreadable
            for row in old.execute(f"SELECT {', '.join(columns)} FROM {table}"):
                with suppress(sqlite3.IntegrityError):
                    new.execute(f"INSERT OR IGNORE INTO {into}", row)


def _columns(connection: sqlite3.Connection, table: str, wanted: list[str]) -> list[str]:
    """Which of these columns a table of another version has; none where it cannot be read."""
    try:
        have = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        columns = [column for column in wanted if column in have]
        if columns:
            connection.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 0")
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return []
    return columns
