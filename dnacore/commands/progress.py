"""What a running command reports: progress to the terminal and a job's journal, unforeseen errors to the log."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import uuid
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dnacore.errors import DnaError
from dnacore.paths import absolute, shown
from dnacore.workspace import jobs
from dnacore.workspace.datasets import parse_part
from dnacore.workspace.journal import Journal
from dnacore.workspace.workspace import Workspace


class Reporter:
    """Reports progress: as a line on the terminal, and in the journal when this is a background job."""

    def __init__(self, journal: Journal | None, quiet: bool) -> None:
        self._journal = journal
        self._line = not quiet and sys.stderr.isatty()
        self._open = False

    def progress(self, stage: str, done: int, total: int, rejected: int = 0, dataset: str = "") -> None:
        words = f"{stage} {dataset}".strip()
        if self._journal is not None:
            self._journal.progress(words, done, total, rejected)
        if self._line:
            print(f"\r\x1b[K{shown(words)}: {done:,} of {total:,}", end="", file=sys.stderr, flush=True)
            self._open = True

    def end(self, event: str, message: str) -> None:
        if self._open:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        if self._journal is not None:
            self._journal.end(event, message)


@contextmanager
def reporter(options: Namespace) -> Iterator[Reporter]:
    """A reporter for one command. An extraction is listed among the jobs, even when it was started from a terminal."""
    number = options.job
    if number is None and options.command in ("extract", "calibrate"):
        workspace = Workspace.open(options.workspace)
        number = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
        names = [str(name) for name in options.names]
        title = f"{'Extracting' if options.command == 'extract' else 'Measuring the ranges on'} {', '.join(names)}"
        jobs.describe(workspace, number, as_command(workspace, options), title, names)
    if number is None:
        yield Reporter(None, options.quiet or options.json)
        return
    with Journal(Workspace.open(options.workspace), number) as journal:
        yield Reporter(journal, options.quiet or options.json)


def keep_details(options: Namespace, problem: Exception) -> str:
    """Write the traceback of an unforeseen error into the workspace's log; return one sentence about it."""
    details = "".join(traceback.format_exception(problem))
    if options.job:
        print(details, file=sys.stderr)
    what = f"{type(problem).__name__}: {problem}"
    sentence = f"Something went wrong that was not foreseen ({what}). What was finished is kept"
    try:
        path = Workspace.open(options.workspace).root / "errors.log"
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {options.command}\n{details}\n")
    except (DnaError, OSError):  # a full disk, perhaps the very cause
        return f"{sentence}."
    return f"{sentence}; the details are in {path}."


class Overall:
    """Adds up the progress of several datasets: done so far over all images there are."""

    def __init__(self, say: Reporter, total: int = 0) -> None:
        self._say, self._total, self._before = say, total, 0

    def __call__(self, progress: Any) -> None:
        if progress.stage == "extracting":
            total = max(self._total, self._before + progress.total)
            self._say.progress(progress.stage, self._before + progress.done, total, progress.rejected, progress.dataset)
        else:
            self._say.progress(progress.stage, progress.done, progress.total, progress.rejected, progress.dataset)

    def show(self, stage: str, name: str, done: int, total: int) -> None:
        self._say.progress(stage, self._before + done, max(self._total, self._before + total), dataset=name)

    def next(self, images: int) -> None:
        self._before += images


def as_command(workspace: Workspace, options: Namespace) -> list[str]:
    """The command line again, for resuming a job that was started from a terminal in whatever folder."""
    known = {d.name for d in workspace.datasets()}
    names = [
        str(absolute(name)) if os.path.exists(absolute(name)) and not {name, parse_part(name)[0]} & known else name
        for name in map(str, options.names)
    ]
    line = [options.command, *([options.name] if options.command == "calibrate" else []), *names]
    for name in ("extractor", "device", "precision", "batch_size", "calibration", "bins", "architecture", "prepare"):
        value = getattr(options, name, None)
        if value not in (None, "auto", "fp32"):
            file = name in ("calibration", "extractor") and absolute(value).is_file()
            line += [f"--{name.replace('_', '-')}", str(absolute(value) if file else value)]
    if options.arguments:
        line += ["--arguments", json.dumps(options.arguments)]
    if layers := getattr(options, "covariance", None):
        line += ["--covariance", *layers]
    switches = {"no_sketches": "--no-sketches", "download": "--download", "extract": "--extract"}
    return line + [switch for name, switch in switches.items() if getattr(options, name, False)]
