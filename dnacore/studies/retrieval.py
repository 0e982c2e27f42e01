"""Find the images that look like these: DNA-EMD against other distances (CVPR 2023, Fig. 3, 4 and 6).

Half of the images that look alike is the reference. The other half is hidden among images of other kinds, and every
method ranks them all by their distance to the reference. Neurons are selected on images that are not ranked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dnacore.analyses.metrics import auc, precision_recall
from dnacore.analyses.ranking import distances_to
from dnacore.distances.emd import emd_avg
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Unavailable
from dnacore.neurons.selection import Selection
from dnacore.studies.frame.result import Figure, Mark, Picture, Result, Series
from dnacore.studies.frame.study import MAY, Option, Request, Role, Study, Watch
from dnacore.studies.methods import baselines
from dnacore.studies.methods.held_out import OPTIONS, most_telling
from dnacore.studies.methods.search_task import LEAST, Task, in_sets, task

METHODS = ("dna", "selected", "perceptual", "lpips", "ssim", "pixels", "rarity")
NAMES = {
    "dna": "DNA-EMD, all neurons",
    "selected": "DNA-EMD, selected neurons",
    "perceptual": "perceptual loss",
    "lpips": "LPIPS",
    "ssim": "SSIM",
    "pixels": "pixel L2",
    "rarity": "rarity score",
}
SHOWN = 6
CURVE = 200  # points of a precision-recall curve that are drawn


def answer(request: Request) -> Result:
    """AUC, average precision and seconds of each method, with its precision-recall curve."""
    work = task(request)
    random = request.random()
    sets = in_sets(work, request.options["together"], request.random())
    relevant = np.array([work.relevant[one[0]] for one in sets])
    methods = _methods(request, work, random, sets)
    rows: list[dict[str, Any]] = []
    curves, notes = [], []
    best: tuple[float, np.ndarray] | None = None
    for name in request.options["methods"]:
        request.watch(f"ranking by {NAMES[name]}", len(rows), len(request.options["methods"]))
        started = time.perf_counter()
        try:
            distances, note = methods[name]()
        except Unavailable as problem:
            notes.append(str(problem))
            continue
        if len(distances) != len(sets):  # distances of images; a set has their mean
            distances = np.array([distances[one].mean() for one in sets])
        seconds = time.perf_counter() - started
        if note:
            notes.append(note)
        order = np.argsort(distances, kind="stable")
        found = precision_recall(relevant[order])
        rows.append(
            {
                "method": NAMES[name],
                "auc": auc(distances, relevant),
                "average_precision": found.average,
                "seconds": seconds,
                "kind": "dna" if name in ("dna", "selected") else "other",
            }
        )
        drawn = np.unique(np.linspace(0, len(order) - 1, CURVE).astype(int))
        curves.append(Series(NAMES[name], found.recall[drawn], found.precision[drawn]))
        if best is None or rows[-1]["auc"] > best[0]:
            best = rows[-1]["auc"], distances
    if best is None:
        raise BadInput("None of the methods asked for can be run here. " + " ".join(notes))
    return _result(request, work, rows, curves, notes, best[1], sets)


def _methods(
    request: Request, work: Task, random: np.random.Generator, sets: list[np.ndarray]
) -> dict[str, Callable[[], tuple[np.ndarray, str]]]:
    """{method: what gives the distances, (N,) of images or one for each set, and a note}."""
    sides = [_some(paths, request.options["pairs"], random) for paths in (work.reference_paths, work.other_paths)]
    if not request.options["unlike"]:
        sides[1] = []
    nearest = request.options["reference"] == "nearest"

    def pairwise(measure: Callable[[list], np.ndarray], most: int | None = None) -> np.ndarray:
        one, two = (side[:most] for side in sides)
        columns = measure([*one, *two])
        parts = [columns[:, : len(one)], columns[:, len(one) :]] if two else [columns]
        found = [part.min(1) if nearest else part.mean(1) for part in parts]
        return found[0] - found[1] if two else found[0]

    def seen(measure: Callable[..., np.ndarray], side: int, *more: Watch) -> Callable[[list], np.ndarray]:
        return lambda paths: measure(*(baselines.pixels(p, side, request.watch) for p in (work.paths, paths)), *more)

    def ranked(like: DNA, unlike: DNA | None, selection: Selection | None) -> np.ndarray:
        if len(sets) == len(work.ranked):
            return distances_to(work.ranked, like, unlike, selection)
        found = np.zeros(len(sets))
        for at, one in enumerate(sets):  # one at a time: the DNA of a set takes 80 MB
            dna = work.dna(work.ranked.select(one), "a set")
            found[at] = emd_avg(dna, like, selection) - (0 if unlike is None else emd_avg(dna, unlike, selection))
        return found

    def whole() -> tuple[np.ndarray, str]:
        unlike = work.dna(work.others, "others") if request.options["unlike"] else None
        return ranked(work.dna(work.reference, "reference"), unlike, request.selection), ""

    def selected() -> tuple[np.ndarray, str]:
        sides = work.dna(work.reference, "reference"), work.dna(work.others, "others")
        chosen = most_telling(*sides, request.options)
        return ranked(*sides, chosen), ""

    def perceptual() -> tuple[np.ndarray, str]:
        extractor, layers, note = baselines.perceptual_network(request.extractor)
        return pairwise(lambda paths: baselines.perceptual(work.paths, paths, extractor, layers, request.watch)), note

    def rarity() -> tuple[np.ndarray, str]:
        last = list(layer_slices(work.like.layers).values())[-1]
        return baselines.rarity(work.ranked.means(last).T, work.reference.means(last).T), ""

    return {
        "dna": whole,
        "selected": selected,
        "perceptual": perceptual,
        "rarity": rarity,
        "lpips": lambda: (
            pairwise(seen(baselines.lpips, baselines.LPIPS_SIDE, request.watch), baselines.LPIPS_MOST),
            "",
        ),
        "ssim": lambda: (pairwise(seen(baselines.ssim, baselines.SSIM_SIDE, request.watch)), ""),
        "pixels": lambda: (pairwise(seen(baselines.pixel_l2, baselines.PIXELS)), ""),
    }


def _some(paths: list, most: int, random: np.random.Generator) -> list:
    """Up to `most` of the files, in their order."""
    kept = np.sort(random.choice(len(paths), min(most, len(paths)), replace=False))
    return [paths[i] for i in kept]


def _result(
    request: Request, work: Task, rows: list[dict], curves: list[Series], notes: list[str], best: np.ndarray,
    sets: list[np.ndarray],
) -> Result:  # fmt: skip
    rows = sorted(rows, key=lambda row: -row["auc"])
    hits = int(work.relevant.sum())
    what = request.attribute or request.one("reference").name
    figure = Figure(
        "line",
        "Precision and recall",
        "recall: share of them found",
        "precision: share of the found that are right",
        curves,
        [Mark("a random order", y=hits / len(work.relevant))],
    )
    first = rows[0]
    others = [row for row in rows if row["kind"] == "other"]
    size = request.options["together"]
    one = "an image" if size == 1 else f"a set of {size} images"
    text = f"{first['method']} puts {one} of {what} before another one in {100 * first['auc']:.0f} % of pairs"
    level = [row["method"] for row in rows if f"{100 * row['auc']:.0f} %" == f"{100 * first['auc']:.0f} %"]
    if len(level) > 1:
        rest = [name for name in level if name != first["method"]]
        text += f", and {' and '.join(rest)} {'does' if len(rest) == 1 else 'do'} as well"
    elif others and first["kind"] == "dna":
        text += f", the best other method ({others[0]['method']}) in {100 * others[0]['auc']:.0f} %"
    order = [int(sets[i][0]) for i in np.argsort(best, kind="stable")[:SHOWN]]  # for a set, its first image
    pictures = [
        Picture(
            work.of[i][0].name,
            work.of[i][0].paths[work.of[i][1]],
            f"rank {rank}, {'right' if work.relevant[i] else 'wrong'}",
        )
        for rank, i in enumerate(order, 1)
    ]
    columns = {"method": "distance", "auc": "AUC", "average_precision": "average precision", "seconds": "seconds"}
    return Result(
        f"{text}.",
        columns,
        rows,
        [figure],
        (f"In sets of {request.options['together']}: " if request.options["together"] > 1 else "")
        + f"{hits} images of {what} among {len(work.relevant)}, ranked by their distance to "
        f"{len(work.reference_paths)} others of it. Selected neurons: the {request.options['neurons']} that tell "
        "most on images that are not ranked, by the distance to these minus the distance to the others. Pairwise "
        f"distances are the {'least' if request.options['reference'] == 'nearest' else 'mean'} over "
        f"{min(request.options['pairs'], len(work.reference_paths))} reference images"
        f"{', less the same over images of the other kinds' if request.options['unlike'] else ''}. Seconds: of the ranking; "
        "DNA-EMD and the rarity score have their sketches already.",
        f"Use {first['method']} for a search like this one."
        if len(level) < 2
        else f"For a search like this one, {' and '.join(level)} are level: use whichever is at hand, or try harder images.",
        notes,
        pictures,
        {"ranked": len(work.relevant), "relevant": hits, "reference": len(work.reference_paths)},
    )


STUDY = Study(
    "retrieval",
    "Find the images that look like these",
    "Hides half of a kind of image among others and ranks them by DNA-EMD, perceptual loss, LPIPS, SSIM, pixels "
    "and rarity.",
    "CVPR 2023, Fig. 3, 4 and 6",
    (
        Role(
            "reference", "Look for", "images of the kind to find (or with an attribute: a dataset with and without it)"
        ),
        Role("others", "Among", "images of other kinds", least=0, most=None),
    ),
    answer,
    (
        Option("methods", "Methods", "choices", METHODS, "which distances to try", METHODS),
        *OPTIONS,
        Option(
            "images",
            "At most",
            "whole",
            200,
            "how many images are ranked, and as many learned from",
            low=2 * LEAST,
            high=5000,
        ),
        Option("pairs", "Pairs", "whole", 24, "reference images that pairwise distances look at", low=1, high=1000),
        Option(
            "together",
            "Ranked in sets of",
            "whole",
            1,
            "how many images of one kind are ranked as one: 1 ranks images; sets are told apart far better",
            low=1,
            high=200,
        ),
        Option(
            "unlike",
            "Counter-examples",
            "yes",
            False,
            "also give all neurons and the pairwise distances the images of other kinds that neurons are selected with: the "
            "distance to what to look for less the distance to these",
        ),
        Option(
            "reference",
            "Distance to a set",
            "choice",
            "mean",
            "pairwise distances: mean over the reference, or nearest",
            ("mean", "nearest"),
        ),
    ),
    attribute=MAY,
    selects=True,
)
