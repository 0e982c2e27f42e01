"""Speed on a GPU: `python -m benchmarks.gpu [--networks vit resnet] [--precision bf16] [--images 2048] [--batch 64]`.

One command measures what docs/performance.md promises for GPUs: images/s of the bare forward and of forward and
counting (without sketches, with them), the share of the card's measured bandwidth that the counting kernels reach,
images/s from JPEG files beside decoding alone and the bare forward, peak memory, 50 x 50 distances, whether the
kernels keep what plain torch keeps, and whether they ever make the host wait. Speeds are of several batches one after
another, as extraction runs them, and what is compared takes turns. Without a GPU it says so and ends.
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
from benchmarks.against_peer import NETWORKS, ranges_of
from benchmarks.drawing import detailed
from dnacore.counting.accumulator import Accumulator
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.extraction.batches import feed
from dnacore.extractors import Extractor, load_extractor
from dnacore.parallel import cores
from dnacore.workspace.store.shard_plan import SHARD_IMAGES

BARS = {("vit", False): 0.90, ("vit", True): 0.80, ("resnet", False): 0.80, ("resnet", True): None}
WARM, ROUNDS, BATCHES = 3, 9, 4
BARE = "bare forward"


def timed(call: Callable[[], Any]) -> float:
    """Seconds of a call, the device's work included."""
    torch.cuda.synchronize()
    started = time.perf_counter()
    call()
    torch.cuda.synchronize()
    return time.perf_counter() - started


def seconds(call: Callable[[], Any], times: int = 5) -> float:
    """Median seconds of a call; two go before, to warm up."""
    return float(np.median([timed(call) for _ in range(times + 2)][2:]))


def bandwidth() -> float:
    """Bytes per second that this card reads: the sum of 2 GB."""
    x = torch.ones(2**29, device="cuda")
    return x.nbytes / seconds(lambda: x.sum())


def counting(extractor: Extractor, bounds: Calibration, batch: torch.Tensor, sketches: bool) -> Callable[[], None]:
    """A call that puts one batch through the network and counts it, into counters that stay."""
    total = Accumulator(bounds, len(batch) if sketches else 0, sketches=sketches)
    slots = range(len(batch)) if sketches else None
    return lambda: extractor.visit(batch, lambda layer, x: total.add(layer, x, slots), widen=False)


def peak(call: Callable[[], Any]) -> float:
    """GB that the device holds at most during a call."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    call()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() / 2**30


def forward(network: str, precision: str, size: int) -> tuple[list[tuple[str, str]], float]:
    """The table's rows, and images/s of the bare forward."""
    extractor = load_extractor(NETWORKS[network], "cuda", precision)
    bounds = ranges_of(extractor, torch.randn(8, 3, 224, 224))
    batch = torch.randn(size, 3, 224, 224, device="cuda")

    def bare() -> None:
        extractor.visit(batch, lambda layer, x: None, widen=False)

    wanted = {"counting": False, "counting, sketches": True}
    bare()
    memory = {BARE: peak(bare)}
    for words, sketches in wanted.items():
        call = counting(extractor, bounds, batch, sketches)
        memory[words] = peak(call)
        del call  # and its counters
    calls = {BARE: bare} | {words: counting(extractor, bounds, batch, sketches) for words, sketches in wanted.items()}
    found = {words: [] for words in calls}
    for turn in range(WARM + ROUNDS):
        for words, call in calls.items():
            took = timed(lambda call=call: [call() for _ in range(BATCHES)]) / BATCHES
            if turn >= WARM:
                found[words].append(took)
    calls.clear()
    speed = {words: size / float(np.median(times)) for words, times in found.items()}
    rows = [(BARE, f"{speed[BARE]:10,.0f} images/s   {memory[BARE]:.2f} GB")]
    for words, (sketches, _) in wanted.items():
        share = float(np.median(np.array(found[BARE]) / np.array(found[words])))
        bar = BARS[network, sketches]
        more = memory[words] - memory[BARE]
        text = f"{speed[words]:10,.0f} images/s   {more:+.2f} GB   {share:6.1%} of the bare forward"
        rows.append((words, text + (f" (bar {bar:.0%})" if bar else "")))
    took = seconds(counting(extractor, bounds, batch[:8], True, kernels="torch"), 2)
    rows.append(("plain torch, sketches", f"{8 / took:10,.0f} images/s"))
    rows += kernel_rows(extractor, bounds, batch)
    rows.append(("kernels against plain torch", difference(extractor, bounds, batch[:8]) or "the same"))
    return rows, speed[BARE]


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
        torch.cuda.set_sync_debug_mode("error")
        try:
            run()
            waits = "no"
        except RuntimeError as error:
            waits = f"YES: {error}"
        finally:
            torch.cuda.set_sync_debug_mode("default")
        rows.append(("  make the host wait", waits))
    return rows


def difference(extractor: Extractor, bounds: Calibration, batch: torch.Tensor) -> str:
    """What the kernels keep otherwise than plain torch does; nothing where all is the same."""
    kept: list[tuple[str, torch.Tensor]] = []
    extractor.visit(batch, lambda layer, x: kept.append((layer, x.clone())), widen=False)
    found: list[dict[str, np.ndarray]] = []
    for kernels in ("best", "torch"):
        with Accumulator(bounds, len(batch), kernels=kernels) as total:
            for layer, x in kept:
                total.add(layer, x, range(len(batch)))
            total.count_images(len(batch))
            counts, sketches = total.distributions(), total.sketches()
        found.append(
            {"histograms": counts.histograms, "outside": counts.outside, "mean": counts.mean, "means": sketches.means,
             "quantiles": sketches.quantiles, "peaks": sketches.peaks}
        )  # fmt: skip
    ours, theirs = found
    close = {"mean", "means"}  # sums of floating-point numbers
    return ", ".join(
        f"{name} DIFFER"
        for name in ours
        if not (np.allclose if name in close else np.array_equal)(ours[name], theirs[name])
    )


def files(network: str, precision: str, size: int, paths: list[Path], bare: float) -> list[tuple[str, str]]:
    """From files: decoding alone, and to DNAs a shard at a time. bare: images/s of the bare forward."""
    extractor = load_extractor(NETWORKS[network], "cuda", precision)
    bounds = ranges_of(extractor, torch.randn(8, 3, 224, 224))

    def decode() -> None:
        for _ in feed(extractor, paths, size):
            pass

    def whole() -> None:
        for start in range(0, len(paths), SHARD_IMAGES):
            part = paths[start : start + SHARD_IMAGES]
            with Accumulator(bounds, len(part)) as total:
                for batch in feed(extractor, part, size):
                    see = lambda layer, x, kept=batch.kept: total.add(layer, x, kept)  # noqa: E731
                    extractor.visit(batch.tensor, see, widen=False)
                total.distributions()
                total.sketches()

    decoding, done = (len(paths) / seconds(call, 1) for call in (decode, whole))
    slower = f"{done / min(decoding, bare):6.1%} of the slower of decoding and the bare forward"
    return [
        (f"decoding, {cores()} cores", f"{decoding:10,.0f} images/s"),
        ("files to DNA, sketches", f"{done:10,.0f} images/s   {slower}"),
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
        paths = detailed(Path(folder), asked.images)
        for network in asked.networks:
            print(f"\n{NETWORKS[network]}")
            rows, bare = forward(network, asked.precision, asked.batch)
            for what, text in rows + files(network, asked.precision, asked.batch, paths, bare):
                print(f"  {what:<32} {text}", flush=True)
    print("\ndistances")
    for what, text in distances():
        print(f"  {what:<32} {text}")


if __name__ == "__main__":
    main()
