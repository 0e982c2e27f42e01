"""What each change to the images does: brighter, darker and more contrast as on the poster, and others.

The same images go through the network as they are and changed, at growing strength. Each neuron's EMD between the two
says how it reacts; their mean is the total. The distance between two datasets is then read from the curves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy.stats import spearmanr

from dnacore.counting.accumulator import Accumulator
from dnacore.distances.emd import combine, emd
from dnacore.distances.kernels import differences
from dnacore.dna.calibration import Calibration
from dnacore.dna.layers import locate
from dnacore.errors import BadInput, DnaError
from dnacore.extractors import Extractor
from dnacore.extractors.forward import malloc
from dnacore.extractors.preprocessing import normalise
from dnacore.images.decode import decode
from dnacore.images.resize import resize
from dnacore.studies.frame.result import Figure, Mark, Result, Series
from dnacore.studies.frame.study import Option, Request, Role, Study, Subject
from dnacore.studies.methods.image_changes import CHANGES, Change

LEAST, BATCH, TELLING = 4, 16, 3
COLUMNS = {
    "change": "change",
    "strongest": "strongest tried",
    "unit": "unit",
    "distance": "its distance (bins)",
    "spearman": "strength and distance rise together (Spearman)",
    "neurons": "neurons that react most",
}


BY_NAME = {change.name: change for change in CHANGES}


def pictures(one: Subject, positions: np.ndarray, side: int, crop: str, request: Request) -> list[Image.Image]:
    """The images as squares of `side` pixels, in whole steps of 0 to 255; those that cannot be read are left out."""
    found = []
    for k, i in enumerate(positions.tolist()):
        request.watch("reading images", k, len(positions))
        try:
            square = resize(decode(one.folder / one.paths[i]), (side, side), crop)
        except (DnaError, OSError):
            continue
        found.append(Image.fromarray(np.rint(square).astype(np.uint8).transpose(1, 2, 0)))
    return found


def cdf_of(
    extractor: Extractor,
    squares: list[Image.Image],
    calibration: Calibration,
    bins: int,
    request: Request,
    tell: tuple[str, int, int],
) -> np.ndarray:
    """(n_neurons, B) float64: the CDFs of the activations of pictures."""
    settings = extractor.recipe.preprocessing
    with malloc.kept(), Accumulator(calibration, 0, bins, sketches=False) as total:
        for start in range(0, len(squares), BATCH):
            request.watch(*tell)
            part = squares[start : start + BATCH]
            batch = torch.stack([normalise(np.asarray(s, np.float32).transpose(2, 0, 1), settings) for s in part])
            extractor.visit(batch, total.add)
            total.count_images(len(part))
        counts = total.distributions().histograms
    running = np.cumsum(counts, axis=1)
    return running / np.maximum(running[:, -1:], 1)


def profiles(request: Request, one: Subject) -> tuple[dict[str, np.ndarray], int]:
    """{change: (strengths, n_neurons) EMD in bins} of some of a dataset's images, and how many they are."""
    extractor, dna = request.extractor(), one.dna
    settings = extractor.recipe.preprocessing
    random = request.random()
    positions = np.sort(random.choice(len(one), min(request.options["images"], len(one)), replace=False))
    squares = pictures(one, positions, settings.size, settings.crop, request)
    if len(squares) < LEAST:
        raise BadInput(f"Only {len(squares)} images of “{one.name}” can be read; this study needs {LEAST}.")
    chosen = [BY_NAME[name] for name in request.options["changes"]]
    steps = sum(len(change.strengths) for change in chosen) + 1
    plain = cdf_of(extractor, squares, dna.calibration, dna.bins, request, ("as they are", 0, steps))
    out: dict[str, np.ndarray] = {}
    done = 1
    for change in chosen:
        rows = []
        for strength in change.strengths:
            changed = [change.make(square, strength, random) for square in squares]
            tell = (f"trying {change.words(strength)}", done, steps)
            rows.append(differences(plain, cdf_of(extractor, changed, dna.calibration, dna.bins, request, tell)))
            done += 1
        out[change.name] = np.stack(rows)
    return out, len(squares)


def as_strong_as(change: Change, curve: np.ndarray, distance: float) -> float | None:
    """The strength at which a change's total first reaches a distance, between two tried ones by a straight line.

    curve: (strengths,) totals. None where no strength tried reaches it.
    """
    strengths, totals = np.r_[0.0, change.strengths], np.r_[0.0, curve]
    reached = np.flatnonzero(totals >= distance)
    if not len(reached):
        return None
    i = int(reached[0])
    if i == 0:
        return 0.0
    share = (distance - totals[i - 1]) / (totals[i] - totals[i - 1])
    return float(strengths[i - 1] + share * (strengths[i] - strengths[i - 1]))


def answer(request: Request) -> Result:
    """A curve per change, its most sensitive neurons, and what the distance to another dataset amounts to."""
    one = request.one("dataset")
    others = request.datasets.get("other", ())
    found, images = profiles(request, one)
    apart = emd(one.dna, others[0].dna) if others else None
    rows, series = [], []
    for name, profile in found.items():
        change = BY_NAME[name]
        totals = np.array([combine(row, request.selection) for row in profile])
        strongest = profile[-1]
        best = [locate(one.dna.layers, int(flat)) for flat in np.argsort(-strongest, kind="stable")[:TELLING]]
        row = {
            "change": name,
            "unit": change.unit,
            "strongest": change.strengths[-1],
            "distance": float(totals[-1]),
            "spearman": float(spearmanr(change.strengths, totals).statistic),
            "neurons": "; ".join(f"{layer} {index}" for layer, index in best),
        }
        if apart is not None:
            row |= {
                "as_much_as": as_strong_as(change, totals, combine(apart, request.selection)),
                "alike": _alike(profile, apart),
            }
        rows.append(row)
        x = [strength / change.strengths[-1] * 100 for strength in change.strengths]
        series.append(
            Series(
                name,
                [0, *x],
                [0.0, *totals],
                text=[
                    "as they are",
                    *(f"{change.words(s)}: {t:.2f} bins" for s, t in zip(change.strengths, totals, strict=True)),
                ],
            )
        )
    return _result(request, one, rows, series, images, apart)


def _alike(profile: np.ndarray, apart: np.ndarray) -> float:
    """The largest cosine, over the strengths, between the neurons' reaction to a change and the difference of two sets."""
    sizes = np.linalg.norm(profile, axis=1) * np.linalg.norm(apart)
    return float((profile @ apart / np.where(sizes > 0, sizes, 1)).max())


def _result(
    request: Request, one: Subject, rows: list[dict], series: list[Series], images: int, apart: np.ndarray | None
) -> Result:
    rows = sorted(rows, key=lambda row: -row["distance"])
    columns, marks = dict(COLUMNS), []
    curves = {s.name: {"strengths": BY_NAME[s.name].strengths, "distance": s.y[1:]} for s in series}
    more: dict[str, Any] = {"images": images, "curves": curves}
    mildest = rows[-1]
    text = (
        f"{rows[0]['change'].capitalize()} moves {one.name} farthest ({rows[0]['distance']:.1f} bins at "
        f"{rows[0]['strongest']:g} {rows[0]['unit']}), {mildest['change']} least ({mildest['distance']:.1f} at "
        f"{mildest['strongest']:g} {mildest['unit']})."
    )
    advice = (
        "Changes that hardly move the DNA are safe to make to training images; the others are a dataset of their own."
    )
    if apart is not None:
        other = request.one("other").name
        total = combine(apart, request.selection)
        columns |= {"as_much_as": f"as far as {other} at a strength of", "alike": "neurons react alike (cosine)"}
        marks.append(Mark(f"distance to {other}", y=total))
        text, advice = _said(one.name, other, rows)
        more |= {"distance": total, "other": other}
    return Result(
        text,
        columns,
        rows,
        [
            Figure(
                "line",
                "How far each change moves the images",
                "strength, as a share of the strongest tried (%)",
                "EMD to the same images unchanged, bins",
                series,
                marks,
            )
        ],
        f"{images} images of “{one.name}”, each against itself unchanged, as the network sees it "
        f"({request.extractor().input_size} px). Both sides are rounded to 256 steps.",
        advice,
        more=more,
    )


def _said(one: str, other: str, rows: list[dict]) -> tuple[str, str]:
    """The distance of two datasets as a strength of a change, and the change that moves the neurons most similarly."""
    near = max(rows, key=lambda row: row["alike"])
    reached = [row for row in rows if row["as_much_as"] is not None]
    text = f"{one} and {other} differ by more than any change tried here, at any strength."
    if reached:
        same = near if near["as_much_as"] is not None else max(reached, key=lambda row: row["alike"])
        strength = BY_NAME[same["change"]].words(same["as_much_as"])
        text = f"{one} and {other} differ as much as {strength} would make them."
    advice = f"Of all changes, {near['change']} moves the neurons most as going to {other} does"
    return text, f"{advice} (cosine {near['alike']:.2f})."


STUDY = Study(
    "changes",
    "What does each change to the images do?",
    "Changes brightness, contrast, sharpness, noise, JPEG quality, rotation and crop step by step and says how "
    "every neuron reacts.",
    "the poster of CVPR 2023: brighter, darker, more contrast",
    (
        Role("dataset", "Dataset", "the images to change"),
        Role("other", "Another dataset", "how far apart the two are, said as a change", least=0),
    ),
    answer,
    (
        Option("changes", "Changes", "choices", tuple(BY_NAME), "which changes to try", tuple(BY_NAME)),
        Option(
            "images",
            "Images",
            "whole",
            16,
            "how many images go through the network, changed in every way",
            low=LEAST,
            high=5000,
        ),
    ),
    selects=True,
)
