"""Sharpening: learned weights of neurons instead of equal weights of the k most sensitive ones.

Every image has one term per neuron: its distance to *without* minus its distance to *with* (the terms of CVPR 2023,
eq. 5). A logistic regression on the standardised terms, class-balanced and with a ridge penalty, learns how much each
counts. Its weights are kept from falling below zero, so what comes out weighs distances and nothing is ever subtracted:
on photographs of faces that cost nothing (`python -m benchmarks.words` has the figures).
While learning, no image is compared with references that hold it: it would look more like its own pile than a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from dnacore import parallel
from dnacore.analyses.metrics import auc
from dnacore.analyses.ranking import image_distances
from dnacore.distances.contrasts import columns, contrast
from dnacore.dna.from_sketches import sketched_dna
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection
from dnacore.sketches.sketches import Sketches

FOLDS = 5
INNER = 3  # while learning; 5 take half as long again and were no better
LEAST = 2 * FOLDS  # images a side, so that every fold has some of both
MOST_TERMS = 20_000_000  # images x neurons to learn from; where there are more, a random sample of the images
STRENGTH = 0.01  # how much the data count against the ridge; on faces, 0.001 to 0.1 differ by 0.01 AUC at most
STEPS = 300
SMALLEST = 1e-4  # share of the largest weight; neurons below it are left out
BLOCK = 256  # neurons computed at once

Watch = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Sharpened:
    """Learned weights, and what they are worth on images they were not learned from.

    auc: how often an image with lies before one without, ranked by the difference of the two weighted distances, mean
    over 5 folds; plain_auc: the same by the `top` most sensitive neurons, chosen and tried on the same folds.
    """

    selection: Selection
    auc: float
    plain_auc: float
    top: int
    images: tuple[int, int]


def sharpen(
    sketches: Sketches, with_: np.ndarray, without: np.ndarray, like: DNA, top: int = 20, name: str = "",
    names: tuple[str, str] = ("with", "without"), seed: int = 0, progress: Watch | None = None,
) -> Sharpened:  # fmt: skip
    """Learn weights that tell images with something from images without it.

    with_, without: (N,) bool, no image in both. like: any DNA of the same network and calibration. Raises BadInput below
    10 images a side, or when the terms tell nothing.
    """
    random = np.random.default_rng(seed)
    sketches, asked = _asked(sketches, with_, without, random)
    folds = _dealt(asked, random)
    found, plain = [], []
    for fold in range(FOLDS):
        if progress is not None:
            progress(fold, FOLDS + 1)
        learned, tried = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights = _learn(sketches.select(learned), asked[learned], like, random)
        terms = _terms(sketches.select(tried), *_sides(sketches, asked, learned, like))
        found.append(auc(-(terms @ weights), asked[tried]))
        plain.append(auc(-terms[:, _sensitive(sketches.select(learned), asked[learned])[:top]].sum(1), asked[tried]))
    if progress is not None:
        progress(FOLDS, FOLDS + 1)
    weights = _learn(sketches, asked, like, random)
    if not weights.any():
        raise BadInput(f"No neuron tells “{names[0]}” from “{names[1]}”, so there is nothing to weigh.")
    order = np.argsort(-weights, kind="stable")
    order = order[weights[order] > SMALLEST * weights.max()]
    images = int(asked.sum()), int((~asked).sum())
    learned_auc, plain_auc = float(np.mean(found)), float(np.mean(plain))
    origin: dict[str, Any] = {
        "kind": "sharpened", "with": names[0], "without": names[1], "images": list(images),
        "auc": learned_auc, "plain_auc": plain_auc, "top": top,
    }  # fmt: skip
    chosen = Selection(order, weights[order] / weights[order].sum(), name, like.calibration.extractor, origin)
    return Sharpened(chosen, learned_auc, plain_auc, top, images)


def _asked(
    sketches: Sketches, with_: np.ndarray, without: np.ndarray, random: np.random.Generator
) -> tuple[Sketches, np.ndarray]:
    """The sketches of the images in either pile, of too many a sample, and which are in the first: (N,) bool."""
    most = max(4 * LEAST, MOST_TERMS // max(1, sketches.n_neurons))
    sides = [np.flatnonzero(np.asarray(side, bool)) for side in (with_, without)]
    if min(map(len, sides)) < LEAST:
        few = min(map(len, sides))
        raise BadInput(f"Weights can be learned from {LEAST} images on each side on; one side has {few}.")
    share = min(1.0, most / sum(map(len, sides)))
    kept = [random.choice(side, max(LEAST, int(len(side) * share)), replace=False) for side in sides]
    chosen = np.sort(np.concatenate(kept))
    return sketches.select(chosen), np.asarray(with_, bool)[chosen]


def _dealt(asked: np.ndarray, random: np.random.Generator, count: int = FOLDS) -> np.ndarray:
    """(N,) int: the fold of every image; each fold has its share of both piles."""
    folds = np.empty(len(asked), np.int64)
    for side in (asked, ~asked):
        places = random.permutation(np.flatnonzero(side))
        folds[places] = np.arange(len(places)) % count
    return folds


def _learn(sketches: Sketches, asked: np.ndarray, like: DNA, random: np.random.Generator) -> np.ndarray:
    """(n_neurons,) weights, none below zero, in units of the terms."""
    folds = _dealt(asked, random, INNER)
    terms = np.empty((len(asked), sketches.n_neurons), np.float32)
    for fold in range(INNER):
        rest, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        terms[held] = _terms(sketches.select(held), *_sides(sketches, asked, rest, like))
    spread = terms.std(0)
    terms -= terms.mean(0)
    np.divide(terms, spread, out=terms, where=spread > 1e-6)
    terms[:, spread <= 1e-6] = 0.0
    weights = logistic(terms, asked)
    return np.divide(weights, spread, out=np.zeros_like(weights), where=spread > 1e-6)


def logistic(terms: np.ndarray, asked: np.ndarray, strength: float = STRENGTH) -> np.ndarray:
    """Weights w >= 0 of a class-balanced ridge logistic regression: (n,) float64.

    Minimises |w|^2 / 2 + strength * sum of balanced log losses, with a free intercept. terms: (N, n), standardised;
    asked: (N,) bool.
    """
    sign = np.where(asked, 1.0, -1.0)
    share = len(asked) * np.where(asked, 0.5 / max(1, asked.sum()), 0.5 / max(1, (~asked).sum()))

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (terms @ point[:-1].astype(terms.dtype) + point[-1])
        pull = -strength * share * sign * expit(-margin)
        slope = np.append(pull.astype(terms.dtype) @ terms + point[:-1], pull.sum())
        value = strength * (share * np.logaddexp(0, -margin)).sum() + 0.5 * (point[:-1] ** 2).sum()
        return float(value), slope

    bounds = [(0.0, None)] * terms.shape[1] + [(None, None)]
    start = np.zeros(terms.shape[1] + 1)
    return minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS, "ftol": 1e-5}
    ).x[:-1]


def _sides(sketches: Sketches, asked: np.ndarray, those: np.ndarray, like: DNA) -> Iterator[DNA]:
    """The DNAs of the images with and without, among those at these positions."""
    for side in (asked, ~asked):
        yield sketched_dna(sketches.select(those[side[those]]), like.calibration, like.extractor, "")


def _terms(sketches: Sketches, with_: DNA, without: DNA) -> np.ndarray:
    """(N, n_neurons) float32: distance to *without* minus distance to *with*, in bins."""
    terms = np.empty((len(sketches), sketches.n_neurons), np.float32)
    for rows in parallel.blocks(sketches.n_neurons, BLOCK):
        apart = image_distances(sketches, without, rows) - image_distances(sketches, with_, rows)
        terms[:, rows] = apart.T
    return terms


def _sensitive(sketches: Sketches, asked: np.ndarray) -> np.ndarray:
    """(n_neurons,) flat indices, most sensitive first."""
    return np.argsort(-contrast(sketches, columns(asked, ~asked)).emd[:, 0], kind="stable")
