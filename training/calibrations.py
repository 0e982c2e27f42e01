"""Measure the calibrations that ship.

    python -m training.calibrations [NAME ...] [--photographs FOLDER ...]

On the demo's images and on test patterns that reach further than photographs do: black, white, saturated colours, hard
edges at every scale, and noise of every colour; for `mini` also on pictures of the training programs in many styles.
Real photographs then stay inside the ranges without widening them more than they need. A network that was trained on
photographs (`PHOTOGRAPHED`) is measured on real images too: every second one of each FOLDER, so that the others can
show whether the ranges hold. The file that is written says how many there were, and names none of them.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dnacore import demo
from dnacore.dna.calibration import SHIPPED
from dnacore.extraction.calibrate import measure
from dnacore.extractors import load_extractor
from dnacore.images.files import find_images
from training.sheets import sheet

PER_DEMO = 40
SHEETS = 24
PHOTOGRAPHED = ("efficientnet_lite0",)
NAMES = (*PHOTOGRAPHED, "mini", "random_resnet18", "random_resnet50")


def patterns(side: int = 256) -> list[np.ndarray]:
    """(side, side, 3) uint8 images."""
    random = np.random.default_rng(0)
    found = [np.full((side, side, 3), colour, np.uint8) for colour in
             [(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]]  # fmt: skip
    y, x = np.mgrid[:side, :side]
    for size in (1, 2, 4, 8, 16, 32, 64):
        board = ((x // size + y // size) % 2 * 255).astype(np.uint8)
        stripes = (x // size % 2 * 255).astype(np.uint8)
        found += [np.stack([p] * 3, 2) for p in (board, stripes, stripes.T)]
        colours = random.integers(0, 256, (side // size + 1, side // size + 1, 3), np.uint8)
        found.append(colours.repeat(size, 0).repeat(size, 1)[:side, :side])
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side))) + 1 / side
    for power in (0.0, 0.5, 1.0, 1.5, 2.0):
        for _ in range(6):
            noise = np.stack([np.fft.ifft2(np.fft.fft2(random.normal(size=(side, side))) / frequency**power).real
                              for _ in range(3)], 2)  # fmt: skip
            noise = (noise - noise.mean()) / noise.std()
            found.append((noise * random.uniform(30, 90) + 128).clip(0, 255).astype(np.uint8))
    return found


def drawn(side: int = 256) -> list[np.ndarray]:
    """(side, side, 3) uint8 pictures of the training programs, of other seeds than training's."""
    draws, found = torch.Generator().manual_seed(2026), []
    for _ in range(SHEETS):
        for picture in sheet(3, 3, side, draws).pictures:
            found.append((picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    return found


def photographs(folders: list[Path]) -> list[Path]:
    """Every second image of each folder, in the order of their paths."""
    return [path for folder in folders for path in sorted(folder / found.path for found in find_images(folder)[0])[::2]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--photographs", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    if not options.photographs and set(options.names) & set(PHOTOGRAPHED):
        parser.error(f"{' and '.join(PHOTOGRAPHED)} must see real images: give their folders with --photographs.")
    real = photographs(options.photographs)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for dataset in demo.demo_datasets():
            for index in range(PER_DEMO):
                paths.append(Path(folder, f"{dataset.name}-{index}.png"))
                demo.image(dataset.name, index)[0].save(paths[-1])
        made = {"mini": patterns() + drawn()} if "mini" in options.names else {}
        for name in options.names:
            shown = list(paths)
            for index, pattern in enumerate(made.get(name) or patterns()):
                shown.append(Path(folder, f"pattern-{index}.png"))
                Image.fromarray(pattern).save(shown[-1])
            origin = f"shipped; measured on {len(shown)} drawn images"
            if name in PHOTOGRAPHED:
                origin += f" and {len(real)} photographs, paintings and sketches"
                shown += real
            found = measure(load_extractor(name, device="cpu"), shown, origin=origin)
            # Not `left_out` nor what `measure` adds to the origin: both name image files.
            replace(found, origin=origin, left_out=()).save(SHIPPED / f"{name}.npz")
            print(name, len(shown), "images, left out:", [Path(row["path"]).name for row in found.left_out])


if __name__ == "__main__":
    main()
