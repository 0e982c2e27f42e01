"""What the Ray engine costs beside the local one: `python -m benchmarks.ray_overhead [NETWORK] [FEW MANY] [WORKERS] [TURNS]`.

Both engines extract the same drawn images on the same cores with the same threads, batch size and sketches, in turns; what
an image costs is the slope between FEW and MANY of them, so that starting a cluster, loading the network and compiling
kernels count for nothing. On Ray the CPU is that of this process and of all that it started, Ray's own daemons among them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
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


@dataclass
class Run:
    """One engine, measured: what a number of images took it, in seconds."""

    name: str
    engine: Engine | None
    workspace: dc.Workspace
    network: dc.Extractor

    def extract(self, paths: list[str], turn: str) -> np.ndarray:
        """Extract images that this workspace has not seen under this name: (wall, CPU)."""
        n = self.network.n_neurons
        ranges = dc.Calibration(
            np.full(n, -2.0), np.full(n, 6.0), self.network.layers, self.network.fingerprint, "made up"
        )
        name = f"{self.name} {turn} {len(paths)}"
        listed = self.workspace.root / f"{name}.txt"
        listed.write_text("\n".join(paths) + "\n")
        dataset = self.workspace.add_dataset(name, listed)
        before = self._spent()
        report = extract_dataset(self.workspace, dataset, self.network, ranges, engine=self.engine)
        took = self._spent() - before
        assert (report.extracted, report.sketched) == (len(paths), len(paths))
        print(f"    {name} images: {took[0]:.1f} s, {took[1]:.1f} s of CPU", flush=True)
        return took

    def _spent(self) -> np.ndarray:
        """Wall and CPU: without Ray of this process alone, whose daemons stand by meanwhile."""
        return np.array([time.perf_counter(), spent(os.getpid()) if self.engine else time.process_time()])


def main(arguments: list[str]) -> None:
    """What an image costs on either engine, and how much more it is on Ray: each turn, and the medians of all."""
    name, few, many, workers, turns = (*arguments, *("efficientnet_lite0", "512", "2048", "1", "3")[len(arguments) :])
    network = dc.load_extractor(name, "cpu")
    cluster = Cluster("local", cpus=cores() // int(workers))
    slopes: dict[str, list[np.ndarray]] = {"here": [], "on Ray": []}
    with tempfile.TemporaryDirectory() as folder, ray_engine(cluster) as engine:
        paths = drawn(Path(folder, "pictures"), int(many))
        workspace = dc.Workspace.open(Path(folder, "workspace"))
        both = [Run("here", None, workspace, network), Run("on Ray", engine, workspace, network)]
        for run in both:
            run.extract(paths[:FIRST], "first")
        for turn in range(1, int(turns) + 1):
            both.reverse()  # what other programs do on the machine meets both alike
            short = {run.name: run.extract(paths[: int(few)], f"turn {turn},") for run in both}
            for run in both:
                long = run.extract(paths, f"turn {turn},")
                slopes[run.name].append((long - short[run.name]) / (int(many) - int(few)))
            tell(f"turn {turn}", slopes["here"][-1], slopes["on Ray"][-1])
    tell(f"{name}, medians", np.median(slopes["here"], axis=0), np.median(slopes["on Ray"], axis=0))


def tell(when: str, here: np.ndarray, there: np.ndarray) -> None:
    """Print what an image costs."""
    for what, one, other in zip(("wall", "CPU"), here, there, strict=True):
        more = 100 * (other / one - 1)
        print(f"{when}, {what}: here {1e3 * one:.2f} ms an image, on Ray {1e3 * other:.2f} ({more:+.1f} %)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
