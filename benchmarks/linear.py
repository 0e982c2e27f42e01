"""Time and disk an image as datasets grow: `python -m benchmarks.linear [1000 10000]`.

Draws tiny images, extracts each count in a process of its own through a small network (ResNet-18 at 32 pixels), and
prints CPU time and disk an image over those of the first count. At 10,000 images they may be 10 % above those at 1,000.

Other programs make the same work cost up to half as much CPU time again, now more and now less. So a fixed piece of
work, a sort, is done after every 250 images, and time is compared in sorts. OpenMP's threads wait passively: beside
other programs their waiting cost more than the work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import dnacore as dc
from benchmarks.drawing import smooth
from dnacore.dna.calibration import Calibration
from dnacore.extraction.progress import Progress

TINY = (32, 32), (4, 4), 85


class Yardstick:
    """Sorts the same numbers again and again, whenever an extraction has come `every` images further."""

    def __init__(self, every: int = 250) -> None:
        self._numbers = np.random.default_rng(0).random(1_000_000, np.float32)
        self._every, self._next = every, 0
        self.seconds, self.times = 0.0, 0

    def __call__(self, progress: Progress) -> None:
        if progress.stage != "extracting" or progress.done < self._next:
            return
        self._next = progress.done + self._every
        started = time.thread_time()
        np.sort(self._numbers)
        self.seconds += time.thread_time() - started
        self.times += 1


def extract(folder: Path, home: Path) -> None:
    """Extract a folder, printing the CPU seconds of `extract` alone, and of one sort beside it.

    Kernels and network are ready before it.
    """
    extractor = dc.load_extractor("random_resnet18", "cpu", input_size=32)
    n = extractor.n_neurons
    bounds = Calibration(np.full(n, -1.0), np.full(n, 6.0), extractor.layers, extractor.fingerprint)
    first = home / "first"
    smooth(first, 40, *TINY)
    dc.extract(first, extractor, bounds, workspace=home / "warm")
    yardstick = Yardstick()
    before = time.process_time()
    dc.extract(folder, extractor, bounds, workspace=home / "workspace", progress=yardstick)
    print(time.process_time() - before - yardstick.seconds, yardstick.seconds / yardstick.times)


def main() -> None:
    if sys.argv[1:2] == ["extract"]:
        extract(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    counts = [int(text) for text in sys.argv[1:]] or [1_000, 10_000]
    print(f"{'images':>8} {'CPU ms/image':>13} {'sorts/image':>12} {'to first':>9} {'kB/image':>9} {'to first':>9}")
    first: tuple[float, float] | None = None
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            smooth(home / "images", count, *TINY)
            line = [sys.executable, "-m", "benchmarks.linear", "extract", str(home / "images"), str(home)]
            quiet = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
            done = subprocess.run(line, check=True, capture_output=True, text=True, env=quiet)
            disk = sum(path.stat().st_size for path in (home / "workspace").rglob("*") if path.is_file())
        cpu, sort = (float(word) for word in done.stdout.split()[-2:])
        each = cpu / sort / count, disk / count / 1e3
        first = first or each
        grown = [here / there for here, there in zip(each, first, strict=True)]
        row = f"{count:>8} {cpu / count * 1e3:13.2f} {each[0]:12.4f} {grown[0]:8.3f}x {each[1]:9.2f} {grown[1]:8.3f}x"
        print(row, flush=True)


if __name__ == "__main__":
    main()
