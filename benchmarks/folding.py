"""What folding changes in a DNA: `python -m benchmarks.folding EXTRACTOR FOLDER... [--images 96]`.

Batch norms and rectifiers are computed inside the convolutions before them (dnacore/extractors/forward/folding.py).
Every folder's images go through the network both ways. Printed for each: the share of activations that fall into the
same bin, the most bins that one moved, and the EMD between the two DNAs; then, for each pair of folders, emd_avg both
ways. EXTRACTOR is a name, or a weights file with --architecture and --arguments.
"""

from __future__ import annotations

import argparse
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import torch

import dnacore as dc
from dnacore.counting.accumulator import BINS, Accumulator
from dnacore.dna.calibration import Calibration, shipped
from dnacore.extraction.batches import feed
from dnacore.extraction.calibrate import calibrate
from dnacore.extractors import Extractor
from dnacore.images.files import find_images


def unfolded(extractor: Extractor) -> Extractor:
    """The same network, computed as it was loaded."""
    about = extractor.recipe, extractor.network, extractor.taps, extractor.spec["weights"]["hash"], extractor.device
    return Extractor(*about)


class Compared:
    """Activations of one folder both ways: how many there are, how many changed their bin, by how many at most."""

    def __init__(self, extractor: Extractor, bounds: Calibration, paths: list[Path]) -> None:
        self.all = self.moved = self.farthest = 0
        self.histograms: list[np.ndarray] = []
        ways = [extractor, unfolded(extractor)]
        low = torch.from_numpy(bounds.low.astype(np.float32))
        scale = torch.from_numpy((BINS / (bounds.high - bounds.low)).astype(np.float32))
        totals = [Accumulator(bounds, 0, sketches=False) for _ in ways]
        for batch in feed(extractor, paths, 16):
            assert batch.tensor is not None
            seen = [way.activations(batch.tensor) for way in ways]
            at = 0
            for layer in extractor.layers:
                here = slice(at, at := at + extractor.layers[layer])
                for total, one in zip(totals, seen, strict=True):
                    total.add(layer, one[layer])
                scaled = [((one[layer] - low[here, None]) * scale[here, None]).clamp(0, BINS - 1).int() for one in seen]
                apart = (scaled[0] - scaled[1]).abs()
                self.all += apart.numel()
                self.moved += int((apart > 0).sum())
                self.farthest = max(self.farthest, int(apart.max()))
        for total in totals:
            self.histograms.append(total.distributions().histograms)
            total.close()


def emd_avg(a: np.ndarray, b: np.ndarray) -> float:
    """Mean EMD of two sets of histograms (n, B), in bins; CVPR 2023, eq. 3-4."""
    cumulated = [np.cumsum(x / x.sum(1, keepdims=True), axis=1) for x in (a, b)]
    return float(np.abs(cumulated[0] - cumulated[1]).sum(1).mean())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("extractor")
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--images", type=int, default=96, help="of each folder, evenly spread")
    options.add_argument("--architecture")
    options.add_argument("--arguments", type=json.loads)
    asked = options.parse_args()
    torch.set_num_threads(2)
    chosen = {"architecture": asked.architecture, "arguments": asked.arguments}
    extractor = dc.load_extractor(asked.extractor, "cpu", **{key: value for key, value in chosen.items() if value})
    bounds = shipped(extractor) or calibrate(extractor, asked.folders, images=200)
    print(f"{extractor.name}: {extractor.folds} convolutions, ranges {bounds.origin}")
    print(f"{'folder':<30} {'images':>6} {'activations':>12} {'same bin':>10} {'farthest':>9} {'EMD, bins':>10}")
    found = {}
    for folder in asked.folders:
        paths = [folder / one.path for one in find_images(folder)[0]]
        paths = paths[:: max(1, len(paths) // asked.images)][: asked.images]
        one = found[folder] = Compared(extractor, bounds, paths)
        print(
            f"{folder.name:<30} {len(paths):>6} {one.all:>12,} {1 - one.moved / one.all:>10.4%} {one.farthest:>9} "
            f"{emd_avg(*one.histograms):>10.2e}", flush=True,
        )  # fmt: skip
    for a, b in combinations(asked.folders, 2):
        ways = [emd_avg(*pair) for pair in zip(found[a].histograms, found[b].histograms, strict=True)]
        print(
            f"emd_avg({a.name}, {b.name}) folded {ways[0]:.5f}, unfolded {ways[1]:.5f}, apart {ways[0] - ways[1]:+.1e}"
        )


if __name__ == "__main__":
    main()
