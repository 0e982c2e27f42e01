"""A retrieval task: images divided into those that are learned from and those that are ranked, singly or in sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dnacore.attributes.survey import attribute as question
from dnacore.dna.from_sketches import sketched_dna
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches, together
from dnacore.studies.frame.study import Request, Subject
from dnacore.studies.methods.held_out import halves

LEAST = 4


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
    mixed = [ranked[i] for i in random.permutation(len(ranked))]  # so that ties do not favour the first images
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


def in_sets(work: Task, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Positions of the ranked images, `size` of one dataset and kind at a time; what is left over is not ranked.

    Raises BadInput where fewer than two sets of either side come of it.
    """
    if size == 1:
        return [np.array([i]) for i in range(len(work.ranked))]
    names = [(subject.name, bool(like)) for (subject, _), like in zip(work.of, work.relevant, strict=True)]
    found = []
    for kind in dict.fromkeys(names):
        members = random.permutation([i for i, name in enumerate(names) if name == kind])
        found += [np.sort(members[at : at + size]) for at in range(0, len(members) - size + 1, size)]
    if min(sum(bool(work.relevant[one[0]]) == side for one in found) for side in (True, False)) < 2:
        raise BadInput(f"There are not enough images for two sets of {size} of either side. Choose smaller sets.")
    return [found[i] for i in random.permutation(len(found))]
