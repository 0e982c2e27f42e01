"""Mixtures: in which shares to put datasets together so that they come nearest to a target.

A mixture's histogram is the mixture of the histograms, so its distance to the target, with F_k the CDFs of K datasets,

    f(a) = sum over neurons n of w_n * sum over bins of |sum_k a_k F_k - F_target|,   a_k >= 0, sum a_k = 1,

is convex. It is minimised by cutting planes (Kelley, 1960, "The cutting-plane method for solving convex programs"):
every evaluation gives a plane that lies below f, a linear program over the simplex finds the lowest point of all
planes, and that point's height is a proven lower bound, so that how far the answer can be from the best one is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from dnacore import parallel
from dnacore.dna.comparable import check_comparable, named
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection, weighed

TOLERANCE = 1e-3  # share of the distance: a tenth of the precision that distances are shown with
MOST_STEPS = 400


@dataclass(frozen=True, eq=False)
class Mixture:
    """shares: {dataset: share of the images, 0 to 1}, adding up to 1. distance: of the mixture to the target, in bins.

    alone: {dataset: its own distance to the target}. bound: no mixture comes nearer than this.
    """

    target: str
    shares: dict[str, float]
    distance: float
    alone: dict[str, float]
    bound: float


def mixture(
    target: DNA, parts: Sequence[DNA], selection: Selection | None = None, tolerance: float = TOLERANCE
) -> Mixture:
    """The mixture of the parts nearest to the target by (weighted) EMD, to within `tolerance` of the distance.

    Raises Mismatch when the DNAs must not be compared, BadInput for negative weights, under which near means nothing.
    """
    from scipy.optimize import linprog

    names = [part.name for part in parts]
    if len(parts) < 2 or len(set(names)) != len(names):
        raise BadInput("A mixture needs at least two different datasets.")
    for dna in (target, *parts):
        check_comparable(target, dna)
        if not dna.images:
            raise BadInput(f"{named(dna)} has no readable image, so it cannot be mixed.")
    flat, weights = weighed(selection, target.n_neurons, target.network)
    if (weights < 0).any():
        raise BadInput("A mixture needs a selection whose weights are all positive: choose another.")
    curves = np.stack([part.cdf[flat].astype(np.float32) for part in parts])
    aim = target.cdf[flat].astype(np.float32)

    count = len(parts)
    corners = [_evaluate(np.eye(count)[k], curves, aim, weights) for k in range(count)]
    best = min(range(count), key=lambda k: corners[k][0])
    shares, lowest = np.eye(count)[best], corners[best][0]
    heights, slopes = [h for h, _ in corners], [s for _, s in corners]
    points = list(np.eye(count))
    bound = 0.0
    for _ in range(MOST_STEPS):
        # lowest t with t >= height + slope . (a - point) for every plane
        planes = np.hstack([np.array(slopes), -np.ones((len(slopes), 1))])
        below = np.array([s @ p - h for s, p, h in zip(slopes, points, heights, strict=True)])
        found = linprog(
            np.r_[np.zeros(count), 1.0], A_ub=planes, b_ub=below, A_eq=np.r_[np.ones(count), 0.0][None], b_eq=[1.0],
            bounds=[(0, None)] * count + [(0, None)],
        )  # fmt: skip
        if found.status != 0 or found.x is None:
            raise BadInput(
                f"The shares of the mixture could not be found: the solver gave up ({found.message}). Leave out datasets "
                "that are nearly the same, or choose more neurons."
            )
        bound = max(bound, float(found.fun))
        if lowest - bound <= tolerance * max(lowest, 1e-12):
            break
        # halfway to the best point so far: few planes describe f badly far away from where they touch it
        point = (np.clip(found.x[:count], 0, None) + shares) / 2
        point /= point.sum()
        height, slope = _evaluate(point, curves, aim, weights)
        points.append(point)
        heights.append(height)
        slopes.append(slope)
        if height < lowest:
            shares, lowest = point, height
    alone = {name: float(corners[k][0]) for k, name in enumerate(names)}
    mixed = {name: float(share) for name, share in zip(names, shares, strict=True)}
    return Mixture(target.name, mixed, float(lowest), alone, min(bound, float(lowest)))


def _evaluate(shares: np.ndarray, curves: np.ndarray, aim: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """f and a subgradient of it, (K,). curves: (K, n, B), aim: (n, B), weights: (n,)."""
    heights, slopes = np.empty(len(aim)), np.empty((len(aim), len(shares)))
    parallel.over_rows(_rows, len(aim), curves, aim, np.asarray(shares, np.float64), heights, slopes)
    return float(weights @ heights), weights @ slopes


@njit(nogil=True, cache=True)
def _rows(first, last, curves, aim, shares, heights, slopes):
    count, _, bins = curves.shape
    for n in range(first, last):
        total = 0.0
        slopes[n] = 0.0
        for b in range(bins):
            gap = -np.float64(aim[n, b])
            for k in range(count):
                gap += shares[k] * curves[k, n, b]
            total += abs(gap)
            sign = np.sign(gap)
            for k in range(count):
                slopes[n, k] += sign * curves[k, n, b]
        heights[n] = total
