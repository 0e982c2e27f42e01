"""Measuring this machine: what extraction costs over the bare network, and how quick the interactive parts are.

Every row is {"suite", "what", "value", "unit"}. Machines are noisy: compare rows of one run. Ratios are of CPU time,
which other programs disturb least; docs/performance.md has figures with their machine and date.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.parallel import cores

NEURONS, IMAGES = 9_984, 2_000
BATCH = 32
SETS, SAMPLE = 50, 250  # datasets of a matrix, and the neurons that are measured in place of all
#: Every suite and what its rows measure.
SUITES = {
    "extract": f"Extraction: {2 * BATCH} JPEG files of 640 x 480, batch {BATCH}; the bare forward is the network alone",
    "accumulate": "Counting: CPU time for every activation of one layer, channels x places of 8 images",
    "distances": "Distances between datasets",
    "rank": "Ranking images, from the sketches kept of them",
    "start": "Starting: the wait after typing a command or opening the dashboard",
}

Rows = list[tuple[str, float, str]]
Say = Callable[[str, int, int], None]


def bench(suite: str = "all", extractor: str | None = None, say: Say | None = None) -> list[dict[str, Any]]:
    """Run one suite, or all. say(name, done, of) hears about each. Raises BadInput for an unknown one."""
    if suite not in (*SUITES, "all"):
        raise BadInput(f"There is no suite {suite!r}; choose one of {', '.join(SUITES)}.")
    chosen = tuple(SUITES) if suite == "all" else (suite,)
    runs = {
        "accumulate": _accumulate, "extract": lambda: _extract(extractor), "distances": _distances, "rank": _rank,
        "start": _start,
    }  # fmt: skip
    found = []
    for done, name in enumerate(chosen):
        if say is not None:
            say(name, done, len(chosen))
        found += [{"suite": name, "what": what, "value": value, "unit": unit} for what, value, unit in runs[name]()]
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text: a block for every suite, in columns, below a line about the machine."""
    width = max(len(row["what"]) for row in rows)
    lines = [f"This machine: {_processor()}, {cores()} cores, {platform.system()}."]
    for suite in dict.fromkeys(row["suite"] for row in rows):
        lines += ["", SUITES[suite]]
        lines += [
            f"  {row['what']:<{width}} {_shown(row['value']):>8} {row['unit']}" for row in rows if row["suite"] == suite
        ]
    return "\n".join([*lines, "", "Other programs make figures worse: compare figures of one run, ratios above all."])


def _processor() -> str:
    """The processor's name, where the system gives it."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _shown(value: float) -> str:
    """A number with three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.{1 if value >= 10 else 2 if value >= 1 else 3}f}"


def _best(call: Callable[[], object], times: int = 3, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of the quickest of several runs; one more goes before, to warm up."""
    call()
    seconds = []
    for _ in range(times):
        started = clock()
        call()
        seconds.append(clock() - started)
    return min(seconds)


def _accumulate() -> Rows:
    import torch

    from dnacore.counting.accumulator import Accumulator

    rows: Rows = []
    for channels, places in ((256, 3136), (512, 784), (1024, 196), (2048, 49), (768, 197)):
        bounds = Calibration(np.full(channels, -4.0), np.full(channels, 4.0), {"layer": channels}, "bench")
        x = torch.randn(8, channels, places)
        for order, values in (("channel-major", x), ("channel-minor", x.transpose(1, 2).contiguous().transpose(1, 2))):
            for sketches in (False, True):
                slots = range(8) if sketches else None
                with Accumulator(bounds, 8 if sketches else 0, sketches=sketches) as total:
                    seconds = _best(partial(total.add, "layer", values, slots), 3, time.process_time)
                name = f"{channels} x {places}, {order}{', with sketches' if sketches else ''}"
                rows.append((name, seconds / x.numel() * 1e9, "CPU ns/value"))
    return rows


def _extract(name: str | None) -> Rows:
    from PIL import Image

    from dnacore.extraction.batches import feed
    from dnacore.extraction.extraction import extract
    from dnacore.extractors import load_extractor
    from dnacore.extractors.registry import DEFAULT_EXTRACTOR

    started = time.perf_counter()
    extractor = load_extractor(name or DEFAULT_EXTRACTOR)
    rows: Rows = [("loading the network", time.perf_counter() - started, "s")]
    count, random = 2 * BATCH, np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder, "images")
        images.mkdir()
        for i in range(count):
            small = Image.fromarray(random.integers(0, 256, (24, 32, 3), np.uint8))
            small.resize((640, 480), Image.Resampling.BICUBIC).save(images / f"{i:03d}.jpg", quality=90)
        paths = sorted(images.iterdir())
        seconds = _best(lambda: [extractor.preprocess(p) for p in paths[:32]])
        rows.append(("decoding and resizing, one thread", 32 / seconds, "images/s"))
        batches = [batch.tensor for batch in feed(extractor, paths, BATCH) if batch.tensor is not None]

        def bare() -> None:
            for batch in batches:
                extractor.visit(batch, lambda layer, x: None)

        bare()
        bounds = Calibration(
            np.full(extractor.n_neurons, -5.0), np.full(extractor.n_neurons, 5.0), extractor.layers,
            extractor.fingerprint,
        )  # fmt: skip
        wall, cpu = _timed(bare)
        rows.append(("bare forward", count / wall, "images/s"))
        for sketches in (False, True):
            words = "with" if sketches else "without"

            def whole(s: bool = sketches, w: str = words) -> None:
                extract(images, extractor, bounds, sketches=s, workspace=Path(folder, f"workspace-{w}"))

            wall, spent = _timed(whole)
            rows.append((f"files to DNA, {words} sketches", count / wall, "images/s"))
            rows.append((f"CPU time over the bare forward, {words} sketches", spent / cpu, "x"))
    return rows


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    """(wall seconds, CPU seconds) of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def _distances() -> Rows:
    from dnacore.distances.emd import emd
    from dnacore.distances.pairwise import pairwise

    random = np.random.default_rng(0)

    def dna(name: str, neurons: int) -> DNA:
        bounds = Calibration(np.zeros(neurons), np.ones(neurons), {"layer": neurons}, "bench")
        counts, none = random.poisson(40, (neurons, 1000)), np.zeros(neurons)
        return DNA(counts, np.zeros((neurons, 2), np.int64), 2, none, none, bounds, {}, name)

    a, b = dna("a", NEURONS), dna("b", NEURONS)
    sets = [dna(f"set {i}", SAMPLE) for i in range(SETS)]
    matrix = _best(lambda: pairwise(sets)) * NEURONS / SAMPLE
    return [
        (f"EMD of two DNAs of {NEURONS:,} neurons, warm", _best(lambda: emd(a, b)) * 1e3, "ms"),
        (f"pairwise EMD of {SETS} DNAs of {NEURONS:,} neurons (from {SAMPLE} of them)", matrix, "s"),
    ]


def _rank() -> Rows:
    from dnacore.analyses.ranking import distances_to
    from dnacore.dna.from_sketches import sketched_dna
    from dnacore.neurons.selection import Selection
    from dnacore.sketches.segments import QUANTILES, Segment, SketchArrays
    from dnacore.sketches.sketches import Sketches

    random = np.random.default_rng(0)
    neurons = 1_000
    quantiles = np.sort(random.integers(0, 1000, (neurons, IMAGES, QUANTILES), np.uint16), axis=2)
    flat = np.zeros((neurons, IMAGES), np.float32)
    hashes = [f"{i:032x}" for i in range(IMAGES)]
    view = Sketches([Segment(Path(), SketchArrays(quantiles, flat, flat, flat), tuple(hashes))], hashes, 1000)
    bounds = Calibration(np.zeros(neurons), np.ones(neurons), {"layer": neurons}, "bench")
    reference = sketched_dna(view.select(np.arange(50)), bounds, {}, "reference")
    chosen = Selection.of(random.choice(neurons, 20, replace=False))
    each = _best(lambda: distances_to(view, reference)) / (neurons * IMAGES) * 1e9
    few = _best(lambda: distances_to(view, reference, selection=chosen)) * 1e3
    return [
        (f"ranking {IMAGES:,} images by 20 neurons", few, "ms"),
        ("ranking by all neurons, per image and neuron", each, "ns"),
    ]


def _start() -> Rows:
    """How long a new process takes to answer `--help`, and to import the dashboard."""
    root = Path(__file__).parents[2]
    lines = [("--help", [sys.executable, "-m", "dnacore", "--help"])]
    if (root / "app.py").is_file():
        lines.append(("importing the dashboard", [sys.executable, "-c", "import app"]))

    def run(line: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(line, cwd=root, capture_output=True, check=True)

    return [(f"start-up: {what}", _best(run(line)), "s") for what, line in lines]
