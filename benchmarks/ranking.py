"""Ranking many images by few and by all neurons: `python -m benchmarks.ranking [IMAGES] [NEURONS]`.

Writes made-up sketches of 10,000 images and 9,984 neurons (4.2 GB) into a temporary folder, or into the folder that
TMPDIR names, ranks them by 20 neurons from a cold disk and again, then by all neurons, prints seconds and peak
memory, and removes the file.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from dnacore.analyses.ranking import distances_to
from dnacore.dna.calibration import Calibration
from dnacore.dna.from_sketches import sketched_dna
from dnacore.neurons.selection import Selection
from dnacore.sketches import arrayfile
from dnacore.sketches.segments import KIND, QUANTILES, VERSION, bytes_per_image, open_segment
from dnacore.sketches.sketches import Sketches


def write(path: Path, images: int, neurons: int) -> list[str]:
    """Write a sketch file block by block; return the images' hashes."""
    random = np.random.default_rng(0)

    def quantiles() -> Iterator[np.ndarray]:
        for _ in range(neurons):
            centre = random.integers(100, 900, (1, images, 1))
            spread = np.arange(QUANTILES) * random.integers(1, 12)
            yield (centre + spread - spread[-1] // 2).clip(0, 999).astype(np.uint16)

    def zeros(dtype: type) -> arrayfile.Planned:
        return arrayfile.Planned(
            np.dtype(dtype), (neurons, images), lambda: (np.zeros((1, images), dtype) for _ in range(neurons))
        )

    hashes = np.arange(images * 2, dtype=np.uint64).view(np.uint8).reshape(images, 16)
    contents = {
        "quantiles": arrayfile.Planned(np.dtype(np.uint16), (neurons, images, QUANTILES), quantiles),
        "peaks": zeros(np.float32), "places": zeros(np.uint16), "means": zeros(np.float32), "hashes": hashes,
    }  # fmt: skip
    arrayfile.write(path, KIND, VERSION, contents, {})
    return [bytes(row).hex() for row in hashes]


def cold(path: Path) -> None:
    """Have the system forget what it has read of the file."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    neurons = int(sys.argv[2]) if len(sys.argv) > 2 else 9_984
    need = bytes_per_image(neurons) * images
    with tempfile.TemporaryDirectory() as folder:
        if shutil.disk_usage(folder).free < 2 * need:
            raise SystemExit(f"{folder} has too little room for {need / 1e9:.1f} GB; set TMPDIR to a larger disk.")
        path = Path(folder, "many.sketch")
        written = seconds(lambda: write(path, images, neurons))
        print(f"{images:,} images, {neurons:,} neurons, {need / 1e9:.1f} GB; written in {written:.0f} s")
        hashes = [bytes(row).hex() for row in np.arange(images * 2, dtype=np.uint64).view(np.uint8).reshape(images, 16)]
        bounds = Calibration(np.zeros(neurons), np.ones(neurons), {"layer": neurons}, "benchmark")
        sample = Sketches([open_segment(path)], hashes[:50], 1000)
        reference = sketched_dna(sample, bounds, {}, "reference")
        reference.cdf  # noqa: B018  as it is once a reference was used: kept with the DNA
        chosen = Selection.of(np.random.default_rng(1).choice(neurons, 20, replace=False))
        distances_to(sample, reference, selection=chosen)  # compiles
        del sample
        print(f"peak memory before ranking {peak():.0f} MB")

        def few(view: Sketches | None = None) -> object:
            view = view or Sketches([open_segment(path)], hashes, 1000)
            return distances_to(view, reference, selection=chosen)

        cold(path)
        print(f"20 neurons, cold, opening the file included: {seconds(few):.3f} s")
        view = Sketches([open_segment(path)], hashes, 1000)
        print(f"20 neurons, warm: {min(seconds(lambda: few(view)) for _ in range(5)):.3f} s")
        cold(path)
        print(f"all neurons, cold: {seconds(lambda: distances_to(view, reference)):.1f} s")
        print(f"all neurons, warm: {seconds(lambda: distances_to(view, reference)):.1f} s")
        print(f"peak memory {peak():.0f} MB (pages of the mapped file included)")


def peak() -> float:
    """Peak resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
