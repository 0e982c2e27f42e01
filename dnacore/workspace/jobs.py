"""Background jobs: the command line, run as a process of its own and watched through its journal on disk.

A job is a folder `jobs/ID` with `job.json` (what to run), `journal.jsonl` (one event a line) and `log.txt` (what the
process printed). The process holds `alive.lock` for as long as it lives, so that a killed one is known for what it is;
a dashboard that was restarted finds its jobs again by looking.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dnacore import atomic
from dnacore.errors import BadInput, UnknownName
from dnacore.workspace.workspace import Workspace

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # Windows has none

STARTING = 30.0  # seconds a new process may take before it holds its lock
TAIL = 1 << 16  # bytes of a journal that say how things stand: every progress line is complete in itself
RATE_WINDOW = 20.0  # seconds over which images per second are averaged
_NUMBER = re.compile("[0-9A-Za-z-]{1,80}")
_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Job:
    """What the journal says. state: running, done, failed, cancelled or interrupted (the process was killed).

    done, total: images over all datasets; images_per_second over the last seconds; seconds_left where it can be told.
    """

    id: str
    title: str
    state: str
    stage: str
    done: int
    total: int
    images_per_second: float
    seconds_left: float | None
    message: str
    started: float
    finished: float | None
    datasets: tuple[str, ...]
    rejected: int
    command: tuple[str, ...]


def start(workspace: Workspace, command: Sequence[str], title: str = "", datasets: Sequence[str] = ()) -> Job:
    """Run `python -m dnacore COMMAND` in the background. Returns at once."""
    number = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
    describe(workspace, number, command, title, datasets)
    _spawn(workspace, number)
    return job(workspace, number)


def describe(
    workspace: Workspace, number: str, command: Sequence[str], title: str = "", datasets: Sequence[str] = ()
) -> None:
    """Write down a job that is about to run: under this process or another one."""
    content = {"id": number, "command": list(command), "title": title or " ".join(command),
               "datasets": list(datasets), "created": time.time()}  # fmt: skip
    atomic.write_bytes(_folder(workspace, number) / "job.json", json.dumps(content).encode())


def resume(workspace: Workspace, number: str) -> Job:
    """Run an ended job's command again; finished shards are not extracted again. Raises BadInput while it runs."""
    if job(workspace, number).state == "running":
        raise BadInput("This job is still running.")
    _append(_folder(workspace, number), {"event": "queued"})
    _spawn(workspace, number)
    return job(workspace, number)


def cancel(workspace: Workspace, number: str) -> None:
    """Ask a running job to stop; what it finished is kept. Does nothing to one that has ended."""
    folder = _folder(workspace, number)
    if job(workspace, number).state != "running":
        return
    deadline = time.monotonic() + STARTING
    while not _alive(folder):  # it is still starting up and could not hear us yet
        if time.monotonic() > deadline or job(workspace, number).state != "running":
            return
        time.sleep(0.05)
    process = next((e.get("pid") for e in reversed(_events(folder)) if e["event"] == "started"), None)
    if isinstance(process, int) and process > 0:
        with suppress(ProcessLookupError):  # it ended by itself just now
            os.kill(process, signal.SIGTERM)


def forget(workspace: Workspace, number: str) -> None:
    """Remove an ended job's journal and log. Raises BadInput while it runs."""
    if job(workspace, number).state == "running":
        raise BadInput("This job is still running. Cancel it first.")
    shutil.rmtree(_folder(workspace, number), ignore_errors=True)


def list_jobs(workspace: Workspace) -> list[Job]:
    """All jobs, newest first. One whose description was damaged is left out."""
    found = []
    for path in sorted((workspace.root / "jobs").glob("*/job.json"), reverse=True):
        with suppress(UnknownName):  # forgotten by somebody else since we looked, or damaged
            found.append(job(workspace, path.parent.name))
    return found


def job(workspace: Workspace, number: str) -> Job:
    """One job as it stands now. Raises UnknownName."""
    folder = _folder(workspace, number)
    content = _description(folder)
    alive = _alive(folder)
    events = _events(folder, TAIL)
    last = max((i for i, e in enumerate(events) if e["event"] in ("queued", "started")), default=0)
    events = events[last:]
    seen: dict[str, Any] = {}
    for event in events:
        seen |= event
    state = {"finished": "done", "failed": "failed", "cancelled": "cancelled"}.get(seen.get("event", ""), "")
    if not state:
        begun = seen.get("event") not in (None, "queued")
        waiting = not begun and time.time() - _number(seen.get("time"), content["created"]) < STARTING
        state = "running" if alive or waiting else "interrupted"
    message = seen.get("message", "")
    if state == "interrupted":
        message = "The process was stopped from outside. What it finished is kept: resume it to go on."
    running = state == "running"
    return Job(
        number, content["title"], state, str(seen.get("stage", "starting" if running else "")),
        int(_number(seen.get("done"))), int(_number(seen.get("total"))), float(_number(seen.get("rate"))),
        _number(seen.get("left"), None) if running else None, str(message), content["created"],
        None if running else _number(seen.get("time"), content["created"]), tuple(content["datasets"]),
        int(_number(seen.get("rejected"))), tuple(content["command"]),
    )  # fmt: skip


def log(workspace: Workspace, number: str, lines: int = 200) -> str:
    """The last lines that the job's process printed."""
    path = _folder(workspace, number) / "log.txt"
    if not path.is_file():
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(deque(file, maxlen=lines))


class Journal:
    """The writing side: held by the job's own process from start to end."""

    def __init__(self, workspace: Workspace, number: str) -> None:
        self.folder = _folder(workspace, number)
        self._lock = FileLock(self.folder / "alive.lock")
        self._said = 0.0
        self._recent: deque[tuple[float, int]] = deque()
        self._last: dict[str, Any] = {}

    def __enter__(self) -> Journal:
        self._lock.acquire()
        _append(self.folder, {"event": "started", "pid": os.getpid()})
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
        self._write({"event": event, "message": message})

    def _write(self, event: dict[str, Any]) -> None:
        with suppress(OSError):  # a full disk is reported by the work itself; the journal must not hide that
            _append(self.folder, event)


def as_json(found: Job) -> dict[str, Any]:
    """A job for `--json`."""
    return asdict(found)


def _spawn(workspace: Workspace, number: str) -> None:
    folder = _folder(workspace, number)
    command = _description(folder)["command"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH", "")))),
        "PYTHONUNBUFFERED": "1",
    }
    line = [sys.executable, "-m", "dnacore", *command, "--workspace", str(workspace.root), "--job", number]
    before = len(_events(folder))
    with open(folder / "log.txt", "ab") as output:
        process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment,
            cwd=_PROJECT, start_new_session=True,
        )  # fmt: skip

    def reap() -> None:  # a process that died before it could write is noticed here
        code = process.wait()
        # Since this process was spawned, not since the job was queued last: a cancelled one may end after its successor
        # was queued, and must not speak for it.
        events = [e["event"] for e in _events(folder)[before:]]
        if code and "started" not in events and folder.is_dir():
            _append(folder, {"event": "failed", "message": "The job could not start. Its log says why."})

    threading.Thread(target=reap, name=f"job-{number}", daemon=True).start()


def _description(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / "job.json").read_bytes())
    except (OSError, ValueError) as error:
        raise UnknownName("There is no such job any more.") from error
    kinds = {"title": str, "command": list, "datasets": list, "created": (int, float)}
    if not isinstance(content, dict) or not all(isinstance(content.get(key), kind) for key, kind in kinds.items()):
        raise UnknownName("The description of this job was damaged. Start it again.")
    return content


def _number(value: object, otherwise: Any = 0) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) else otherwise


def _folder(workspace: Workspace, number: str) -> Path:
    if not _NUMBER.fullmatch(number):
        raise UnknownName("There is no such job.")
    return workspace.root / "jobs" / number


def _alive(folder: Path) -> bool:
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
        lock.acquire(timeout=0.1, poll_interval=0.01)  # longer than another watcher's look takes
    except Timeout:
        return True
    lock.release()
    return False


def _append(folder: Path, event: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "journal.jsonl", "ab") as file:  # one write of one line: readers see whole lines
        file.write(json.dumps(event | {"time": time.time()}).encode() + b"\n")


def _events(folder: Path, tail: int | None = None) -> list[dict[str, Any]]:
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
