"""A job's journal on disk: one event a line, and a lock that its process holds for as long as it lives."""

from __future__ import annotations

import json
import os
import re
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dnacore.errors import UnknownName
from dnacore.workspace.workspace import Workspace

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # Windows has none

MOST_SAID = 8_000  # letters of a job's last message, of which JSON may make six bytes each
TAIL = 1 << 16  # bytes of a journal that say how things stand: every progress line is complete in itself
RATE_WINDOW = 20.0  # seconds over which images per second are averaged
_NUMBER = re.compile("[0-9A-Za-z-]{1,80}")


class Journal:
    """The writing side: held by the job's own process from start to end."""

    def __init__(self, workspace: Workspace, number: str) -> None:
        self.folder = folder_of(workspace, number)
        self._lock = FileLock(self.folder / "alive.lock")
        self._said = 0.0
        self._recent: deque[tuple[float, int]] = deque()
        self._last: dict[str, Any] = {}

    def __enter__(self) -> Journal:
        self._lock.acquire()
        append(self.folder, {"event": "started", "pid": os.getpid()})
        return self

    def __exit__(self, *_: object) -> None:
        if self._last:
            self._write(self._last)
        self._lock.release()

    def progress(self, stage: str, done: int, total: int, rejected: int = 0) -> None:
        """Say where the work stands; written down at most twice a second."""
        now = time.monotonic()
        if self._recent and done < self._recent[-1][1]:
            self._recent.clear()
        self._recent.append((now, done))
        while now - self._recent[0][0] > RATE_WINDOW and len(self._recent) > 2:
            self._recent.popleft()
        (t0, d0), (t1, d1) = self._recent[0], self._recent[-1]
        rate = (d1 - d0) / (t1 - t0) if t1 > t0 else 0.0
        left = (total - done) / rate if rate > 0 else None
        event = {"event": "progress", "stage": stage, "done": done, "total": total, "rejected": rejected,
                 "rate": round(rate, 2), "left": None if left is None else round(left, 1)}  # fmt: skip
        if now - self._said >= 0.5 or stage != self._last.get("stage", stage):
            self._write(event)
            self._said, self._last = now, {}
        else:
            self._last = event

    def end(self, event: str, message: str = "") -> None:
        """Say how it ended: finished, failed or cancelled."""
        if self._last:
            self._write(self._last)
            self._last = {}
        # Whole within what is read of a journal: a job over a thousand datasets has a line to say of each.
        told = message if len(message) <= MOST_SAID else f"{message[:MOST_SAID]}…"
        self._write({"event": event, "message": told})

    def _write(self, event: dict[str, Any]) -> None:
        with suppress(OSError):  # a full disk is reported by the work itself; the journal must not hide that
            append(self.folder, event)


def folder_of(workspace: Workspace, number: str) -> Path:
    """Where a job is kept. Raises UnknownName for what cannot be a job's number."""
    if not _NUMBER.fullmatch(number):
        raise UnknownName("There is no such job.")
    return workspace.root / "jobs" / number


def is_alive(folder: Path) -> bool:
    """Whether a process holds the job's lock. On Unix asked with a shared lock, so that watchers never see each other."""
    if not (folder / "alive.lock").exists():
        return False
    if fcntl is not None:
        with suppress(FileNotFoundError), open(folder / "alive.lock", "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False
    lock = FileLock(folder / "alive.lock")
    try:
        lock.acquire(timeout=0.1, poll_interval=0.01)  # longer than another watcher holds it
    except Timeout:
        return True
    lock.release()
    return False


def append(folder: Path, event: dict[str, Any]) -> None:
    """Write one event down."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "journal.jsonl", "ab") as file:  # one write of one line: readers see whole lines
        file.write(json.dumps(event | {"time": time.time()}).encode() + b"\n")


def events_of(folder: Path, tail: int | None = None) -> list[dict[str, Any]]:
    """The events of a journal, or of its last `tail` bytes; lines that were cut short are left out."""
    try:
        with open(folder / "journal.jsonl", "rb") as file:
            if tail is not None:
                file.seek(max(0, file.seek(0, os.SEEK_END) - tail))
            lines = file.read().splitlines()
    except OSError:
        return []
    events = []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:  # a line cut short by a crash says nothing
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            events.append(event)
    return events


def of_this_run(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events since the job was last queued; those of earlier runs no longer count."""
    queued = max((i for i, event in enumerate(events) if event["event"] == "queued"), default=-1)
    return events[queued + 1 :]
