"""What half precision does to distances: `python -m benchmarks.precision EXTRACTOR A B [A B ...] [--images 60]`.

For every pair of folders, under the same activation ranges (measured in fp32): the distance in fp32, in bf16 and in
fp16, and their difference as a share of what counts, emd_avg(A, B) - emd_avg(two halves of A). At most 1 % is wanted.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import dnacore as dc
from dnacore.counting.accumulator import Accumulator
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.extraction.batches import feed
from dnacore.extraction.calibrate import measure
from dnacore.extractors import Extractor, load_extractor
from dnacore.images.files import find_images


def images_of(folder: Path, count: int) -> list[Path]:
    """Up to `count` images, spread evenly over the folder."""
    found = [folder / file.path for file in find_images(folder)[0]]
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, count).astype(int))]


def dna_of(paths: list[Path], extractor: Extractor, bounds: Calibration, name: str) -> DNA:
    """The DNA of some files."""
    with Accumulator(bounds, 0, sketches=False) as total:
        for batch in feed(extractor, paths, 32):
            extractor.visit(batch.tensor, total.add, widen=False)
            total.count_images(len(batch.kept))
        found = total.distributions()
    return DNA(
        found.histograms, found.outside, found.images, found.mean, found.deviations, bounds, extractor.spec, name
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("extractor")
    options.add_argument("folders", nargs="+", type=Path, help="A B, A B, ...")
    options.add_argument("--images", type=int, default=60, help="of every folder")
    options.add_argument("--device", default="auto")
    options.add_argument("--precisions", nargs="+", default=["bf16", "fp16"])
    asked = options.parse_args()
    if len(asked.folders) % 2:
        options.error("give an even number of folders: A B, A B, ...")
    paths = {folder: images_of(folder, asked.images) for folder in dict.fromkeys(asked.folders)}
    exact = load_extractor(asked.extractor, asked.device)
    bounds = measure(exact, [path for some in paths.values() for path in some])
    found: dict[str, dict[str, DNA]] = {}
    for precision in ("fp32", *asked.precisions):
        extractor = exact if precision == "fp32" else load_extractor(asked.extractor, asked.device, precision)
        ranges = replace(bounds, extractor=extractor.fingerprint)
        found[precision] = {str(folder): dna_of(some, extractor, ranges, folder.name) for folder, some in paths.items()}
        if precision == "fp32":
            for folder, some in paths.items():
                for half in (0, 1):
                    found[precision][f"{folder}/{half}"] = dna_of(some[half::2], extractor, ranges, f"half {half}")
    others = "".join(f" {precision:>8} {'share':>8}" for precision in asked.precisions)
    print(f"{'pair':<28} {'images':>9} {'fp32':>8} {'halves':>8}{others}")
    for a, b in zip(asked.folders[::2], asked.folders[1::2], strict=True):
        distance = dc.emd_avg(found["fp32"][str(a)], found["fp32"][str(b)])
        halves = dc.emd_avg(found["fp32"][f"{a}/0"], found["fp32"][f"{a}/1"])
        line = f"{a.name + ' / ' + b.name:<28} {len(paths[a]):>4}/{len(paths[b]):<4} {distance:8.3f} {halves:8.3f}"
        for precision in asked.precisions:
            other = dc.emd_avg(found[precision][str(a)], found[precision][str(b)])
            line += f" {other:8.3f} {abs(other - distance) / (distance - halves):8.2%}"
        print(line)


if __name__ == "__main__":
    main()
