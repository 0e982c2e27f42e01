"""Cost and memory of a DNA over the bare network, ours and the authors' library's: `python -m benchmarks.against_peer`.

    [--networks vit resnet] [--images 64] [--rounds 3] [--memory] [--json]

Draws JPEG files, and in one process, taking turns, measures the CPU time of: the bare forward in both memory orders,
our extraction without and with sketches, and the authors' library `vdna` (a dev dependency; it keeps no sketches), all
from the same files and with random weights, batch 32, two threads. Every figure is a median over the rounds, and a
ratio is the median over the rounds of the ratios to the faster of the two bare forwards of the same round. We keep
freed memory at hand (dnacore/extractors/forward/malloc.py), which makes the forward itself cheaper; the row "bare,
memory kept" shows by how much, and the second ratio is to that row. With --memory each of them runs in a process of its
own too, and peak memory over the bare forward's is printed.

Between the files and the DNA in memory is what both libraries do; what keeping it costs (reading the files once more
for their hash, shards, catalogue) comes with the last row, where our `extract` runs once over --whole files.
OpenMP's threads wait passively: the time they spend waiting actively would be counted for whoever has more pauses.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # before torch starts its threads

import numpy as np
import torch

from benchmarks.drawing import detailed
from dnacore.counting.accumulator import Accumulator
from dnacore.dna.calibration import Calibration, widen
from dnacore.extraction.batches import feed
from dnacore.extraction.extraction import extract
from dnacore.extractors import Extractor, load_extractor
from dnacore.extractors.forward import malloc

BATCH, THREADS = 32, 2
NETWORKS = {"vit": "dino_vitb16@random", "resnet": "dino_resnet50@random"}
ORDERS = ("channels_last", "contiguous")
LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
KEPT = "bare, memory kept"
SKETCHED = {"ours": False, "ours, sketches": True}
BARS = {
    ("vit", "ours"): 1.08, ("vit", "ours, sketches"): 1.20,
    ("resnet", "ours"): 1.25, ("resnet", "ours, sketches"): 1.45,
}  # fmt: skip


def ranges_of(extractor: Extractor, batch: torch.Tensor) -> Calibration:
    """Activation ranges of one batch, widened."""
    ends: list[list[torch.Tensor]] = [[], []]

    def see(layer: str, x: torch.Tensor) -> None:
        ends[0].append(x.amin((0, 2)))
        ends[1].append(x.amax((0, 2)))

    extractor.visit(batch, see)
    low, high = widen(*(torch.cat(parts).double().cpu().numpy() for parts in ends))
    return Calibration(low, high, extractor.layers, extractor.fingerprint)


class Runs:
    """Everything that is measured of one network, ready to be called. Each call goes through all images."""

    def __init__(self, network: str, paths: list[Path], wanted: list[str]) -> None:
        self.paths, self.name = paths, network
        self.extractors = {
            order: load_extractor(NETWORKS[network], "cpu", memory_format=order)
            for order in ORDERS
            if f"bare, {order}" in wanted or (order == ORDERS[0] and {*wanted} & {KEPT, *SKETCHED})
        }
        self.batches: list[torch.Tensor] = []
        self.calls: dict[str, Callable[[], Any]] = {}
        for name in wanted:
            if name.startswith("bare"):
                extractor = self.extractors[ORDERS[0] if name == KEPT else name.removeprefix("bare, ")]
                self.batches = self.batches or [
                    torch.stack([extractor.preprocess(path) for path in paths[start : start + BATCH]])
                    for start in range(0, len(paths), BATCH)
                ]
                self.calls[name] = lambda e=extractor, kept=name == KEPT: self.bare(e, kept)
            elif name in SKETCHED:
                extractor = self.extractors[ORDERS[0]]
                bounds = ranges_of(extractor, torch.stack([extractor.preprocess(path) for path in paths[:8]]))
                self.calls[name] = lambda e=extractor, b=bounds, s=SKETCHED[name]: self.ours(e, b, s)
            else:
                self.calls[name] = peer(network, paths)

    def bare(self, extractor: Extractor, kept: bool) -> None:
        with malloc.kept() if kept else nullcontext(), extractor.held() as network, torch.inference_mode():
            for batch in self.batches:
                network(batch.contiguous(memory_format=LAYOUTS[extractor.recipe.memory_format]))

    def ours(self, extractor: Extractor, bounds: Calibration, sketches: bool) -> None:
        capacity = len(self.paths) if sketches else 0
        with Accumulator(bounds, capacity, sketches=sketches) as total:
            for batch in feed(extractor, self.paths, BATCH):
                slots = batch.kept if sketches else None
                extractor.visit(batch.tensor, lambda layer, x, slots=slots: total.add(layer, x, slots))
                total.count_images(len(batch.kept))
            total.distributions()
            total.sketches()


def peer(network: str, paths: list[Path]) -> Callable[[], Any]:
    """The authors' extraction of the same files with random weights."""
    warnings.simplefilter("ignore")  # it was written for older versions of what it stands on
    import torchvision
    from vdna import networks
    from vdna.networks import dino_resnet50, dino_vit
    from vdna.utils.settings import DataSettings, ExtractionSettings
    from vdna.vdnas import get_vdna

    torch.manual_seed(0)
    if network == "vit":
        weights = dino_vit.vit_base(num_relation_blocks=1).state_dict()
    else:
        found = torchvision.models.resnet50(weights=None).state_dict()
        weights = {key: value for key, value in found.items() if not key.startswith("fc.")}
    layers = load_extractor(NETWORKS[network], "cpu").layers
    ranges = {
        f"{end}s_per_neuron": {layer: {str(i): sign * 4.0 for i in range(n)} for layer, n in layers.items()}
        for end, sign in (("min", -1), ("max", 1))
    }
    settings = ExtractionSettings(device="cpu", num_workers=THREADS, batch_size=BATCH, verbose=False, n_sample_images=0)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(ranges, file)
        file.flush()
        for module in (dino_resnet50, dino_vit):  # its downloads, answered here
            module.hf_hub_download = lambda **_: file.name
            module.load_state_dict_from_url = lambda *_, **__: weights
        theirs = networks.get_feature_extractor("dino_vit_base" if network == "vit" else "dino_resnet50", settings)
    if network == "resnet" and not torch.cuda.is_available():  # its own asks for CUDA whatever the device
        theirs.get_features = lambda images: theirs.forward_backbone(images)[1]

    def fill() -> None:
        theirs.extraction_settings = settings
        source = [str(path) for path in paths]
        get_vdna("histogram-1000").fill_vdna(theirs, DataSettings(source=source, shuffle_files=False))

    return fill


def cpu_seconds() -> float:
    """CPU time of this process and of those it waited for (the authors' loaders are processes)."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    """(CPU seconds, wall seconds) of one call."""
    started, wall = cpu_seconds(), time.perf_counter()
    call()
    return cpu_seconds() - started, time.perf_counter() - wall


def peak_of(network: str, name: str, folder: Path, images: int) -> float:
    """GB of memory that a process which does only this takes at most."""
    line = [sys.executable, "-m", "benchmarks.against_peer", "--networks", network, "--images", str(images)]
    done = subprocess.run([*line, "--folder", str(folder), "--only", name], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def compare(network: str, paths: list[Path], rounds: int, with_peer: bool) -> dict[str, Any]:
    wanted = [*(f"bare, {order}" for order in ORDERS), KEPT, *SKETCHED] + ["vdna"] * with_peer
    runs = Runs(network, paths, wanted)
    for call in Runs(network, paths[:8], wanted[:3] + list(SKETCHED)).calls.values():  # kernels and threads are ready
        call()
    times = {name: [] for name in wanted}
    for _ in range(rounds):
        for name, call in runs.calls.items():
            times[name].append(timed(call))
    cpu = {name: np.array([t[0] for t in found]) / len(paths) for name, found in times.items()}
    wall = {name: np.array([t[1] for t in found]) / len(paths) for name, found in times.items()}
    bare = np.minimum(*(cpu[f"bare, {order}"] for order in ORDERS))
    return {
        name: {"cpu_ms": float(np.median(cpu[name]) * 1e3), "wall_ms": float(np.median(wall[name]) * 1e3),
               "ratio": float(np.median(cpu[name] / bare)), "ratio_kept": float(np.median(cpu[name] / cpu[KEPT]))}
        for name in wanted
    }  # fmt: skip


def whole(network: str, paths: list[Path], home: Path) -> dict[str, float]:
    """CPU time per image of `extract`, which keeps what it makes, and of the bare forward right before it."""
    runs = Runs(network, paths[:BATCH], ["bare, channels_last"])
    extractor = runs.extractors["channels_last"]
    bounds = ranges_of(extractor, runs.batches[0][:8])
    found = {"bare forward": min(timed(runs.calls["bare, channels_last"])[0] for _ in range(3)) / BATCH * 1e3}
    for sketches in (False, True):
        words = "with sketches" if sketches else "without sketches"
        chosen = {"sketches": sketches, "workspace": home / words}
        found[words] = timed(partial(extract, paths[0].parent, extractor, bounds, **chosen))[0] / len(paths) * 1e3
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    options.add_argument("--images", type=int, default=64)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--memory", action="store_true", help="peak memory too, each in a process of its own")
    options.add_argument("--whole", type=int, default=0, help="files of the run through `extract`; 0: leave it out")
    options.add_argument("--no-peer", action="store_true")
    options.add_argument("--json", action="store_true")
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--only", help=argparse.SUPPRESS)
    asked = options.parse_args()
    torch.set_num_threads(THREADS)
    if asked.only:  # the child of `peak_of`
        Runs(asked.networks[0], detailed(asked.folder, asked.images), [asked.only]).calls[asked.only]()
        # rusage's figure would be the parent's where that is larger: Linux hands it down
        status = Path("/proc/self/status").read_text()
        print(int(status.split("VmHWM:")[1].split()[0]) / 2**20)
        return
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = detailed(Path(folder, "images"), asked.images)
        for network in asked.networks:
            rows = compare(network, paths, asked.rounds, not asked.no_peer)
            if asked.memory:
                for name in rows:
                    rows[name]["peak_gb"] = peak_of(network, name, Path(folder, "images"), asked.images)
            report[network] = {"rows": rows}
            if asked.whole:
                files = detailed(Path(folder, "whole"), asked.whole)
                report[network]["whole"] = whole(network, files, Path(folder, f"home-{network}"))
    print(json.dumps(report, indent=1) if asked.json else table(report, asked.images, asked.rounds))


def table(report: dict[str, Any], images: int, rounds: int) -> str:
    lines = [f"{images} JPEG files, batch {BATCH}, {THREADS} threads, median of {rounds} rounds, random weights"]
    for network, found in report.items():
        rows = found["rows"]
        lowest = min(rows[f"bare, {order}"].get("peak_gb", 0.0) for order in ORDERS)
        title = f"{NETWORKS[network]:<24} {'CPU ms':>8} {'wall ms':>8} {'over bare':>10} {'bar':>6} {'over kept':>10}"
        lines.append(f"\n{title} {'peak GB':>8} {'above bare':>11}")
        for name, row in rows.items():
            bar = BARS.get((network, name), "")
            memory = f" {row['peak_gb']:8.2f} {row['peak_gb'] - lowest:+11.2f}" if "peak_gb" in row else ""
            lines.append(
                f"{name:<24} {row['cpu_ms']:8.1f} {row['wall_ms']:8.1f} {row['ratio']:9.3f}x {bar:>6} "
                f"{row['ratio_kept']:9.3f}x{memory}"
            )
        for name, value in found.get("whole", {}).items():
            lines.append(f"extract, {name:<15} {value:8.1f} CPU ms an image")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
