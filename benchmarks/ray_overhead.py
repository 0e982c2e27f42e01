"""What the Ray engine costs beside the local one: `python -m benchmarks.ray_overhead [NETWORK] [FEW MANY] [WORKERS] [TURNS]`.

Both engines extract the same drawn images on the same cores with the same threads, batch size and sketches; what an image
costs is the slope between FEW and MANY of them, so that starting a cluster, loading the network and compiling kernels
count for nothing. CPU is that of this process and of all that it started: Ray's own daemons are among them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import dnacore as dc
from dnacore.extraction.extraction import Engine, extract_dataset
from dnacore.extraction.ray_engine import Cluster, ray_engine
from dnacore.parallel import cores

SIZE, FIRST = (320, 240), 64  # pixels; images that warm everything up


def drawn(folder: Path, count: int) -> list[str]:
    """Images as a camera gives them in size on disk: smooth colours under some noise."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(count):
        small = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(SIZE)
        noise = random.integers(-12, 13, (SIZE[1], SIZE[0], 3))
        pixels = np.clip(np.asarray(small, np.int16) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:05d}.jpg", quality=85)
    return [str(folder / f"{number:05d}.jpg") for number in range(count)]


def spent(root: int) -> float:
    """Seconds of CPU of a process and of everything below it, what has ended there included."""
    tick = os.sysconf("SC_CLK_TCK")
    seconds: dict[int, float] = {}
    below: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        number = int(status.parent.name)
        seconds[number] = sum(map(int, fields[11:15])) / tick
        below.setdefault(int(fields[1]), []).append(number)
    total, left = 0.0, [root]
    while left:
        number = left.pop()
        total += seconds.get(number, 0.0)
        left += below.get(number, [])
    return total


def slope(
    workspace: dc.Workspace, network: dc.Extractor, paths: list[str], few: int, name: str, engine: Engine | None
) -> tuple[float, float]:
    """(wall, CPU) in seconds an image, between `few` images and all of them."""
    ranges = dc.Calibration(
        np.full(network.n_neurons, -2.0),
        np.full(network.n_neurons, 6.0),
        network.layers,
        network.fingerprint,
        "made up",
    )
    found = []
    for count in (FIRST, few, len(paths)):
        listed = workspace.root / f"{name} {count}.txt"
        listed.write_text("\n".join(paths[:count]) + "\n")
        dataset = workspace.add_dataset(f"{name} {count}", listed)
        cpu, wall = spent(os.getpid()), time.perf_counter()
        report = extract_dataset(workspace, dataset, network, ranges, engine=engine)
        assert (report.extracted, report.sketched) == (count, count)
        found.append((time.perf_counter() - wall, spent(os.getpid()) - cpu))
        print(f"    {name}: {count:,} images, {found[-1][0]:.1f} s, {found[-1][1]:.1f} s of CPU", flush=True)
    (wall_few, cpu_few), (wall_all, cpu_all) = found[1:]
    return (wall_all - wall_few) / (len(paths) - few), (cpu_all - cpu_few) / (len(paths) - few)


def main(arguments: list[str]) -> None:
    """One line a turn: what an image costs on either engine, and how much more it is on Ray."""
    name, few, many, workers, turns = (*arguments, *("mini", "512", "2048", "1", "2")[len(arguments) :])
    network = dc.load_extractor(name, "cpu")
    share = cores() // int(workers)
    with tempfile.TemporaryDirectory() as folder:
        paths = drawn(Path(folder, "pictures"), int(many))
        workspace = dc.Workspace.open(Path(folder, "workspace"))
        for turn in range(int(turns)):
            here = slope(workspace, network, paths, int(few), f"here {turn}", None)
            with ray_engine(Cluster("local", cpus=share)) as engine:
                there = slope(workspace, network, paths, int(few), f"on Ray {turn}", engine)
            for what, one, other in zip(("wall", "CPU"), here, there, strict=True):
                more = f"{100 * (other / one - 1):+.1f} %"
                print(
                    f"{name}, {what}: here {1e3 * one:.2f} ms an image, on Ray {1e3 * other:.2f} ({more})", flush=True
                )


if __name__ == "__main__":
    main(sys.argv[1:])
