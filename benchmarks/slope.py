"""Files to DNA over the plain forward: `python -m benchmarks.slope [--networks lite0 mobilenet resnet vit] [--rounds 3]`.

    [--photographs FOLDER...] [--few 96] [--many 384] [--no-peer]

CPU time of one process, networks with random weights (the built-in one with its own). "plain" is `model(x)` on batches
of 16 in channels-last, freed memory kept, nothing of ours in it. "ours" is `extract` with sketches into a new
workspace, from 96 and from 384 files: the slope between the two is what a further image costs, and what the 96 cost
beyond it is "first". Runs take turns; every figure is the median over the rounds, every ratio that of the round's own.
Without --photographs, images of 500 x 375 are drawn. `vdna`, where it is installed, extracts the same way, without
sketches, on the two networks it knows.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path

os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # before torch starts its threads

import numpy as np
import torch

from benchmarks.against_peer import peer, ranges_of, timed
from benchmarks.drawing import detailed
from dnacore.extraction.extraction import extract
from dnacore.extractors import Extractor, load_extractor
from dnacore.extractors.forward import malloc
from dnacore.images.files import find_images

BATCH, THREADS = 16, 2
NETWORKS = {
    "lite0": ("efficientnet_lite0", 0.85, 0.4),
    "mobilenet": ("timm:mobilenetv2_100@random", 1.05, 0.4),
    "resnet": ("dino_resnet50@random", 0.90, 1.2),
    "vit": ("dino_vitb16@random", 1.00, 0.4),
}
PEER = ("resnet", "vit")


def forward(extractor: Extractor, batches: list[torch.Tensor]) -> None:
    """The plain forward of some batches."""
    with malloc.kept(), extractor.held() as network, torch.inference_mode():
        for batch in batches:
            network(batch)


def copied(paths: list[Path], folder: Path, count: int) -> Path:
    """A folder with `count` files, all of different content: what is there twice would be extracted once."""
    folder.mkdir()
    for number in range(count):
        path = paths[number % len(paths)]
        (folder / f"{number:05d}{path.suffix}").write_bytes(path.read_bytes() + bytes(number // len(paths)))
    return folder


def measure(name: str, few: Path, many: Path, home: Path, rounds: int, with_peer: bool) -> dict[str, float]:
    """Medians over the rounds: CPU ms of a plain and of a further image, their ratio, CPU s of the first images."""
    extractor = load_extractor(NETWORKS[name][0], "cpu")
    sets = [[folder / one.path for one in find_images(folder)[0]] for folder in (few, many)]
    pictures = torch.stack([extractor.preprocess(path) for path in sets[0][: 4 * BATCH]])
    batches = [part.contiguous(memory_format=torch.channels_last) for part in pictures.split(BATCH)]
    bounds = ranges_of(extractor, batches[0])
    theirs = [peer(name, paths) for paths in sets] if with_peer else []
    extract(few, extractor, bounds, workspace=home / "warm")  # kernels are compiled, threads and weights are ready
    rows: dict[str, list[float]] = {key: [] for key in ("plain", "further", "ratio", "first", "vdna", "vdna_ratio")}
    for number in range(rounds):
        before = timed(lambda: forward(extractor, batches))[0]
        runs = [
            timed(partial(extract, folder, extractor, bounds, workspace=home / f"{number}-{folder.name}"))[0]
            for folder in (few, many)
        ]
        plain = (before + timed(lambda: forward(extractor, batches))[0]) / 2 / len(pictures)
        more = len(sets[1]) - len(sets[0])
        slope = (runs[1] - runs[0]) / more
        found = [plain * 1e3, slope * 1e3, slope / plain, runs[0] - slope * len(sets[0])]
        if theirs:
            apart = [timed(call)[0] for call in theirs]
            found += [(apart[1] - apart[0]) / more * 1e3, (apart[1] - apart[0]) / more / plain]
        for key, value in zip(rows, found, strict=False):
            rows[key].append(value)
    return {key: float(np.median(values)) if values else float("nan") for key, values in rows.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--photographs", nargs="+", type=Path, default=[])
    options.add_argument("--few", type=int, default=96)
    options.add_argument("--many", type=int, default=384)
    options.add_argument("--no-peer", action="store_true")
    asked = options.parse_args()
    torch.set_num_threads(THREADS)
    print(
        f"CPU ms an image, batch {BATCH}, {THREADS} threads, median of {asked.rounds}; slope {asked.few}-{asked.many}"
    )
    heads = ("plain", "further", "ratio", "bar", "first, s", "bar, s", "vdna", "vdna ratio")
    print(f"{'network':<30}" + "".join(f"{head:>11}" for head in heads))
    with tempfile.TemporaryDirectory() as where:
        root = Path(where)
        paths = [folder / one.path for folder in asked.photographs for one in find_images(folder)[0]]
        paths = paths or detailed(root / "drawn", asked.many)
        few, many = (copied(paths, root / str(count), count) for count in (asked.few, asked.many))
        for name in asked.networks:
            with_peer = not asked.no_peer and name in PEER and find_spec("vdna") is not None
            row = measure(name, few, many, root / name, asked.rounds, with_peer)
            network, bar, first = NETWORKS[name]
            values = (
                row["plain"],
                row["further"],
                row["ratio"],
                bar,
                row["first"],
                first,
                row["vdna"],
                row["vdna_ratio"],
            )
            print(f"{network:<30}" + "".join(f"{value:>11.2f}" for value in values), flush=True)
            shutil.rmtree(root / name)


if __name__ == "__main__":
    main()
