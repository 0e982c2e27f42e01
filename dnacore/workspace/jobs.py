"""Background jobs: the command line, run as a process of its own and watched through its journal on disk.

A job is a folder `jobs/ID` with `job.json` (what to run), `journal.jsonl` (one event a line) and `log.txt` (what the
process printed). The process holds `alive.lock` for as long as it lives, so that a killed one is known for what it is;
a dashboard that was restarted finds its jobs again by looking.
"""

from __future__ import annotations

import json
import os
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

from dnacore import atomic
from dnacore.errors import BadInput, UnknownName
from dnacore.paths import discard_folder
from dnacore.workspace.journal import TAIL, append, events_of, folder_of, is_alive, of_this_run
from dnacore.workspace.workspace import Workspace

MOST_KNOWN = 10_000  # ended jobs kept in memory, so that watching hundreds of them only looks at each file's time
_ended: dict[Path, tuple[tuple[int, ...], Job]] = {}
STOPPING = "stopping"
STARTING = 30.0  # seconds a new process may take before it holds its lock
_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Job:
    """What the journal says. state: running, done, failed, cancelled or interrupted (the process was killed).

    A job that was asked to stop is running, at the stage `STOPPING`, until its process has ended.
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
    atomic.write_bytes(folder_of(workspace, number) / "job.json", json.dumps(content).encode())


def resume(workspace: Workspace, number: str) -> Job:
    """Run an ended job's command again; finished shards are not extracted again. Raises BadInput while it runs."""
    if job(workspace, number).state == "running":
        raise BadInput("This job is still running.")
    append(folder_of(workspace, number), {"event": "queued"})
    _spawn(workspace, number)
    return job(workspace, number)


def cancel(workspace: Workspace, number: str) -> None:
    """Ask a running job to stop; what it finished is kept. Does nothing to one that has ended."""
    folder = folder_of(workspace, number)
    if job(workspace, number).state != "running":
        return
    deadline = time.monotonic() + STARTING
    process = None
    # A job that is still starting cannot be told yet: the process number on record is of its last run.
    while process is None or not is_alive(folder):
        if time.monotonic() > deadline or job(workspace, number).state != "running":
            return
        started = (e.get("pid") for e in reversed(of_this_run(events_of(folder))) if e["event"] == "started")
        process = next(started, None)
        if process is None or not is_alive(folder):
            time.sleep(0.05)
    if isinstance(process, int) and process > 0:
        append(folder, {"event": STOPPING})
        with suppress(ProcessLookupError):  # it ended by itself just now
            os.kill(process, signal.SIGTERM)


def forget(workspace: Workspace, number: str) -> None:
    """Remove an ended job's journal and log. Raises BadInput while it runs."""
    if job(workspace, number).state == "running":
        raise BadInput("This job is still running. Cancel it first.")
    discard_folder(folder_of(workspace, number))


def list_jobs(workspace: Workspace) -> list[Job]:
    """All jobs, newest first. One whose description was damaged is left out."""
    found = []
    for path in sorted((workspace.root / "jobs").glob("*/job.json"), reverse=True):
        with suppress(UnknownName):  # forgotten by somebody else since we looked, or damaged
            found.append(job(workspace, path.parent.name))
    return found


def job(workspace: Workspace, number: str) -> Job:
    """One job as it stands now. Raises UnknownName."""
    folder = folder_of(workspace, number)
    now = _stamp(folder)
    known = _ended.get(folder)
    if known is not None and known[0] == now:  # its journal, which only a new run writes on, is as it was
        return known[1]
    found = _read(folder, number)
    if found.state in ("done", "failed", "cancelled") and not is_alive(folder):
        if len(_ended) >= MOST_KNOWN:
            _ended.clear()
        _ended[folder] = now, found
    return found


def _stamp(folder: Path) -> tuple[int, ...]:
    """What changes whenever a job's description or journal does."""
    found: list[int] = []
    for name in ("job.json", "journal.jsonl"):
        with suppress(OSError):
            about = os.stat(folder / name)
            found += [about.st_size, about.st_mtime_ns, about.st_ino]
    return tuple(found)


def _read(folder: Path, number: str) -> Job:
    content = _description(folder)
    alive = is_alive(folder)
    events = events_of(folder, TAIL)
    last = max((i for i, e in enumerate(events) if e["event"] in ("queued", "started")), default=0)
    events = events[last:]
    seen: dict[str, Any] = {}
    for event in events:
        if event["event"] != STOPPING:  # may come after the end of a job that ended by itself at that moment
            seen |= event
    state = {"finished": "done", "failed": "failed", "cancelled": "cancelled"}.get(seen.get("event", ""), "")
    stopping = any(e["event"] in (STOPPING, "cancelled") for e in events)
    if alive and state == "cancelled":  # it has reported its end and is still cleaning up
        state = "running"
    if not state:
        begun = seen.get("event") not in (None, "queued")
        # a time in the future was written before the clock was corrected
        waiting = not begun and abs(time.time() - _number(seen.get("time"), content["created"])) < STARTING
        state = "running" if alive or waiting else "interrupted"
    message = seen.get("message", "")
    if state == "interrupted":
        message = "The process was stopped from outside. What it finished is kept: resume it to go on."
    running = state == "running"
    return Job(
        number, content["title"], state, STOPPING if running and stopping else str(seen.get("stage", "starting" if running else "")),
        int(_number(seen.get("done"))), int(_number(seen.get("total"))), float(_number(seen.get("rate"))),
        _number(seen.get("left"), None) if running else None, str(message), content["created"],
        None if running else _number(seen.get("time"), content["created"]), tuple(content["datasets"]),
        int(_number(seen.get("rejected"))), tuple(content["command"]),
    )  # fmt: skip


def log(workspace: Workspace, number: str, lines: int = 200) -> str:
    """The last lines that the job's process printed."""
    path = folder_of(workspace, number) / "log.txt"
    if not path.is_file():
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(deque(file, maxlen=lines))


def as_json(found: Job) -> dict[str, Any]:
    """A job for `--json`."""
    return asdict(found)


def _spawn(workspace: Workspace, number: str) -> None:
    folder = folder_of(workspace, number)
    command = _description(folder)["command"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH", "")))),
        "PYTHONUNBUFFERED": "1",
    }
    line = [sys.executable, "-m", "dnacore", *command, "--workspace", str(workspace.root), "--job", number]
    before = len(events_of(folder))
    with open(folder / "log.txt", "ab") as output:
        process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment,
            cwd=_PROJECT, start_new_session=True,
        )  # fmt: skip

    def reap() -> None:  # a process that died before it could write is noticed here
        code = process.wait()
        # Since this process was spawned, not since the job was queued last: a cancelled one may end after its successor
        # was queued, and must not speak for it.
        events = [e["event"] for e in events_of(folder)[before:]]
        if code and "started" not in events and folder.is_dir():
            append(folder, {"event": "failed", "message": "The job could not start. Its log says why."})

    threading.Thread(target=reap, name=f"job-{number}", daemon=True).start()


def _description(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / "job.json").read_bytes())
    except (OSError, ValueError) as error:
        raise UnknownName("There is no such job any more.") from error
    kinds: dict[str, Any] = {"title": str, "command": list, "datasets": list, "created": (int, float)}
    if not isinstance(content, dict) or not all(isinstance(content.get(key), kind) for key, kind in kinds.items()):
        raise UnknownName("The description of this job was damaged. Start it again.")
    return content


def _number(value: object, otherwise: Any = 0) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) else otherwise
