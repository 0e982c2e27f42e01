"""Whether synthetic images look real, and what gives them away (CVPR 2023, Fig. 7).

Neurons are chosen by their sensitivity to real against generated images of *other* groups, and then rank the images of
the group left out: if they still put the real ones first, they see what generated images have in common and not what
the groups show. Groups are classes, or generators.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from dnacore.analyses.explanation import explain_image
from dnacore.analyses.metrics import auc
from dnacore.analyses.places import on_picture, places
from dnacore.analyses.ranking import distances_to
from dnacore.attributes.sensitivity import sensitivity
from dnacore.dna.layers import locate
from dnacore.errors import BadInput, DnaError
from dnacore.images.decode import decode
from dnacore.neurons.selection import Selection
from dnacore.sketches.sketches import together
from dnacore.studies.frame.result import Figure, Picture, Result, Series, Spot
from dnacore.studies.frame.study import MAY, Request, Role, Study, Subject
from dnacore.studies.methods.held_out import OPTIONS, Trial, trial

LEAST_GROUP, FOLDS = 3, 5
SHOWN, SPOTS, EXPLAINED = 6, 3, 10
CLEAR, FAINT = 0.8, 0.6  # AUC from which generated images are told apart clearly, and at all
RANDOM = "random part"  # the group's name where there are no groups


def groups_of(subject: Subject, attribute: str | None) -> np.ndarray:
    """(N,) str, each image's group: its attribute's value, else its top folder, else its name before the number.

    Groups of fewer than 3 images are put together as “other”. Raises BadInput for an attribute that is not there.
    """
    if attribute:
        if attribute not in subject.table.columns:
            raise BadInput(
                f"“{subject.name}” has no attribute {attribute}. It has: {', '.join(subject.table) or 'none'}."
            )
        found = [str(value) or "other" for value in subject.table[attribute]]
    elif any("/" in path for path in subject.paths):
        found = [path.partition("/")[0] if "/" in path else "other" for path in subject.paths]
    else:
        found = [re.sub(r"[\W_]*\d+$", "", PurePosixPath(path).stem) or "all" for path in subject.paths]
    names, counts = np.unique(found, return_counts=True)
    small = set(names[counts < LEAST_GROUP])
    return np.array(["other" if group in small else group for group in found])


def folds(
    real: np.ndarray, made: np.ndarray, random: np.random.Generator
) -> tuple[list[tuple[str, np.ndarray, np.ndarray]], bool]:
    """[(name, real images left out, generated images left out)], and whether both sides have the same groups.

    Where they do, a class is left out on both sides. Otherwise a group of the generated images is left out with as
    large a share of the real ones, dealt out at random.
    """
    shared = sorted(set(real) & set(made))
    if len(shared) > 1 and len(shared) == len(set(made)):
        return [(name, np.flatnonzero(real == name), np.flatnonzero(made == name)) for name in shared], True
    names = sorted(set(made))
    parts = [np.flatnonzero(made == name) for name in names]
    if len(names) < 2:
        count = min(FOLDS, len(made) // LEAST_GROUP, len(real) // LEAST_GROUP)
        parts = [np.sort(p) for p in np.array_split(random.permutation(len(made)), count)]
        names = [f"{RANDOM} {i + 1} of {count}" for i in range(count)]
    dealt = [np.sort(p) for p in np.array_split(random.permutation(len(real)), len(parts))]
    return list(zip(names, dealt, parts, strict=True)), False


def answer(request: Request) -> Result:
    """AUC of every group left out, by selected and by all neurons, and what gives the least real images away."""
    real, made = request.one("real"), request.one("generated")
    if min(len(real), len(made)) < 2 * LEAST_GROUP:
        raise BadInput(f"This study needs at least {2 * LEAST_GROUP} real and as many generated images.")
    random = request.random()
    cut, matched = folds(groups_of(real, request.attribute), groups_of(made, request.attribute), random)
    if len(cut) < 2:
        raise BadInput("There are too few images to leave a group out. Give more, or name an attribute with groups.")
    trials, rows = [], []
    for k, (name, left_real, left_made) in enumerate(cut):
        request.watch("leaving out groups", k, len(cut))
        rest = np.setdiff1d(np.arange(len(real)), left_real), np.setdiff1d(np.arange(len(made)), left_made)
        if min(map(len, (*rest, left_real, left_made))) == 0:
            continue
        found = trial(real, made, rest, (left_real, left_made), request.options)
        trials.append(found)
        one = _one_reference(real, made, rest, found)
        rows.append(
            {
                "group": name,
                "real": len(left_real),
                "generated": len(left_made),
                "auc_selected": found.auc,
                "auc_all": found.auc_of_all,
                "auc_selected_real_only": one[0],
                "auc_all_real_only": one[1],
            }
        )
    return _result(request, real, made, rows, trials, matched)


def _one_reference(real: Subject, made: Subject, rest: Sequence[np.ndarray], found: Trial) -> tuple[float, float]:
    """AUC by the distance to real images alone: (selected neurons, all neurons)."""
    reference = real.part(rest[0])
    sketches = together(real.select(found.tried[0]), made.select(found.tried[1]))
    first, second = (
        auc(distances_to(sketches, reference, selection=s), found.like_first) for s in (found.chosen, None)
    )
    return first, second


def _result(
    request: Request, real: Subject, made: Subject, rows: list[dict], trials: list[Trial], matched: bool
) -> Result:
    neurons = request.options["neurons"]
    names = ("auc_selected", "auc_all", "auc_selected_real_only", "auc_all_real_only")
    weight = [row["real"] * row["generated"] for row in rows]
    mean = {key: float(np.average([row[key] for row in rows], weights=weight)) for key in names}
    rows = [
        *rows,
        {"group": "all", "real": sum(r["real"] for r in rows), "generated": sum(r["generated"] for r in rows)} | mean,
    ]
    x = [row["group"] for row in rows]
    figure = Figure(
        "bar",
        "Real images before generated ones, group by group",
        "group that neurons were not chosen on",
        "AUC (0.5: chance)",
        [
            Series(f"{neurons} selected neurons", x, [r["auc_selected"] for r in rows]),
            Series("all neurons", x, [r["auc_all"] for r in rows]),
        ],
    )
    columns = {
        "group": "group left out",
        "real": "real images",
        "generated": "generated images",
        "auc_selected": "AUC, selected neurons",
        "auc_all": "AUC, all neurons",
        "auc_selected_real_only": "AUC, selected, distance to real only",
        "auc_all_real_only": "AUC, all, distance to real only",
    }
    pictures, telling = _least_real(request, real, made, trials)
    easiest, hardest = (choose(rows[:-1], key=lambda row: row["auc_selected"]) for choose in (max, min))
    seen = ", ".join(f"{t['layer'].replace('_', ' ')} · {t['index']}" for t in telling[:3])
    dealt = rows[0]["group"].startswith(RANDOM)
    text = _answered(mean["auc_selected"], mean["auc_all"], neurons, "images" if dealt else "groups")
    if hardest["auc_selected"] < easiest["auc_selected"] and not dealt:
        text += f"; {easiest['group']} gives itself away most, {hardest['group']} least"
    return Result(
        f"{text}.",
        columns,
        rows,
        [figure],
        "Neurons were chosen on real against generated images of all groups but one, which they then ranked by "
        "distance to real minus distance to generated. "
        + (
            "Classes are left out on both sides."
            if matched
            else "The generated images are of one kind, so both sides are dealt into random parts, each left out once."
            if dealt
            else "The real images left out with a group are a random share."
        )
        + " AUC: the share of pairs of a real and a generated image in which the real one comes first; 0.5 is chance.",
        f"Look at the marked places of the least real images, and at what {seen} see: that is what gives them away.",
        pictures=pictures,
        more={"neurons": telling, "groups_match": matched},
    )


def _answered(by_selected: float, by_all: float, neurons: int, what: str) -> str:
    """Whether generated images look real, in plain words, and the AUCs (0..1) behind it."""
    best = max(by_selected, by_all)
    verdict = "No" if best >= CLEAR else "Not quite" if best >= FAINT else "Yes, as far as this network can tell"
    return (
        f"{verdict}: {neurons} neurons chosen on other {what} tell generated from real in {100 * by_selected:.1f} of 100 pairs "
        f"(AUC {by_selected:.3f}; all neurons: {by_all:.3f}; chance: 0.5)"
    )


def _least_real(
    request: Request, real: Subject, made: Subject, trials: list[Trial]
) -> tuple[list[Picture], list[dict]]:
    """The generated images farthest from real, their telling places, and the neurons that all trials share."""
    dna = made.dna
    whole = real.part(np.arange(len(real))), made.part(np.arange(len(made)))
    found = sensitivity(*whole, splits=0)
    chosen = [set(t.chosen.flat.tolist()) for t in trials]
    common = [int(f) for f in found.order if all(int(f) in c for c in chosen)][:EXPLAINED] or found.order[
        :EXPLAINED
    ].tolist()
    telling = []
    for flat in common:
        layer, index = locate(dna.layers, flat)
        telling.append({"layer": layer, "index": index, "flat": flat, "emd": float(found.emd[flat])})
    scores = sorted(
        ((float(s), int(i)) for t in trials for i, s in zip(t.tried[1], t.score[len(t.tried[0]) :], strict=True)),
        reverse=True,
    )
    pictures = []
    for k, (score, i) in enumerate(scores[:SHOWN]):
        request.watch("finding the places", k, SHOWN)
        pictures.append(
            Picture(made.name, made.paths[i], f"{score:+.1f} bins less real", _spots(made, i, *whole, common))
        )
    return pictures, telling


def _spots(made: Subject, image: int, real, generated, neurons: Sequence[int]) -> list[Spot]:
    """The places of the neurons that set this image apart most."""
    if not made.dna.exact:
        return []  # counted from sketches, which do not tell the size of the maps
    why = explain_image(made.sketches, image, real, generated, Selection.of(np.asarray(neurons)))
    adding = [int(n) for n, part in zip(why.neurons, why.parts, strict=True) if part > 0]
    strength = {int(n): float(part) for n, part in zip(why.neurons, why.parts, strict=True)}
    size = _size(made, image)
    if not adding or size is None:
        return []
    crop = str(made.dna.extractor.get("preprocessing", {}).get("crop", "squash"))
    seen = (on_picture(place, *size, crop) for place in places(made.sketches, image, adding, made.dna))
    found = zip(adding, seen, strict=True)
    spots = [Spot(p.row, p.column, p.height, p.width, strength[n]) for n, p in found if not p.whole]
    return spots[:SPOTS]


def _size(made: Subject, image: int) -> tuple[int, int] | None:
    """Width and height of the upright picture; None for a file that cannot be read any more."""
    try:
        height, width = decode(made.folder / made.paths[image]).shape[:2]
    except (DnaError, OSError):
        return None
    return width, height


STUDY = Study(
    "realism",
    "Does my synthetic data look real, and what gives it away?",
    "Chooses neurons on real against generated images of all groups but one, ranks that one with them, and marks "
    "the places that give the least real images away.",
    "CVPR 2023, Fig. 7",
    (
        Role("real", "Real images", "photographs, or whatever the others should look like"),
        Role("generated", "Generated images", "what should look real"),
    ),
    answer,
    (replace(OPTIONS[0], default=100), OPTIONS[1]),
    attribute=MAY,
)
