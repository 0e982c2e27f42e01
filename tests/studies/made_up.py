"""Subjects of studies from made-up sketches: seven neurons, no image and no network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dnacore.dna.from_sketches import sketched_dna
from dnacore.studies.frame.study import Subject
from tests.sketch_data import NEURONS, bounds, sketches_of


def quantiles(images: int, seed: int = 0, shift: float = 0.0, spread: float = 60.0) -> np.ndarray:
    """(7, N, 16) bins around 400 + shift, each image around a middle of its own."""
    random = np.random.default_rng(seed)
    middle = 400 + shift + random.normal(0, spread, (NEURONS, images, 1))
    return np.clip(middle + random.normal(0, 40, (NEURONS, images, 16)), 0, 999)


def subject(
    values: np.ndarray, name: str = "made up", table: pd.DataFrame | None = None, paths: list[str] | None = None
) -> Subject:
    """A dataset of the images with these quantiles, (7, N, 16)."""
    sketches = sketches_of(values)
    count = len(sketches)
    return Subject(
        name,
        Path("nowhere"),
        tuple(paths or [f"{i}.png" for i in range(count)]),
        np.arange(count),
        table if table is not None else pd.DataFrame(index=range(count)),
        sketches,
        sketched_dna(sketches, bounds(), {}, name),
        "net",
    )
