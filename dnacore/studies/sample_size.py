"""Do I have enough images? Distances of growing random subsets to a target (CVPR 2023, Fig. 5).

The distance of a sample is too large by what chance adds, and falls towards a limit as the sample grows: roughly as
a + b n^-p, with p between 1/2 (nothing but noise) and 1 (moments, as FD's bias). A curve has settled at the smallest n
from which on its mean over the seeds stays within 5 % of its value with all images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dnacore.distances.contrasts import contrast
from dnacore.distances.emd import combine
from dnacore.distances.frechet import frechet_of_images
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput
from dnacore.studies.frame.result import Figure, Mark, Result, Series
from dnacore.studies.frame.study import Option, Request, Role, Study, Subject

NEAR = 0.05  # of the final value, as in the paper
SMALLEST, LEAST = 4, 12
POWERS = np.linspace(0.5, 1.0, 11)
NAMES = {"emd": "DNA-EMD", "nfd": "NFD", "fd": "FD"}
UNITS = {"emd": "bins", "nfd": "squared activation", "fd": "squared activation"}


COLUMNS = {
    "metric": "distance",
    "settles_at": "settles at (images)",
    "final": "with all images",
    "unit": "unit",
    "limit": "heading for",
    "limit_low": "from (90 %)",
    "limit_high": "to (90 %)",
    "images_within_5_percent": "images to come within 5 % of that",
}


@dataclass(frozen=True)
class Limit:
    """Where a curve is heading: value at any number of images, its 90 % interval, and images to come within 5 %."""

    value: float
    low: float
    high: float
    images: float | None


def settles(sizes: Sequence[int], curve: np.ndarray, near: float = NEAR) -> float:
    """The number of images from which on the curve stays within `near` of its last value. curve: (S,).

    Between two sizes it is interpolated along the logarithm of the size. Raises BadInput for a last value of 0.
    """
    if not curve[-1] > 0:
        raise BadInput("The distance to the target is 0, so there is nothing to settle at. Choose another target.")
    off = np.abs(curve / curve[-1] - 1)
    outside = np.flatnonzero(off > near)
    if not len(outside):
        return float(sizes[0])
    i = int(outside[-1])
    share = (off[i] - near) / (off[i] - off[i + 1])
    return float(np.exp(np.log(sizes[i]) + share * (np.log(sizes[i + 1]) - np.log(sizes[i]))))


def whole(images: float) -> int:
    """A number of images that a curve gives between two sizes, rounded up to a whole one."""
    return math.ceil(images - 1e-9)


def limit(sizes: Sequence[int], curves: np.ndarray, random: np.random.Generator, rounds: int = 200) -> Limit:
    """Fit a + b n^-p to the mean over seeds; the interval is by drawing the seeds again. curves: (R, S)."""
    value, gain, power = _fit(np.asarray(sizes, float), curves.mean(0))
    again = [
        _fit(np.asarray(sizes, float), curves[random.integers(0, len(curves), len(curves))].mean(0))[0]
        for _ in range(rounds)
    ]
    low, high = np.quantile(again, [0.05, 0.95])
    images = (gain / (NEAR * value)) ** (1 / power) if value > 0 and gain > 0 else None
    return Limit(
        float(value), float(min(low, value)), float(max(high, value)), None if images is None else float(images)
    )


def _fit(sizes: np.ndarray, curve: np.ndarray) -> tuple[float, float, float]:
    """(a, b, p) of the least squares fit, with a not below 0. The largest sizes vary least, so they count most."""
    weight = np.sqrt(sizes)
    found = []
    for power in POWERS:
        design = np.stack([np.ones_like(sizes), sizes**-power], 1)
        (a, b), *_ = np.linalg.lstsq(design * weight[:, None], curve * weight, rcond=None)
        if a < 0:
            a, b = 0.0, float((curve * sizes**-power * weight**2).sum() / (sizes ** (-2 * power) * weight**2).sum())
        found.append((float((((a + b * sizes**-power) - curve) ** 2 * weight**2).sum()), a, b, power))
    _, a, b, power = min(found)
    return float(a), float(b), float(power)


def _sizes(images: int, count: int) -> list[int]:
    return sorted({round(float(n)) for n in np.geomspace(SMALLEST, images, count)})


def _curves(
    request: Request, metric: str, one: Subject, target: Subject, orders: np.ndarray, sizes: list[int]
) -> np.ndarray:
    """(R, S) distances of the first n images of every order to the target. orders: (R, N)."""
    seeds, images = orders.shape
    masks = np.zeros((seeds, len(sizes), images), bool)
    for r, order in enumerate(orders):
        for s, n in enumerate(sizes):
            masks[r, s, order[:n]] = True
    flat = masks.reshape(-1, images)
    if metric == "emd":
        request.watch("measuring DNA-EMD of subsets", 0, 1)
        far = contrast(one.sketches, (flat / flat.sum(1, keepdims=True)).T, target.part(np.arange(len(target))).cdf).emd
        return np.array([combine(column, request.selection) for column in far.T]).reshape(seeds, -1)
    if metric == "nfd":
        request.watch("measuring NFD of subsets", 0, 1)
        return _nfd(one, target, flat, request).reshape(seeds, -1)
    out = np.zeros((seeds, len(sizes)))
    slices = layer_slices(one.dna.layers)
    for k, where in enumerate(slices.values()):
        request.watch("measuring FD of subsets", k, len(slices))
        x, y = (s.sketches.means(where).T.astype(np.float64) for s in (one, target))
        last = frechet_of_images(x.T, y.T)  # the last size has all images in every order
        for r in range(seeds):
            for s in range(len(sizes)):
                out[r, s] += last if sizes[s] == images else frechet_of_images(x[masks[r, s]].T, y.T)
    return out / len(slices)


def _nfd(one: Subject, target: Subject, masks: np.ndarray, request: Request) -> np.ndarray:
    """(C,) NFD of each subset, averaged over the neurons. masks: (C, N)."""
    everything = slice(0, one.sketches.n_neurons)
    x, y = (s.sketches.means(everything).astype(np.float64) for s in (one, target))
    centre = x.mean(1, keepdims=True)
    x -= centre
    count = masks.sum(1)
    mean = x @ masks.T / count
    variance = np.maximum(x**2 @ masks.T / count - mean**2, 0) * (count / (count - 1))
    found = (mean + centre - y.mean(1, keepdims=True)) ** 2 + (np.sqrt(variance) - y.std(1, ddof=1, keepdims=True)) ** 2
    return np.array([combine(column, request.selection) for column in found.T])


def answer(request: Request) -> Result:
    """Curves, the size at which each settles, and where each is heading."""
    one, target = request.one("dataset"), request.one("target")
    images = len(one)
    if min(images, len(target)) < LEAST:
        raise BadInput(f"This study needs at least {LEAST} images on each side; there are {images} and {len(target)}.")
    random = request.random()
    kept = request.options["images"]
    if images > kept:
        one = one.among(np.sort(random.choice(images, kept, replace=False)))
    if len(target) > kept:
        target = target.among(np.sort(random.choice(len(target), kept, replace=False)))
    orders = np.stack([random.permutation(len(one)) for _ in range(request.options["seeds"])])
    sizes = _sizes(len(one), request.options["sizes"])
    rows, shares = [], []
    settled: dict[str, float] = {}
    for metric in request.options["metrics"]:
        curves = _curves(request, metric, one, target, orders, sizes)
        mean, last = curves.mean(0), curves.mean(0)[-1]
        heading = limit(sizes, curves, random)
        settled[NAMES[metric]] = settles(sizes, mean)
        rows.append(
            {
                "metric": NAMES[metric],
                "final": last,
                "unit": UNITS[metric],
                "settles_at": whole(settled[NAMES[metric]]),
                "limit": heading.value,
                "limit_low": heading.low,
                "limit_high": heading.high,
                "images_within_5_percent": None if heading.images is None else whole(heading.images),
            }
        )
        low, high = (np.quantile(curves, q, axis=0) / last for q in (0.05, 0.95))
        shares.append(Series(NAMES[metric], sizes, mean / last, low, high))
    figure = Figure(
        "line",
        "Distance to the target as the sample grows",
        "images in the sample",
        "distance, as a share of the distance with all images",
        shares,
        [Mark("5 % above", y=1 + NEAR), Mark("5 % below", y=1 - NEAR)],
        log_x=True,
    )
    factor = settled["FD"] / settled["DNA-EMD"] if {"FD", "DNA-EMD"} <= set(settled) else None
    more = {"sizes": sizes, "factor": factor, "settles_between": settled}
    return Result(
        _finding(one, target, rows),
        COLUMNS,
        rows,
        [figure],
        f"Random subsets of “{one.name}” against all of “{target.name}”: mean of {len(orders)} random orders, the "
        "band holds nine in ten of them. A curve has settled once it stays within 5 % of its last value.",
        _advice(one, rows),
        more=more,
    )


def _finding(one: Subject, target: Subject, rows: list[dict]) -> str:
    first = rows[0]
    text = (
        f"The distance from {one.name} to {target.name} settles with about {first['settles_at']} of {len(one)} "
        f"images ({first['metric']})"
    )
    others = [f"{row['settles_at']} for {row['metric']}" for row in rows[1:]]
    return f"{text}, against {' and '.join(others)}." if others else f"{text}."


def _advice(one: Subject, rows: list[dict]) -> str:
    first = rows[0]
    need = first["images_within_5_percent"]
    if need is None or first["limit"] <= 0:
        return "The distance keeps falling: the two sets may not differ at all. Compare it with what chance gives."
    above = first["final"] / first["limit"] - 1
    if need <= len(one):
        return f"There are enough images: more of them would change this distance by about {100 * abs(above):.0f} %."
    return f"About {need:,.0f} images would come within 5 % of the limit; with {len(one)} it is {100 * above:.0f} % too large."


STUDY = Study(
    "sample-size",
    "Do I have enough images?",
    "Measures the distance of growing random subsets to a target and says from how many images on it no longer "
    "changes.",
    "CVPR 2023, Fig. 5",
    (
        Role("dataset", "Dataset", "the images of which there may be too few"),
        Role("target", "Target", "what they are compared with"),
    ),
    answer,
    (
        Option(
            "metrics", "Distances", "choices", ("emd", "nfd", "fd"), "which distances to follow", ("emd", "nfd", "fd")
        ),
        Option("seeds", "Random orders", "whole", 10, "how many random orders to average over", low=2, high=100),
        Option("sizes", "Sizes", "whole", 12, "how many sample sizes to try", low=4, high=40),
        Option("images", "At most", "whole", 400, "images of each side that are used", low=LEAST, high=5000),
    ),
    selects=True,
    version=2,
)
