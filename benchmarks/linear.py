"""Time and disk an image as datasets grow: `python -m benchmarks.linear [1000 10000]`.

Draws tiny images, extracts each count in a process of its own through a small network (ResNet-18 at 32 pixels), and
prints CPU time and disk an image over those of the first count. At 10,000 images they may be 10 % above those at 1,000.
OpenMP's threads wait passively: beside other programs their waiting cost more than the work, and more or less of it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image


def draw(folder: Path, count: int) -> None:
    """Write `count` different JPEGs of 32 x 32."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(count):
        pixels = random.integers(0, 256, (4, 4, 3), np.uint8)
        picture = Image.fromarray(pixels).resize((32, 32), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number:06d}.jpg", quality=85)


def extract(folder: Path, home: Path) -> None:
    """Extract a folder, printing the CPU seconds of `extract` alone: kernels and network are ready before it."""
    import dnacore as dc
    from dnacore.calibration import Calibration

    extractor = dc.load_extractor("random_resnet18", "cpu", input_size=32)
    n = extractor.n_neurons
    bounds = Calibration(np.full(n, -1.0), np.full(n, 6.0), extractor.layers, extractor.fingerprint)
    first = home / "first"
    draw(first, 40)
    dc.extract(first, extractor, bounds, workspace=home / "warm")
    before = resource.getrusage(resource.RUSAGE_SELF)
    dc.extract(folder, extractor, bounds, workspace=home / "workspace")
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    if sys.argv[1:2] == ["extract"]:
        extract(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    counts = [int(text) for text in sys.argv[1:]] or [1_000, 10_000]
    print(f"{'images':>8} {'CPU ms/image':>13} {'over first':>11} {'kB/image':>9} {'over first':>11}")
    first: tuple[float, float] | None = None
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            draw(home / "images", count)
            line = [sys.executable, "-m", "benchmarks.linear", "extract", str(home / "images"), str(home)]
            quiet = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
            done = subprocess.run(line, check=True, capture_output=True, text=True, env=quiet)
            disk = sum(path.stat().st_size for path in (home / "workspace").rglob("*") if path.is_file())
        each = float(done.stdout.split()[-1]) / count * 1e3, disk / count / 1e3
        first = first or each
        grown = [here / there for here, there in zip(each, first, strict=True)]
        print(f"{count:>8} {each[0]:13.2f} {grown[0]:10.3f}x {each[1]:9.2f} {grown[1]:10.3f}x", flush=True)


if __name__ == "__main__":
    main()
