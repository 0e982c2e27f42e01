"""What a large set costs beside the network: `python -m benchmarks.scale [catalogue] [merge] [jobs]`.

catalogue: 1,000,000 rows of images, their listing and look-up. merge: 2,000 shards of 9,984 neurons and 1,000 bins into
one DNA, with the peak of memory. jobs: a look at 300 ended jobs. What Ray costs: `python -m benchmarks.ray_overhead`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import dnacore as dc
from dnacore.workspace import jobs, listing

ROWS, SHARDS, DISTINCT, BINS, JOBS = 1_000_000, 2_000, 20, 1_000, 300


def timed(what: str, action: Callable[[], object], times: int = 5) -> None:
    """Print the median of a few runs, after one that warms up."""
    seconds = []
    for _ in range(times + 1):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    print(f"{what:58} {1e3 * float(np.median(seconds[1:])):9.1f} ms")


def workspace_of(folder: str, images: int = 1) -> dc.Workspace:
    """A workspace with a dataset of a few real files."""
    from PIL import Image

    pictures = Path(folder, "pictures")
    pictures.mkdir()
    for number in range(images):
        Image.new("RGB", (32, 32), (number % 256, 90, 120)).save(pictures / f"{number}.png")
    found = dc.Workspace.open(Path(folder, "workspace"))
    found.add_dataset("many", pictures)
    return found


def catalogue() -> None:
    """A million rows of images in ten datasets' worth of folders."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = workspace_of(folder)
        dataset = workspace.dataset("many")
        rows = ((dataset.id, i, f"{i // 1000:04d}/{i:08d}.jpg", 100_000 + i, i, f"{i:032x}") for i in range(1, ROWS))
        with workspace.catalogue.changing() as db:
            db.executemany("INSERT INTO file (dataset, number, path, size, mtime_ns, hash) VALUES (?,?,?,?,?,?)", rows)
        print(f"catalogue with {ROWS:,} images: {os.path.getsize(workspace.catalogue.path) / 1e6:.0f} MB")
        new = partial(dc.Workspace.open, workspace.root)  # one that has asked for nothing yet: rows are counted
        timed("the list of datasets, asked for the first time", lambda: new().datasets())
        timed("the same again, while nothing changes", workspace.datasets)
        timed("one dataset by name", lambda: workspace.dataset("many"))
        timed("one image's path by number", lambda: workspace.image_path(dataset.id, 765_432))
        timed("whether any file changed, the first time", lambda: new().files_key(dataset))
        timed("the same again, while nothing changes", lambda: workspace.files_key(dataset))
        timed("all files of the dataset, as objects", lambda: listing.files(workspace.catalogue, dataset), 2)


def merge() -> None:
    """Shards as extraction leaves them: 2,000 names for 20 files of different counts."""
    from dnacore.workspace.store.settings import Setting

    random = np.random.default_rng(0)
    network = dc.load_extractor("timm:vit_base_patch16_224@random", "cpu")
    ranges = dc.Calibration(
        np.zeros(network.n_neurons), np.ones(network.n_neurons), network.layers, network.fingerprint, "made up"
    )
    neurons = network.n_neurons
    with tempfile.TemporaryDirectory() as folder:
        workspace = workspace_of(folder)
        dataset, store = workspace.dataset("many"), workspace.store
        setting: Setting = store.setting(network, ranges, BINS)
        made: list[Path] = []
        for number in range(DISTINCT):
            values = np.clip(random.normal(500, 60, (neurons, 512)), 0, BINS - 1).astype(np.int64)
            counts = np.zeros((neurons, BINS), np.int64)
            np.add.at(counts, (np.arange(neurons)[:, None], values), 197)
            dna = dc.DNA(
                counts,
                np.zeros((neurons, 2), np.int64),
                512,
                values.mean(1),
                values.var(1),
                ranges,
                network.spec,
                "many",
            )
            made.append(dna.save(Path(folder, f"made-{number}")))
        for number in range(SHARDS):
            files = store.new_shard()
            files.counts.parent.mkdir(exist_ok=True)
            os.link(made[number % DISTINCT], files.counts)
            with workspace.catalogue.changing() as db:
                part = (files.shard, dataset.id, setting.id, "", 512)
                db.execute("INSERT INTO shard VALUES (?,?,?,?,?)", part)
                db.execute("INSERT INTO member (shard, position, hash, path) VALUES (?,0,?,?)",
                           (files.shard, f"{number:032x}", f"{number}.png"))  # fmt: skip
        store.finish(dataset, setting, store.shards(dataset, setting))
        print(f"{SHARDS:,} shards of {neurons:,} neurons, {made[0].stat().st_size / 1e6:.1f} MB each")
        subprocess.run([sys.executable, "-m", "benchmarks.scale", "merged", str(workspace.root)], check=True)


def merged(home: str) -> None:
    """Add up the shards of `merge`, in a process that does nothing else."""
    workspace = dc.Workspace.open(home)
    before, started, cpu = peak(), time.perf_counter(), time.process_time()
    dna = workspace.dna("many", workspace.store.settings()[0].label)
    assert dna is not None and dna.images == SHARDS * 512
    spent = f"{time.perf_counter() - started:.0f} s, {time.process_time() - cpu:.0f} s of CPU"
    print(f"merged in {spent}, peak {peak():.2f} GB of memory ({before:.2f} GB before)")


def peak() -> float:
    """The most memory this process has had, in GB."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says begins with the most that the process had that started this one
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def many_jobs() -> None:
    """Ended jobs, as their journals lie on disk."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = dc.Workspace.open(folder)
        for number in range(JOBS):
            name = f"20260101-{number:06d}-abcdef"
            jobs.describe(workspace, name, ["extract", "many"], "Extracting many", ["many"])
            events = [{"event": "started", "pid": 1, "time": 1.0}]
            events += [
                {"event": "progress", "done": i, "total": 900, "stage": "extracting", "time": 1.0 + i}
                for i in range(900)
            ]
            events.append({"event": "finished", "time": 902.0})
            (Path(folder) / "jobs" / name / "journal.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))
        started = time.perf_counter()
        jobs.list_jobs(workspace)
        print(f"the first look at {JOBS} ended jobs {1e3 * (time.perf_counter() - started):.1f} ms")
        timed(f"every further look at {JOBS} ended jobs", lambda: jobs.list_jobs(workspace))


def main(arguments: list[str]) -> None:
    """Run what is named, or all that needs no images."""
    steps = {"catalogue": catalogue, "merge": merge, "jobs": many_jobs}
    if arguments[:1] == ["merged"]:
        merged(arguments[1])
        return
    for name in arguments or list(steps):
        steps[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
