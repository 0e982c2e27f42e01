"""Rankings by the first neuron, the first two, the first three: what a slider over their number runs through.

With neurons n_1, n_2, ... in the order of their sensitivity, the distance by the first k of them is the mean of the
first k per-neuron distances (CVPR 2023, eq. 5 with w = 1/k), so that all of them come out of one running sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dnacore.analyses.ranking import image_distances
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches

BLOCK = 64  # neurons whose distances to all images are held at once


def steps(most: int, count: int = 48) -> list[int]:
    """Numbers of neurons from 1 to `most`: every one at first, then ever farther apart; at most `count` of them."""
    if most < 1 or count < 2:
        raise BadInput(f"There is nothing to choose between 1 and {most} in {count} steps.")
    if most <= count:
        return list(range(1, most + 1))
    dense = count // 2
    rest = np.geomspace(dense, most, count - dense + 1)[1:]
    return sorted({*range(1, dense + 1), *(round(value) for value in rest)})


def prefix_means(
    sketches: Sketches, neurons: Sequence[int] | np.ndarray, counts: Sequence[int], reference: DNA,
    unlike: DNA | None = None,
) -> np.ndarray:  # fmt: skip
    """Distance of every image by the first k of some neurons, for every k of `counts`: (len(counts), N) float32, in bins.

    neurons: flat indices in order, as many as the largest count. counts: rising. With `unlike`: distance to the
    reference minus distance to `unlike`. Row k equals `distances_to` with a plain selection of the first k neurons, to
    float32. Raises BadInput for counts that do not rise, or beyond the neurons.
    """
    neurons, steps = np.asarray(neurons, np.int64), np.asarray(counts, np.int64)
    if not len(steps) or steps[0] < 1 or (np.diff(steps) <= 0).any() or steps[-1] > len(neurons):
        raise BadInput(f"The numbers of neurons have to rise from 1 to at most {len(neurons)}.")
    out = np.empty((len(steps), len(sketches)), np.float32)
    total = np.zeros(len(sketches))
    row = 0
    for start in range(0, int(steps[-1]), BLOCK):
        block = neurons[start : min(start + BLOCK, int(steps[-1]))]
        distances = image_distances(sketches, reference, block)
        if unlike is not None:
            distances = distances - image_distances(sketches, unlike, block)
        running = np.cumsum(distances, axis=0)
        while row < len(steps) and steps[row] <= start + len(block):
            out[row] = (total + running[steps[row] - start - 1]) / steps[row]
            row += 1
        total += running[-1]
    return out
