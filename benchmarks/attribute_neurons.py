"""Neurons chosen on one half of the images, tried on the other: `python -m benchmarks.attribute_neurons DATA
[EXTRACTOR]`.

DATA is a folder with the datasets `faces` (an attributes.csv beside the images) and `day_night` (folders day, night);
with `demo` in its place the drawn faces are used. For every attribute: the AUC of ranking the other half by likeness
to the images with it and unlikeness to those without, under the most sensitive neurons, random ones and all of them;
the mean of both ways round. In brackets: by the distance to the images with it alone.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

import dnacore as dc
from dnacore.analyses.ranking import distances_to
from dnacore.attributes.survey import Attribute, attributes_of
from dnacore.dna.from_sketches import sketched_dna
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.neurons.selection import Selection
from dnacore.sketches.sketches import Sketches
from dnacore.sources.resolver import Sources

CHOSEN = (1, 20, 100)


def figures(sketches: Sketches, question: Attribute, dna: dc.DNA) -> dict[str, tuple[float, float]]:
    """{neurons: (AUC by two references, AUC by one)}."""
    found: dict[str, list[tuple[float, float]]] = {}
    everyone = np.arange(len(sketches))
    for parity in (0, 1):
        choose, test = everyone % 2 == parity, (everyone % 2 != parity) & (question.with_ | question.without)
        sides = [
            sketched_dna(sketches.select(np.flatnonzero(mask & choose)), dna.calibration, dna.extractor, "")
            for mask in (question.with_, question.without)
        ]
        order = dc.sensitivity(*sides, splits=0).order
        ways = {f"top {k}": Selection.of(order[:k]) for k in CHOSEN}
        ways["random 20"] = Selection.of(np.random.default_rng(parity).choice(dna.n_neurons, 20, replace=False))
        ways["all"] = Selection.of(order)
        held_out, relevant = sketches.select(np.flatnonzero(test)), question.with_[test]
        for name, selection in ways.items():
            one = distances_to(held_out, sides[0], selection=selection)
            two = one - distances_to(held_out, sides[1], selection=selection)
            found.setdefault(name, []).append((dc.auc(two, relevant), dc.auc(one, relevant)))
    return {name: tuple(np.mean(pairs, axis=0)) for name, pairs in found.items()}


def questions(workspace: dc.Workspace, sources: Sources, name: str) -> tuple[Sketches, list[Attribute], dc.DNA]:
    """A dataset's sketches, what its attributes and its two folders ask, and its DNA."""
    dataset = workspace.dataset(name)
    dna = sources.dna(dataset)
    files, sketches = sources.sketches(dataset)
    asked = attributes_of(workspace.attributes(dataset).iloc[sketches.found])
    folders = np.array([files[i].path.split("/")[0] for i in sketches.found])
    if not asked:
        first = sorted(set(folders))[0]
        asked = [Attribute(first, folders == first, folders != first)]
    return sketches, [a for a in asked if "=" not in a.name], dna


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    data, extractor = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else DEFAULT_EXTRACTOR
    with tempfile.TemporaryDirectory() as home:
        workspace = dc.Workspace.open(Path(home, "workspace"))
        names = ["faces"] if data == "demo" else ["faces", "day_night"]
        for name in names:
            if data == "demo":
                from dnacore.demo import draw

                workspace.add_dataset(name, Path(home, name), draw(name, Path(home, name)))
            else:
                workspace.add_dataset(name, Path(data, name))
        sources = Sources(workspace, extractor)
        report({name: questions(workspace, sources, name) for name in names})


def report(sets: dict[str, tuple[Sketches, list[Attribute], dc.DNA]]) -> None:
    """Print one row per attribute."""
    heads = [f"top {k}" for k in CHOSEN] + ["random 20", "all"]
    print(f"{'attribute':<14} {'with/without':>12} " + " ".join(f"{h:>15}" for h in heads))
    for sketches, asked, dna in sets.values():
        for question in asked:
            row = figures(sketches, question, dna)
            cells = " ".join(f"{f'{row[h][0]:.3f} ({row[h][1]:.3f})':>15}" for h in heads)
            print(f"{question.name:<14} {'/'.join(map(str, question.images)):>12} {cells}", flush=True)


if __name__ == "__main__":
    main()
