"""A workspace with 10,000 tiny drawn images whose sketches and words are made up, for `python -m benchmarks.dashboard`."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import dnacore as dc
from dnacore.dna.calibration import Calibration
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.sketches.segments import QUANTILES, SketchArrays
from dnacore.sketches.words import KEPT, Words
from dnacore.workspace.store.shard_plan import Member

IMAGES, SHARD = 10_000, 500


def make(home: Path, count: int) -> None:
    """Make the workspace unless it is there: images, attributes, sketches, DNAs, one selection."""
    workspace = dc.Workspace.open(home)
    if "many" in {dataset.name for dataset in workspace.datasets()}:
        return
    started = time.perf_counter()
    extractor = dc.load_extractor(DEFAULT_EXTRACTOR, device="cpu")
    calibration = Calibration(
        np.zeros(extractor.n_neurons), np.ones(extractor.n_neurons), extractor.layers, extractor.fingerprint, "made up"
    )
    workspace.choose_calibration(calibration)
    for seed, (name, images) in enumerate((("many", count), ("few", 600))):
        warm = draw(home.parent / f"{home.name}-images" / name, images, seed)
        workspace.add_dataset(name, home.parent / f"{home.name}-images" / name)
        extract(workspace, name, extractor, calibration, warm, seed)
    first = dc.Selection.of(range(20), name="the first ones", extractor=extractor.fingerprint, origin={"kind": "hand"})
    workspace.save_selection(first)
    print(f"made {count:,} images and their sketches in {time.perf_counter() - started:.0f} s")


def draw(folder: Path, count: int, seed: int) -> np.ndarray:
    """Draw tiny pictures and write their attributes; return of each how warm it is, (count,) 0 to 1."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    warm = random.random(count)
    lines = ["file,warm,shape"]
    for number in range(count):
        tint = (int(60 + 180 * warm[number]), 110, int(240 - 180 * warm[number]))
        image = Image.new("RGB", (96, 72), tint)
        canvas, round_ = ImageDraw.Draw(image), number % 2
        for _ in range(3):
            x, y, side = random.integers(0, 70), random.integers(0, 50), random.integers(8, 26)
            fill = tuple(int(value) for value in random.integers(0, 256, 3))
            (canvas.ellipse if round_ else canvas.rectangle)((x, y, x + side, y + side), fill=fill)
        image.save(folder / f"{number:05d}.jpg", quality=80)
        lines.append(f"{number:05d}.jpg,{int(warm[number] > 0.5)},{'round' if round_ else 'square'}")
    (folder / "attributes.csv").write_text("\n".join(lines) + "\n")
    return warm


def extract(
    workspace: dc.Workspace, name: str, extractor: dc.Extractor, calibration: Calibration, warm: np.ndarray, seed: int
) -> None:
    """Keep sketches and DNAs as extraction would, with made-up values: some neurons see how warm an image is."""
    dataset, store = workspace.dataset(name), workspace.store
    files = workspace.scan(dataset).files
    setting = store.setting(extractor, calibration, 1000)
    random = np.random.default_rng(seed)
    sees = np.where(np.arange(extractor.n_neurons) % 40 == 0, 500.0, random.uniform(0, 40, extractor.n_neurons))
    for start in range(0, len(files), SHARD):
        members = files[start : start + SHARD]
        centre = 250 + sees[:, None] * warm[None, start : start + len(members)]
        centre = centre + random.normal(0, 40, centre.shape)
        spread = np.linspace(-60, 60, QUANTILES)
        quantiles = np.clip(centre[..., None] + spread, 0, 999).astype(np.uint16)
        value = quantiles.astype(np.float32) / 999
        places = random.integers(0, QUANTILES, centre.shape).astype(np.uint16)
        arrays = SketchArrays(quantiles, value.max(2), places, value.mean(2))
        counts = np.stack([np.bincount(row.ravel(), minlength=1000) for row in quantiles])
        dna = dc.DNA(
            counts, np.zeros((len(counts), 2), np.int64), len(members), arrays.means.mean(1).astype(np.float64),
            arrays.means.var(1).astype(np.float64) * len(members), calibration, extractor.spec, name,
        )  # fmt: skip
        hashes = [file.hash for file in members]
        words = seen(random, warm[start : start + len(members)], hashes)
        store.add_shard(dataset, setting, [Member(f.hash, f.path) for f in members], dna, arrays, hashes, words)
    store.finish(dataset, setting, store.shards(dataset, setting))
    store.compact(dataset, setting)


def seen(random: np.random.Generator, warm: np.ndarray, hashes: list[str]) -> Words:
    """Five made-up words of each image, of the 1,000 that the network knows: what is warm is called otherwise."""
    first = 200 + 20 * (warm > 0.5) + random.integers(0, 20, len(warm))
    classes = np.column_stack([first, *(400 + 100 * place + random.integers(0, 40, len(warm)) for place in range(4))])
    odds = np.sort(random.dirichlet(np.ones(KEPT + 1), len(warm))[:, :KEPT])[:, ::-1]
    return Words(classes, odds.astype(np.float32), tuple(hashes), 1000)
