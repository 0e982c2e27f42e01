"""Did it drift? One dataset's images in order, cut into windows, each compared with the first.

The change point and its p-value are those of `change_point`. Each window's distance to the first is shown beside what
chance gives: the same windows filled with the same images in random orders. As the test compares images two by two, of a
large dataset a sample is looked at, evenly spaced in order.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from dnacore.attributes.sensitivity import sensitivity
from dnacore.dna.layers import locate
from dnacore.errors import BadInput
from dnacore.studies.frame.result import Figure, Mark, Picture, Result, Series
from dnacore.studies.frame.study import Option, Request, Role, Study, Subject
from dnacore.studies.frame.words import Moved, moved_words, word_figure, wordless
from dnacore.studies.methods.change_point import ChangePoint, between_images, change_point
from dnacore.studies.methods.windows import from_the_first, spaced, windows

SMALLEST, WINDOWS = 4, 10
NEURONS, SHOWN = 10, 4
DOUBTFUL = 5  # times the rate of false alarms up to which a change is told as possible
COLUMNS = {
    "window": "window",
    "first": "from",
    "last": "to",
    "images": "images",
    "distance": "distance (bins)",
    "chance": "chance stays below (bins)",
    "after_change": "after the change",
}


def by_name(path: str) -> list[object]:
    """A key that sorts image2 before image10."""
    return [int(part) if part.isdecimal() else part.lower() for part in re.split(r"(\d+)", path)]


def in_order(subject: Subject, order: str) -> np.ndarray:
    """(N,) positions of the images by name or by the time of their last change (those of one time by name)."""
    keys = [by_name(path) for path in subject.paths]
    if order == "time":
        return np.array(sorted(range(len(subject)), key=lambda i: (int(subject.changed[i]), keys[i])), np.int64)
    return np.array(sorted(range(len(subject)), key=lambda i: keys[i]), np.int64)


def answer(request: Request) -> Result:
    """Each window's distance to the first, the change point if there is one, and what changed there."""
    given = request.one("dataset")
    places = spaced(len(given), request.options["images"])
    one = given.among(in_order(given, request.options["order"])[places])
    size = request.options["window"] or max(SMALLEST, min(100, len(one) // WINDOWS))
    if len(one) < 3 * size:
        raise BadInput(
            f"Three windows of {size} images need {3 * size}; of “{one.name}” {len(one)} are looked at. Make them smaller."
        )
    weights = None
    if request.selection is not None:
        weights = np.zeros(one.sketches.n_neurons)
        weights[request.selection.flat] = request.selection.weights
    random = request.random()
    distances = between_images(one.sketches, weights, request.watch)
    point = change_point(
        distances,
        min(size, max(2, len(one) // 8)),
        request.options["orders"],
        random,
        request.watch,
        -(-request.options["alike"] * len(one) // len(given)),
    )
    alarm = point.p <= request.options["rate"]
    cuts = windows(len(one), size)
    far, usual = from_the_first(one, cuts, request, random)
    rows = [
        {
            "window": k + 1,
            "first": one.paths[a],
            "last": one.paths[b - 1],
            "images": b - a,
            "distance": far[k] if k else None,
            "chance": usual[k] if k else None,
            "after_change": bool(alarm and (a + b) / 2 >= point.position),
        }
        for k, (a, b) in enumerate(cuts)
    ]
    return _result(request, one, places, size, cuts, rows, alarm, point)


def _result(
    request: Request, one: Subject, places: np.ndarray, size: int, cuts: list, rows: list[dict], alarm: bool,
    point: ChangePoint,
) -> Result:  # fmt: skip
    figures = _figures(places, cuts, rows, alarm, point)
    at, images = int(places[point.position]), int(places[-1]) + 1
    looked = "" if len(one) == images else f" {len(one):,} of them were looked at, evenly spaced in order."
    more: dict[str, Any] = {
        "window": size,
        "alarm": alarm,
        "p": point.p,
        "change_at": at if alarm else None,
        "change_file": one.paths[point.position] if alarm else None,
        "neurons": [],
        "words": [],
    }
    caption = (
        f"The {images} images of “{one.name}” by {request.options['order']}, in windows of {size}.{looked} The change "
        "point is the split that tells the images before from those after best; its p-value comes from "
        f"{request.options['orders']} random orders of the same images."
    )
    orders = request.options["orders"]
    if not alarm:
        notes = [f"With {orders} random orders p cannot be below {1 / (1 + orders):.2g}."] * (
            1 / (1 + orders) > request.options["rate"]
        )
        found, advice = _unsure(request, one, point, at, images)
        return Result(f"{found}{looked}", COLUMNS, rows, figures, caption, advice, notes, more=more)
    neurons, words = _moved(request, one, point.position)
    more |= {"neurons": neurons, "words": [vars(w) for w in words]}
    risen = ", ".join(w.word for w in words if w.change > 0)
    fallen = ", ".join(w.word for w in words if w.change < 0)
    said = "".join((f"; it shows more of {risen}" if risen else "", f"; less of {fallen}" if fallen else ""))
    notes = [] if words or not request.options["words"] else [wordless(request)]
    before, after = one.paths[point.position - 1], one.paths[point.position]
    return Result(
        f"Yes: {one.name} changes at image {at + 1} of {images}, {after} (p = {point.p:.2g}){said}.{looked}",
        COLUMNS,
        rows,
        [*figures, _neuron_figure(neurons), *([word_figure(words)] if words else [])],
        caption,
        f"Look at the images around {before} and {after}, and treat what comes before and after as two datasets.",
        notes,
        _pictures(one, point.position),
        more=more,
    )


def _unsure(request: Request, one: Subject, point: ChangePoint, at: int, images: int) -> tuple[str, str]:
    """The finding where no alarm is raised, and what to do: a change that chance seldom gives is not called none."""
    rate = request.options["rate"]
    if point.p > DOUBTFUL * rate:
        return (
            f"No: the images of {one.name} look alike from first to last (p = {point.p:.2g}; an alarm is raised at "
            f"{rate:g}).",
            "Nothing to do. A change in the images' order, or in few of them, can be too small to be seen.",
        )
    after = one.paths[point.position]
    return (
        f"Perhaps: {one.name} may change at image {at + 1} of {images}, {after}, but chance alone gives as much in "
        f"{100 * point.p:.2g} of 100 random orders, and an alarm is raised at {100 * rate:g}.",
        f"Look at the images around {after}. More images, or a higher rate of false alarms under Settings, would settle it.",
    )


def _figures(places: np.ndarray, cuts: list, rows: list[dict], alarm: bool, point: ChangePoint) -> list[Figure]:
    middles = [(int(places[a]) + int(places[b - 1]) + 1) / 2 for a, b in cuts]
    series = [
        Series(
            "distance to the first window",
            middles[1:],
            [r["distance"] for r in rows[1:]],
            text=[f"{r['first']} to {r['last']}: {r['distance']:.2f} bins" for r in rows[1:]],
        ),
        Series("what chance stays below in 19 of 20 cases", middles[1:], [r["chance"] for r in rows[1:]], dashed=True),
    ]
    marks = [Mark("change", x=int(places[point.position]))] if alarm else []
    return [
        Figure("line", "Each window against the first", "image, in order", "EMD, bins", series, marks),
        Figure(
            "line",
            "How much each split tells before from after",
            "image, in order",
            "energy statistic, bins",
            [Series("energy", places.tolist(), point.statistic.tolist())],
            marks,
        ),
    ]


def _neuron_figure(neurons: list[dict]) -> Figure:
    names = [f"{neuron['layer']} {neuron['index']}" for neuron in neurons]
    ways = {1: "more active after the change", -1: "less active after the change"}
    moved = [
        Series(said, names, [n["emd"] if n["direction"] == way else None for n in neurons])
        for way, said in ways.items()
        if any(n["direction"] == way for n in neurons)
    ]
    return Figure("bar", "Neurons that moved most", "layer and number of the neuron", "EMD, bins", moved)


def _moved(request: Request, one: Subject, at: int) -> tuple[list[dict], list[Moved]]:
    """The neurons that changed most, and the words of the network's own head that did."""
    before, after = (
        one.part(part, name) for part, name in ((np.arange(at), "before"), (np.arange(at, len(one)), "after"))
    )
    found = sensitivity(after, before, seed=request.seed)
    neurons = []
    for flat in found.order[:NEURONS].tolist():
        layer, index = locate(one.dna.layers, flat)
        ratio = None if found.noise_ratio is None else float(found.noise_ratio[flat])
        neurons.append(
            {
                "layer": layer,
                "index": index,
                "flat": flat,
                "emd": float(found.emd[flat]),
                "noise_ratio": ratio,
                "direction": int(found.direction[flat]),
            }
        )
    words = moved_words(request, one, at) if request.options["words"] else []
    return neurons, words


def _pictures(one: Subject, at: int) -> list[Picture]:
    near = [*range(max(0, at - SHOWN), at), *range(at, min(len(one), at + SHOWN))]
    return [Picture(one.name, one.paths[i], "before the change" if i < at else "after the change") for i in near]


STUDY = Study(
    "drift",
    "Did it drift?",
    "Puts one dataset's images in order, cuts them into windows, and says whether and where they change, and what "
    "moved.",
    "beyond the paper; the test is that of Matteson and James (2014) on DNA-EMD",
    (Role("dataset", "Dataset", "images in order of name or time"),),
    answer,
    (
        Option(
            "order",
            "Order",
            "choice",
            "name",
            "by file name (2 before 10) or by when the file was last changed",
            ("name", "time"),
        ),
        Option(
            "window",
            "Images a window",
            "whole",
            0,
            "how many images a window holds (0: a tenth of them)",
            low=0,
            high=10_000,
        ),
        Option(
            "rate",
            "False alarms",
            "number",
            0.01,
            "how often a set without a change may raise an alarm",
            low=0.001,
            high=0.5,
        ),
        Option(
            "orders", "Random orders", "whole", 499, "how many random orders say what chance gives", low=19, high=20_000
        ),
        Option(
            "alike",
            "Neighbours alike",
            "whole",
            1,
            "frames that resemble their neighbours by nature come in runs of so many",
            low=1,
            high=1000,
        ),
        Option(
            "images", "At most", "whole", 2000, "images that are looked at, evenly spaced in order", low=12, high=4000
        ),
        Option("words", "Words", "yes", True, "ask the network's own head which words became more and less frequent"),
    ),
    selects=True,
    version=3,
)
