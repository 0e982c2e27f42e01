"""Small sketches for tests."""

from __future__ import annotations

import numpy as np

from dnacore.dna.calibration import Calibration
from dnacore.sketches.segments import Segment, SketchArrays
from dnacore.sketches.sketches import Sketches

NEURONS = 7


def bounds() -> Calibration:
    return Calibration(np.zeros(NEURONS), np.ones(NEURONS), {"a": 2, "b": NEURONS - 2}, "net", "here")


def hashes_of(count: int, start: int = 0) -> list[str]:
    return [f"{i:032x}" for i in range(start, start + count)]


def arrays_of(quantiles: np.ndarray) -> SketchArrays:
    """Sketch arrays with these quantiles, (n, N, 16), and peaks, places and means that tell images apart."""
    quantiles = np.sort(np.asarray(quantiles), axis=2).astype(np.uint16)
    peaks = quantiles.max(2).astype(np.float32)
    return SketchArrays(quantiles, peaks, quantiles[..., 0].copy(), quantiles.mean(2).astype(np.float32))


def sketches_of(quantiles: np.ndarray) -> Sketches:
    """A view of one segment that is not on disk."""
    arrays = arrays_of(quantiles)
    names = hashes_of(arrays.images)
    return Sketches([Segment(None, arrays, tuple(names))], names, 1000)
