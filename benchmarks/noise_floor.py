"""Is the noise floor calibrated? `python -m benchmarks.noise_floor FOLDER [EXTRACTOR] [CUTS]`, or `demo` for FOLDER.

Extracts the images once, cuts them into two random halves 200 times, asks for the sensitivity of every neuron to each
cut, and counts the cuts in which any neuron at all passes the floor. At a rate of 5 % it should be 5 of 100. For
comparison: the same for cuts of 20 against the rest, and how many neurons pass twice their noise, which is not
calibrated.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

import dnacore as dc
from dnacore.distances.contrasts import columns, contrast
from dnacore.distances.permutation import SPLITS, Noise, random_splits, ratios
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.sketches.sketches import Sketches
from dnacore.sources.resolver import Sources


def passing(sketches: Sketches, first: int, cuts: int, rates: tuple[float, ...]) -> None:
    """Print how many of so many random cuts into `first` images and the rest show any neuron above the floor."""
    random = np.random.default_rng(0)
    shown, neurons, twice = dict.fromkeys(rates, 0), dict.fromkeys(rates, 0), 0
    for _ in range(cuts):
        # the cut itself and the random splits that its floor is made of, as `sensitivity` does for two DNAs from sketches
        sides = random_splits(first, len(sketches) - first, SPLITS + 1, random)
        found = contrast(sketches, columns(sides, ~sides)).emd
        floor = Noise.of(found[:, 1:])
        ratio = ratios(found[:, 0], floor.mean)
        twice += int((ratio > 2).sum())
        for rate in rates:
            above = int((ratio > floor.floor(rate)).sum())
            shown[rate] += above > 0
            neurons[rate] += above
    print(f"{first} images against {len(sketches) - first}, {cuts} random cuts, {sketches.n_neurons:,} neurons:")
    for rate in rates:
        each = neurons[rate] / cuts
        print(f"  rate {rate:.0%}: {shown[rate] / cuts:.1%} of the cuts show any neuron; {each:.2f} neurons a cut")
    print(f"  twice the noise, for comparison: {twice / cuts:.1f} neurons a cut")


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as home:
        workspace = dc.Workspace.open(Path(home, "workspace"))
        folder = Path(sys.argv[1])
        if sys.argv[1] == "demo":
            from dnacore.demo import draw

            folder = Path(home, "faces")
            draw("faces", folder)
        workspace.add_dataset("images", folder)
        sources = Sources(workspace, sys.argv[2] if len(sys.argv) > 2 else DEFAULT_EXTRACTOR)
        _, sketches = sources.sketches("images")
        report(sketches, int(sys.argv[3]) if len(sys.argv) > 3 else 200)


def report(sketches: Sketches, cuts: int) -> None:
    for first in (len(sketches) // 2, 20):
        passing(sketches, first, cuts, (0.05, 0.1, 0.25))


if __name__ == "__main__":
    main()
