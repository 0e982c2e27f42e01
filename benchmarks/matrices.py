"""Distances between many large DNAs: `python -m benchmarks.matrices [--sets 50] [--neurons 9984]`.

Makes DNAs of differing shapes, keeps them as files, loads them again, and compares all pairs: the whole thing, not a
part of it from which the rest is reckoned. CPU time and seconds; peak memory with every histogram held.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

import dnacore as dc
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA

Found = TypeVar("Found")
BINS = 1000


def made(number: int, neurons: int) -> DNA:
    """A DNA of a thousand images with bell-shaped histograms, every set's in other places."""
    random = np.random.default_rng(number)
    middle, width = random.uniform(300, 700, (neurons, 1)), random.uniform(30, 150, (neurons, 1))
    shape = np.exp(-(((np.arange(BINS) - middle) / width) ** 2) / 2)
    counts = random.poisson(shape / shape.sum(1, keepdims=True) * 197_000)
    bounds = Calibration(np.zeros(neurons), np.ones(neurons), {"layer": neurons}, "bench")
    none = np.zeros(neurons)
    return DNA(counts, np.zeros((neurons, 2), np.int64), 1000, none, none, bounds, {}, f"set {number}")


def timed(what: str, call: Callable[[], Found]) -> Found:
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    print(f"{what:<24} {time.perf_counter() - wall:8.2f} s  {time.process_time() - cpu:8.2f} s of CPU time", flush=True)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sets", type=int, default=50)
    options.add_argument("--neurons", type=int, default=9_984)
    asked = options.parse_args()
    print(f"{asked.sets} DNAs of {asked.neurons:,} neurons and {BINS:,} bins")
    dc.pairwise([made(number, 8) for number in range(4)])  # the compiled code is ready
    with tempfile.TemporaryDirectory() as folder:
        files = [made(number, asked.neurons).save(Path(folder, str(number))) for number in range(asked.sets)]
        print(f"files                    {sum(file.stat().st_size for file in files) / 1e6:8.1f} MB")
        sets = timed("loading", lambda: [dc.load_dna(file) for file in files])
    matrix = timed("all pairs", lambda: dc.pairwise(sets)).matrix
    print(f"peak memory              {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:8.2f} GB")
    exact = timed("one pair, first time", lambda: dc.emd_avg(sets[0], sets[1]))
    timed("one pair, warm", lambda: dc.emd_avg(sets[0], sets[1]))
    print(f"matrix against one pair  {abs(matrix[0, 1] - exact):8.1e} bins apart")


if __name__ == "__main__":
    main()
