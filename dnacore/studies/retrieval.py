"""Find the images that look like these: DNA-EMD against other distances (CVPR 2023, Fig. 3, 4 and 6).

Half of the images that look alike is the reference. The other half is hidden among images of other kinds, and every
method ranks them all by their distance to the reference. Neurons are selected on images that are not ranked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dnacore.analyses.metrics import auc, precision_recall
from dnacore.analyses.ranking import distances_to
from dnacore.attributes.survey import attribute as question
from dnacore.dna.from_sketches import sketched_dna
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Unavailable
from dnacore.sketches.sketches import Sketches, together
from dnacore.studies.frame.result import Figure, Mark, Picture, Result, Series
from dnacore.studies.frame.study import MAY, Option, Request, Role, Study, Subject, Watch
from dnacore.studies.methods import baselines
from dnacore.studies.methods.held_out import OPTIONS, halves, most_telling

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
LEAST, SHOWN = 4, 6
CURVE = 200  # points of a precision-recall curve that are drawn


@dataclass(frozen=True, eq=False)
class Task:
    """What is ranked. reference, others: sketches of images to learn from; ranked: (N) sketches of images to rank.

    relevant: (N,) bool. paths, of: the ranked images' files and datasets; reference_paths, other_paths: the
    files that are learned from.
    """

    reference: Sketches
    others: Sketches
    ranked: Sketches
    relevant: np.ndarray
    paths: list
    of: list[tuple[Subject, int]]
    reference_paths: list
    other_paths: list
    like: DNA

    def dna(self, sketches: Sketches, name: str) -> DNA:
        """The DNA of some of the images."""
        return sketched_dna(sketches, self.like.calibration, self.like.extractor, name)


def task(request: Request) -> Task:
    """Deal the images out: half of each kind to learn from, half to rank. Raises BadInput."""
    one = request.one("reference")
    random = request.random()
    if request.attribute:
        asked = question(one.table, request.attribute)
        kinds = [(one, np.flatnonzero(asked.with_))], [(one, np.flatnonzero(asked.without))]
    else:
        kinds = [(one, np.arange(len(one)))], [(s, np.arange(len(s))) for s in request.datasets["others"]]
    if not kinds[1] or min(sum(len(images) for _, images in kind) for kind in kinds) < 2 * LEAST:
        raise BadInput(
            "Give the images to look for and at least one other dataset, or one dataset with an attribute; "
            f"{2 * LEAST} images of each kind at least."
        )
    room = request.options["images"]
    total = sum(len(images) for kind in kinds for _, images in kind)
    learn: list[list[tuple[Subject, np.ndarray]]] = [[], []]
    ranked: list[tuple[Subject, int, bool]] = []
    for k, kind in enumerate(kinds):
        for subject, images in kind:
            keep = max(2, min(len(images), round(2 * room * len(images) / total)))
            kept = np.sort(random.choice(images, keep, replace=False))
            a, b = halves(len(kept), random)
            learn[k].append((subject, kept[a]))
            ranked += [(subject, int(i), k == 0) for i in kept[b]]
    mixed = [ranked[i] for i in random.permutation(len(ranked))]  # ties must not fall to those that come first
    reference, others = (together(*(s.select(images) for s, images in kind)) for kind in learn)
    sketches = together(*(s.select(np.array([i])) for s, i, _ in mixed))
    return Task(
        reference,
        others,
        sketches,
        np.array([r for _, _, r in mixed]),
        [s.folder / s.paths[i] for s, i, _ in mixed],
        [(s, i) for s, i, _ in mixed],
        [s.folder / s.paths[i] for s, images in learn[0] for i in images],
        [s.folder / s.paths[i] for s, images in learn[1] for i in images],
        one.dna,
    )


def answer(request: Request) -> Result:
    """AUC, average precision and seconds of each method, with its precision-recall curve."""
    work = task(request)
    random = request.random()
    methods = _methods(request, work, random)
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
        seconds = time.perf_counter() - started
        if note:
            notes.append(note)
        order = np.argsort(distances, kind="stable")
        found = precision_recall(work.relevant[order])
        rows.append(
            {
                "method": NAMES[name],
                "auc": auc(distances, work.relevant),
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
    return _result(request, work, rows, curves, notes, best[1])


def _methods(
    request: Request, work: Task, random: np.random.Generator
) -> dict[str, Callable[[], tuple[np.ndarray, str]]]:
    """{method: what gives the (N,) distances and a note}."""
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

    def whole() -> tuple[np.ndarray, str]:
        unlike = work.dna(work.others, "others") if request.options["unlike"] else None
        return distances_to(work.ranked, work.dna(work.reference, "reference"), unlike, request.selection), ""

    def selected() -> tuple[np.ndarray, str]:
        sides = work.dna(work.reference, "reference"), work.dna(work.others, "others")
        chosen = most_telling(*sides, request.options)
        return distances_to(work.ranked, *sides, selection=chosen), ""

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
    request: Request, work: Task, rows: list[dict], curves: list[Series], notes: list[str], best: np.ndarray
) -> Result:
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
    text = f"{first['method']} puts an image of {what} before another one in {first['auc']:.0%} of pairs"
    if others and first["kind"] == "dna":
        text += f", the best other method ({others[0]['method']}) in {others[0]['auc']:.0%}"
    order = np.argsort(best, kind="stable")[:SHOWN]
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
        f"{hits} images of {what} among {len(work.relevant)}, ranked by their distance to "
        f"{len(work.reference_paths)} others of it. Selected neurons: the {request.options['neurons']} that tell "
        "most on images that are not ranked, by the distance to these minus the distance to the others. Pairwise "
        f"distances are the {'least' if request.options['reference'] == 'nearest' else 'mean'} over "
        f"{min(request.options['pairs'], len(work.reference_paths))} reference images"
        f"{', less the same over images of the other kinds' if request.options['unlike'] else ''}. Seconds: of the ranking; "
        "DNA-EMD and the rarity score have their sketches already.",
        f"Use {first['method']} for a search like this one.",
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
