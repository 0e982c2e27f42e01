"""Speed on a GPU: `python -m benchmarks.gpu [--networks vit resnet] [--precision bf16] [--images 2048] [--batch 64]`.

One command measures what docs/performance.md promises for GPUs: images/s of the bare forward and of forward and
counting (without sketches, with them, with the counting on a stream of its own), the share of the card's measured
bandwidth that the counting kernels reach, images/s from JPEG files beside decoding alone and the bare forward, peak
memory, 50 x 50 distances, and whether the kernels count what plain torch counts. Without a GPU it says so and ends.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

import dnacore as dc
from benchmarks.against_peer import NETWORKS, draw, ranges_of
from dnacore.accumulate import Accumulator
from dnacore.calibration import Calibration
from dnacore.dna import DNA
from dnacore.extractors import Extractor, load_extractor
from dnacore.feed import feed
from dnacore.parallel import cores

BARS = {("vit", False): 0.90, ("vit", True): 0.80, ("resnet", False): 0.80, ("resnet", True): None}


def seconds(call: Callable[[], Any], times: int = 5) -> float:
    """Median seconds of a call, the device's work included; two go before, to warm up."""
    found = []
    for turn in range(times + 2):
        torch.cuda.synchronize()
        started = time.perf_counter()
        call()
        torch.cuda.synchronize()
        if turn > 1:
            found.append(time.perf_counter() - started)
    return float(np.median(found))


def bandwidth() -> float:
    """Bytes per second that this card reads: the sum of 2 GB."""
    x = torch.ones(2**29, device="cuda")
    return x.nbytes / seconds(lambda: x.sum())


def count(
    extractor: Extractor, bounds: Calibration, batch: torch.Tensor, sketches: bool, **options: Any
) -> Callable[[], None]:
    """A call that puts one batch through the network and counts it, into counters that stay."""
    total = Accumulator(bounds, len(batch) if sketches else 0, sketches=sketches, **options)
    slots = range(len(batch)) if sketches else None
    return lambda: extractor.visit(batch, lambda layer, x: total.add(layer, x, slots), widen=False)


def forward(network: str, precision: str, size: int) -> list[tuple[str, str]]:
    extractor = load_extractor(NETWORKS[network], "cuda", precision)
    bounds = ranges_of(extractor, torch.randn(8, 3, 224, 224))
    batch = torch.randn(size, 3, 224, 224, device="cuda")
    torch.cuda.reset_peak_memory_stats()
    bare = seconds(lambda: extractor.visit(batch, lambda layer, x: None, widen=False))
    rows = [("bare forward", f"{size / bare:10,.0f} images/s   {torch.cuda.max_memory_allocated() / 2**30:.2f} GB")]
    for sketches in (False, True):
        for overlap in (False, True):
            torch.cuda.reset_peak_memory_stats()
            took = seconds(count(extractor, bounds, batch, sketches, overlap=overlap))
            words = f"counting{', sketches' if sketches else ''}{', own stream' if overlap else ''}"
            bar = BARS[network, sketches]
            memory = torch.cuda.max_memory_allocated() / 2**30
            text = f"{size / took:10,.0f} images/s   {memory:.2f} GB   {bare / took:6.1%} of the bare forward"
            rows.append((words, text + (f" (bar {bar:.0%})" if bar else "")))
    took = seconds(count(extractor, bounds, batch[:8], True, kernels="torch"), 2)
    rows.append(("plain torch, sketches", f"{8 / took:10,.0f} images/s"))
    rows += kernel_rows(extractor, bounds, batch)
    rows.append(("counts equal plain torch's", "yes" if same(extractor, bounds, batch[:8]) else "NO"))
    return rows


def kernel_rows(extractor: Extractor, bounds: Calibration, batch: torch.Tensor) -> list[tuple[str, str]]:
    """The kernels alone on kept activations, against the time that reading these takes at the card's bandwidth."""
    kept: list[tuple[str, torch.Tensor]] = []
    extractor.visit(batch, lambda layer, x: kept.append((layer, x.clone())), widen=False)
    reading = sum(x.nbytes for _, x in kept) / bandwidth()
    rows = []
    for sketches in (False, True):
        total = Accumulator(bounds, len(batch) if sketches else 0, sketches=sketches)
        slots = range(len(batch)) if sketches else None

        def run(total: Accumulator = total, slots: range | None = slots) -> None:
            for layer, x in kept:
                total.add(layer, x, slots)

        took = seconds(run)
        words = f"kernels alone{', sketches' if sketches else ''}"
        rows.append((words, f"{took * 1e3:10.2f} ms   {took / reading:.1f}x the time of reading once (bar 2x)"))
    return rows


def same(extractor: Extractor, bounds: Calibration, batch: torch.Tensor) -> bool:
    found = []
    for kernels in ("best", "torch"):
        total = Accumulator(bounds, len(batch), kernels=kernels)
        extractor.visit(batch, lambda layer, x, total=total: total.add(layer, x, range(len(batch))), widen=False)
        total.count_images(len(batch))
        found.append((total.distributions().histograms, total.sketches().quantiles))
    return all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


def files(network: str, precision: str, size: int, paths: list[Path]) -> list[tuple[str, str]]:
    extractor = load_extractor(NETWORKS[network], "cuda", precision)
    bounds = ranges_of(extractor, torch.randn(8, 3, 224, 224))

    def decode() -> None:
        for _ in feed(extractor, paths, size):
            pass

    def whole() -> None:
        with Accumulator(bounds, len(paths)) as total:
            for batch in feed(extractor, paths, size):
                extractor.visit(batch.tensor, lambda layer, x, kept=batch.kept: total.add(layer, x, kept), widen=False)
            total.distributions()

    decoding, all_of_it = seconds(decode, 1), seconds(whole, 1)
    return [
        (f"decoding, {cores()} cores", f"{len(paths) / decoding:10,.0f} images/s"),
        ("files to DNA, sketches", f"{len(paths) / all_of_it:10,.0f} images/s"),
    ]


def distances() -> list[tuple[str, str]]:
    random = np.random.default_rng(0)
    n = 9_984
    bounds = Calibration(np.zeros(n), np.ones(n), {"layer": n}, "bench")
    sets = [
        DNA(random.poisson(40, (n, 1000)), np.zeros((n, 2), np.int64), 2, np.zeros(n), np.zeros(n), bounds, {}, str(i))
        for i in range(50)
    ]
    return [("pairwise EMD of 50 DNAs", f"{seconds(lambda: dc.pairwise(sets, device='cuda'), 1):10.2f} s (bar 1 s)")]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    options.add_argument("--precision", default="bf16", choices=("fp32", "fp16", "bf16"))
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--images", type=int, default=2048, help="JPEG files of the run from files")
    asked = options.parse_args()
    if not torch.cuda.is_available():
        print("There is no CUDA device here, so there is nothing to measure. Run this on a machine with a GPU.")
        sys.exit(1)
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {asked.precision}, batch {asked.batch}")
    print(f"reads {bandwidth() / 1e9:,.0f} GB/s")
    with tempfile.TemporaryDirectory() as folder:
        paths = draw(Path(folder), asked.images)
        for network in asked.networks:
            print(f"\n{NETWORKS[network]}")
            for what, text in forward(network, asked.precision, asked.batch) + files(
                network, asked.precision, asked.batch, paths
            ):
                print(f"  {what:<32} {text}", flush=True)
    print("\ndistances")
    for what, text in distances():
        print(f"  {what:<32} {text}")


if __name__ == "__main__":
    main()
