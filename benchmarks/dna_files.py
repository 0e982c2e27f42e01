"""Size, saving and loading of a DNA of 70,000 images and 9,984 neurons: `python -m benchmarks.dna_files`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import dnacore as dc
from tests.dna.test_format import large


def best(action: Callable[[], object], times: int) -> float:
    """Seconds of the quickest of several runs."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main() -> None:
    dna = large()
    with tempfile.TemporaryDirectory() as folder:
        path = dna.save(Path(folder, "large"))
        small = dna.gaussian().save(Path(folder, "small"))
        print(f"histogram file  {path.stat().st_size / 1e6:8.2f} MB    (the paper's: 14.8)")
        print(f"Gaussian file   {small.stat().st_size / 1e3:8.1f} kB    (the paper's: 84.7)")
        print(f"saving          {best(lambda: dna.save(path), 3):8.2f} s")
        print(f"loading         {best(lambda: dc.load_dna(path), 9):8.2f} s")


if __name__ == "__main__":
    main()
