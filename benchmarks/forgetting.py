"""Learned weights that forget one attribute of drawn faces: `python -m benchmarks.forgetting [EXTRACTOR] [IMAGES]`.

Draws the faces (default 2,400) with their true attributes into a temporary folder, extracts them once, learns on one
half to forget each of the nine yes-or-no attributes, and prints what that does on the other half: delta of the
attribute (1: forgotten) and the mean size of the changes of the others (0: kept), for EMD, NFD and layer-wise FD.
Then times the learning alone of 40 attributes over 9,984 neurons, with made-up distances.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import dnacore as dc
from dnacore.attributes import attributes_of
from dnacore.demo import draw
from dnacore.learning import METRICS, forget, learn
from dnacore.sources import DEFAULT_EXTRACTOR, Sources


def main() -> None:
    extractor = sys.argv[1] if len(sys.argv) > 1 else DEFAULT_EXTRACTOR
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2400
    with tempfile.TemporaryDirectory() as home:
        workspace = dc.Workspace.open(Path(home, "workspace"))
        workspace.add_dataset("faces", Path(home, "faces"), draw("faces", Path(home, "faces"), count))
        sources = Sources(workspace, extractor)
        dna = sources.dna("faces")
        _, sketches = sources.sketches("faces")
        table = workspace.attributes(workspace.dataset("faces"))
        asked = [a for a in attributes_of(table.iloc[sketches.found]) if "=" not in a.name]
        for metric in METRICS:
            started = time.perf_counter()
            found = forget(sketches, asked, metric=metric, layers=dna.layers, extractor=dna.network)
            seconds = time.perf_counter() - started
            sizes = f"{len(asked)} attributes, {dna.n_neurons:,} neurons, {found[0].images} images"
            print(f"{metric.upper()}: {sizes}, {seconds:.0f} s")
            for one in found:
                print(f"  {one.attribute:<12} forgotten {one.delta:6.3f}   others changed by {one.harm:.3f}")
            means = np.mean([f.delta for f in found]), np.mean([f.harm for f in found])
            missed = np.mean([abs(1 - f.delta) for f in found])
            print(f"  {'mean':<12} forgotten {means[0]:6.3f}   others changed by {means[1]:.3f}")
            print(f"  {'mean distance from 1':<22} {missed:.3f}")
    random = np.random.default_rng(0)
    started = time.perf_counter()
    learn(random.gamma(2, 3, (40, 9_984)), range(40), random.normal(0, 0.5, (64, 9_984)), np.ones(40))
    print(f"learning alone, 40 attributes x 9,984 neurons: {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
