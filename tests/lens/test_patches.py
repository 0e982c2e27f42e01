"""Which images are a neuron's strongest."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from dnacore.lens.sets.patches import strongest

PEAKS, MEANS = np.array([[6, 6, 2, 6]], np.float32), np.array([[0.1, 0.4, 1.9, 0.2]], np.float32)


class FourImages:
    """What is kept of four images, of which three reach the ceiling of their one neuron."""

    def __len__(self) -> int:
        return PEAKS.shape[1]

    def peaks(self, rows: np.ndarray) -> np.ndarray:
        return PEAKS[rows]

    def means(self, rows: np.ndarray) -> np.ndarray:
        return MEANS[rows]

    def places(self, rows: np.ndarray) -> np.ndarray:
        return np.zeros(PEAKS.shape, np.int64)[rows]


def test_images_that_reach_the_ceiling_stand_by_how_much_of_them_does():
    request = SimpleNamespace(extractor=SimpleNamespace(layers={"head": 1}))
    found = strongest(request, SimpleNamespace(sketches=FourImages(), name="photos"), "head", 0, 4)
    assert [(one.position, one.peak) for one in found] == [(1, 6.0), (3, 6.0), (0, 6.0), (2, 2.0)]
