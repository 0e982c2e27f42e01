"""Compile every kernel once, so that a machine's first extraction need not wait: `python -m dnacore.compile_kernels`.

Set-up runs this. The compiled code is kept beside the modules (or in the user's cache folder) and is made again by
itself whenever a kernel's source changes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np


def compile_kernels() -> None:
    """Run every compiled kernel on the smallest input there is of each type that it meets."""
    import torch

    from dnacore.analyses.mixture import mixture
    from dnacore.analyses.ranking import distances_to
    from dnacore.counting.accumulator import Accumulator
    from dnacore.distances.contrasts import contrast
    from dnacore.distances.emd import emd
    from dnacore.distances.pairwise import pairwise
    from dnacore.distances.permutation import noise_floor
    from dnacore.dna.adding import add_file
    from dnacore.dna.calibration import Calibration
    from dnacore.dna.from_sketches import sketched_dna
    from dnacore.images.resize import resize
    from dnacore.sketches.segments import Segment, SketchArrays
    from dnacore.sketches.sketches import Sketches

    for dtype in (np.uint8, np.float32):
        for height, width in ((40, 8), (8, 40)):
            resize(np.zeros((height, width, 3), dtype), (4, 4), "squash")
    bounds = Calibration(np.zeros(2), np.ones(2), {"layer": 2}, "warm")
    x = torch.zeros(1, 2, 3)
    with Accumulator(bounds, 1) as total:
        for values in (x, x.transpose(1, 2).contiguous().transpose(1, 2)):
            total.add("layer", values)
            total.add("layer", values, [0])
    with Accumulator(bounds, 1) as total:  # more places than 16 bits can number, counted instead of sorted
        total.add("layer", torch.zeros(1, 2, 70_000), [0])
    for writable in (True, False):  # arrays in memory, and arrays that are mapped from a file
        arrays = SketchArrays.empty(2, 1)
        arrays.quantiles.setflags(write=writable)
        view = Sketches([Segment(Path(), arrays, ("00" * 16,))], ["00" * 16], 10)
        reference = sketched_dna(view, bounds, {}, "warm")
        distances_to(view, reference)
        noise_floor(view, view, splits=2)
        contrast(view, np.ones((1, 1)))
        reference.histograms.setflags(write=writable)
        dnas = [replace(reference, name=name, images=1) for name in "abcd"]  # more DNAs than are compared exactly
        emd(*dnas[:2])
        pairwise(dnas)
        mixture(dnas[0], dnas[1:])
    with TemporaryDirectory() as folder:
        add_file(reference.save(Path(folder, "warm")))


if __name__ == "__main__":
    compile_kernels()
