"""Rankings by the first neuron, the first two, the first three and so on, as a slider over their number needs them.

With neurons n_1, n_2, ... in the order of their sensitivity, the distance by the first k of them is the mean of the
first k per-neuron distances (CVPR 2023, eq. 5 with w = 1/k), so that all of them come out of one running sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dnacore.analyses.metrics import auc
from dnacore.analyses.ranking import image_distances
from dnacore.distances.contrasts import columns, contrast
from dnacore.dna.from_sketches import average
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches

BLOCK = 64  # neurons whose distances to all images are in memory at once
FOLDS = 4
MOST_TRIED = 400  # images a side on which neurons are chosen and tried; of more, a random sample


def steps(most: int, count: int = 48) -> list[int]:
    """At most `count` numbers of neurons from 1 to `most`: each one at first, then farther and farther apart."""
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


def folds(having: np.ndarray, seed: int = 0) -> np.ndarray:
    """(N,) int: the fold of every image, 0 to 3, each with its share of both sides; -1 for images that are not tried.

    having: (N,) bool, which images are on the first side.
    """
    random, dealt = np.random.default_rng(seed), np.full(len(having), -1)
    for side in (having, ~having):
        places = random.permutation(np.flatnonzero(side))[:MOST_TRIED]
        dealt[places] = np.arange(len(places)) % FOLDS
    return dealt


def auc_of_new(sketches: Sketches, having: np.ndarray, counts: Sequence[int], like: DNA, seed: int = 0) -> np.ndarray:
    """How often an image with lies before one without, on images that the neurons were not chosen by: (len(counts),).

    The most sensitive neurons and both references come from three quarters of the images and rank the rest; the mean over
    the four quarters. having: (N,) bool, which images are with. like: any DNA of the same network and calibration.
    Raises BadInput below 4 images a side.
    """
    having = np.asarray(having, bool)
    if min(int(having.sum()), int((~having).sum())) < FOLDS:
        raise BadInput(f"Trying neurons on other images needs at least {FOLDS} images on each side.")
    dealt = folds(having, seed)
    learned = np.stack([(dealt >= 0) & (dealt != fold) for fold in range(FOLDS)])
    apart = contrast(sketches, columns(learned & having, learned & ~having)).emd
    found = np.empty((FOLDS, len(counts)))
    for fold in range(FOLDS):
        order = np.argsort(-apart[:, fold], kind="stable")[: counts[-1]]
        tried = np.flatnonzero(dealt == fold)
        with_, without = (
            average(sketches, np.flatnonzero(learned[fold] & side), like, "") for side in (having, ~having)
        )
        ranked = prefix_means(sketches.select(tried), order, counts, with_, without)
        found[fold] = [auc(row, having[tried]) for row in ranked]
    return found.mean(0)
