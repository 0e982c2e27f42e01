"""Measuring this machine: what extraction costs over the bare network, and how quick the interactive parts are.

Every row is {"suite", "what", "value", "unit"}. Machines are noisy: compare rows of one run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .calibration import Calibration
from .dna import DNA
from .errors import BadInput

SUITES = ("accumulate", "extract", "distances", "rank")
NEURONS, IMAGES = 9_984, 2_000


def bench(suite: str = "all", extractor: str | None = None) -> list[dict[str, Any]]:
    """Run one suite, or all of them. Raises BadInput for a suite that there is not."""
    if suite not in (*SUITES, "all"):
        raise BadInput(f"There is no suite {suite!r}; choose one of {', '.join(SUITES)}.")
    chosen = SUITES if suite == "all" else (suite,)
    runs = {"accumulate": _accumulate, "extract": lambda: _extract(extractor), "distances": _distances, "rank": _rank}
    return [{"suite": name, "what": what, "value": value, "unit": unit} for name in chosen for what, value, unit in runs[name]()]


Rows = list[tuple[str, float, str]]


def _best(call: Callable[[], object], times: int = 3) -> float:
    """Seconds of the quickest of several runs; one more goes before, to warm up."""
    call()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _accumulate() -> Rows:
    import torch

    from .accumulate import Accumulator

    rows: Rows = []
    for channels, places in ((256, 3136), (512, 784), (1024, 196), (2048, 49), (768, 197)):
        bounds = Calibration(np.full(channels, -4.0), np.full(channels, 4.0), {"layer": channels}, "bench")
        x = torch.randn(8, channels, places)
        for order, values in (("channel-major", x), ("channel-minor", x.transpose(1, 2).contiguous().transpose(1, 2))):
            for sketches in (False, True):
                slots = range(8) if sketches else None
                with Accumulator(bounds, 8 if sketches else 0, sketches=sketches) as total:
                    seconds = _best(lambda t=total, v=values, s=slots: t.add("layer", v, s))
                name = f"{channels} x {places}, {order}{', with sketches' if sketches else ''}"
                rows.append((name, seconds / x.numel() * 1e9, "ns/value"))
    return rows


def _extract(name: str | None) -> Rows:
    import torch
    from PIL import Image

    from .accumulate import Accumulator
    from .extraction import extract
    from .extractors import load_extractor
    from .sources import DEFAULT_EXTRACTOR

    started = time.perf_counter()
    extractor = load_extractor(name or DEFAULT_EXTRACTOR)
    rows: Rows = [("loading the network", time.perf_counter() - started, "s")]
    count, random = 96, np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder, "images")
        images.mkdir()
        for i in range(count):
            small = Image.fromarray(random.integers(0, 256, (24, 32, 3), np.uint8))
            small.resize((640, 480), Image.Resampling.BICUBIC).save(images / f"{i:03d}.jpg", quality=90)
        paths = sorted(images.iterdir())
        seconds = _best(lambda: [extractor.preprocess(p) for p in paths[:32]])
        rows.append(("decoding and resizing, one thread", 32 / seconds, "images/s"))
        batch = torch.stack([extractor.preprocess(p) for p in paths[:32]])
        bare = 32 / _best(lambda: extractor.visit(batch, lambda layer, x: None))
        rows.append(("bare forward", bare, "images/s"))
        bounds = Calibration(
            np.full(extractor.n_neurons, -5.0), np.full(extractor.n_neurons, 5.0), extractor.layers, extractor.fingerprint
        )
        for sketches in (False, True):
            words = "with" if sketches else "without"
            with Accumulator(bounds, 32 if sketches else 0, sketches=sketches) as total:
                slots = range(32) if sketches else None

                def one(t=total, s=slots) -> None:
                    extractor.visit(batch, lambda layer, x: t.add(layer, x, s))

                rows.append((f"forward and binning, {words} sketches", 32 / _best(one), "images/s"))
            started = time.perf_counter()
            extract(images, extractor, bounds, sketches=sketches, workspace=Path(folder, f"workspace-{words}"))
            whole = count / (time.perf_counter() - started)
            rows.append((f"files to DNA, {words} sketches", whole, "images/s"))
            rows.append((f"bare forward over files to DNA, {words} sketches", bare / whole, "x"))
    return rows


def _distances() -> Rows:
    from .distances import emd, pairwise

    random = np.random.default_rng(0)
    bounds = Calibration(np.zeros(NEURONS), np.ones(NEURONS), {"layer": NEURONS}, "bench")
    none = np.zeros(NEURONS)

    def dna(name: str) -> DNA:
        counts = random.poisson(40, (NEURONS, 1000))
        return DNA(counts, np.zeros((NEURONS, 2), np.int64), 2, none, none, bounds, {}, name)

    sets = [dna(f"set {i}") for i in range(6)]
    return [
        (f"EMD of two DNAs of {NEURONS:,} neurons, warm", _best(lambda: emd(sets[0], sets[1])) * 1e3, "ms"),
        ("pairwise EMD of 6 DNAs, a pair", _best(lambda: pairwise(sets), 1) / 15 * 1e3, "ms"),
    ]


def _rank() -> Rows:
    from .retrieval import distances_to
    from .selection import Selection
    from .sketched import sketched_dna
    from .sketches import QUANTILES, Segment, SketchArrays, Sketches

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
    return [
        (f"ranking {IMAGES:,} images by 20 neurons", _best(lambda: distances_to(view, reference, selection=chosen)) * 1e3, "ms"),
        ("ranking by all neurons, per image and neuron", each, "ns"),
    ]
