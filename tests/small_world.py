"""A world small enough for quick tests: a network that sees 32 x 32 pixels, its calibration, and drawn images."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dnacore as dc
from dnacore.dna.calibration import SHIPPED, load_calibration
from dnacore.extraction.extraction import Report, extract_dataset
from dnacore.extractors.loader import load_extractor
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.sources import resolver

NAME = DEFAULT_EXTRACTOR


@cache
def network(name: str = NAME) -> dc.Extractor:
    """The default network, or another one, at a size that takes a millisecond an image."""
    return load_extractor(name, "cpu", input_size=32)


@cache
def calibration(name: str = NAME) -> dc.Calibration:
    """Activation ranges that hold for the images of `draw`: those that ship for the network at its usual size."""
    usual, small = load_calibration(SHIPPED / f"{name}.npz"), network(name)
    return dc.Calibration(usual.low, usual.high, small.layers, small.fingerprint, "test")


def draw(folder: Path, count: int, seed: int = 0, dark: bool = False) -> Path:
    """Write `count` different PNG files of 40 x 32 pixels into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        ramp = np.linspace(rng.uniform(0, 120), rng.uniform(60, 255), 40)[None, :, None] * rng.uniform(0.3, 1, 3)
        pixels = np.repeat(ramp, 32, axis=0) + rng.normal(0, 12, (32, 40, 3))
        Image.fromarray(np.clip(pixels * (0.3 if dark else 1), 0, 255).astype(np.uint8)).save(
            folder / f"{number:03d}.png"
        )
    return folder


def workspace(root: Path) -> dc.Workspace:
    """A workspace that has a calibration for the small network."""
    opened = dc.Workspace.open(root)
    if opened.calibration(network().fingerprint) is None:
        opened.choose_calibration(calibration())
    return opened


def extract(ws: dc.Workspace, name: str, **options: object) -> Report:
    """Extract a dataset with the small network."""
    return extract_dataset(ws, ws.dataset(name), network(), calibration(), batch_size=4, **options)


def use_small_network(patch: pytest.MonkeyPatch) -> None:
    """Let every command load the small network instead of the usual one."""

    def load(name: str, device: str = "cpu", precision: str = "fp32", **options: object) -> dc.Extractor:
        return load_extractor(name, "cpu", precision, **(options | {"input_size": 32}))

    patch.setattr(resolver, "load_extractor", load)


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, by its path in it."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
