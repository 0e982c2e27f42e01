"""Drawing ahead: a process of its own draws the demo's images while another one looks at those that are there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from dnacore.demo.album import ATTRIBUTES_FILE, draw
from dnacore.demo.datasets import demo_dataset

PROJECT = Path(__file__).resolve().parents[2]
LOOK_EVERY = 0.05  # seconds


class Ahead:
    """A process that draws datasets one after the other, each into `folder / name`; it ends with the `with` block.

    It only saves time: what it has not drawn, or could not, `finish` draws itself.
    """

    def __init__(self, names: Sequence[str], folder: Path) -> None:
        self._folder = Path(folder)
        self._line = [sys.executable, "-m", "dnacore.demo", str(self._folder), *names]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Ahead:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._line, cwd=PROJECT, stdin=quiet, stdout=quiet, stderr=quiet)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def finish(self, name: str, progress: Callable[[int, int], None]) -> Path:
        """Wait until a dataset is drawn and return the path of its `attributes.csv`.

        progress: called with (drawn, total) again and again; what it raises ends the waiting.
        """
        folder, total = self._folder / name, demo_dataset(name).count
        while not (folder / ATTRIBUTES_FILE).is_file() and self._process is not None and self._process.poll() is None:
            progress(_drawn(folder), total)
            time.sleep(LOOK_EVERY)
        return draw(name, folder, progress=progress)


def _drawn(folder: Path) -> int:
    try:
        return sum(name.endswith(".jpg") for name in os.listdir(folder))
    except FileNotFoundError:
        return 0
