"""Adding up the files of many DNAs: counts go from the file's bytes straight into one sum.

Reading each file as a DNA and adding two DNAs would write every count five times over; here it is touched once, while it
is in the cache. Counts are integers, so that sums of sums are exact. Means are not: their last digit depends on the
order, so the moments of every file are kept until they are added in the order of the images, whoever read them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from dnacore.dna import npz
from dnacore.dna.calibration import Calibration
from dnacore.dna.file import MOST_BINS, MOST_IMAGES, calibration_in, opened, scatter_in
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.dna.moments import Moments
from dnacore.errors import BadInput, Damaged, Mismatch
from dnacore.parallel import cores


@njit(nogil=True, cache=True)
def _add(planes, into, totals):
    """planes (P, n, B) uint8 as `file.differences` makes them; adds the counts to into (n, B) and the rows' sums to totals
    (n,), int64 both. Returns the least count.
    """
    depth, neurons, bins = planes.shape
    least = np.int64(0)
    for k in range(neurons):
        running, total = np.int64(0), np.int64(0)
        low, high = planes[0, k], planes[min(1, depth - 1), k]
        for i in range(bins):
            code = np.int64(low[i])
            if depth == 2:  # nearly always; a loop over two planes takes half as long again
                code |= np.int64(high[i]) << 8
            elif depth > 2:
                for p in range(1, depth):
                    code |= np.int64(planes[p, k, i]) << (8 * p)
            running += (code >> 1) ^ -(code & 1)
            least = min(least, running)
            total += running
            into[k, i] += running
        totals[k] += total
    return least


@dataclass
class Sum:
    """The sum of some DNA files so far: what they all have in common, their counts, their moments.

    apart: whether the moments are kept one by one, since other files come before these; else `moments` is one sum.
    """

    calibration: Calibration
    extractor: Mapping[str, Any]
    exact: bool
    histograms: np.ndarray
    outside: np.ndarray
    name: str = ""
    apart: bool = False
    moments: list[Moments] = field(default_factory=list)
    rejected: list[Mapping[str, str]] = field(default_factory=list)

    def take(self, moments: Moments) -> None:
        """Add the moments of the next file."""
        if self.moments and not self.apart:
            moments = self.moments.pop() + moments
        self.moments.append(moments)

    def dna(self) -> DNA:
        """All of it as one DNA."""
        total = reduce(add, self.moments)
        return DNA(
            self.histograms, self.outside, total.images, total.mean, total.deviations, self.calibration, self.extractor,
            self.name, tuple(self.rejected), self.exact, total.scatter,
        )  # fmt: skip


def add_file(path: Path, total: Sum | None = None, apart: bool = False) -> Sum:
    """Add the DNA in a file to a sum, or begin one, whose moments may be kept `apart`. A sum is spoiled where this raises.

    Raises BadInput where there is no file, Damaged where it is broken or holds no histograms, Mismatch where it is of
    another network or other ranges, and Unavailable where it cannot be read for a reason that passes.
    """
    with opened(path) as (archive, header):
        if header["kind"] != "histogram":
            raise Damaged(f"{path.name} holds no histograms.")
        layers, bins = npz.layers_of(header["layers"]), npz.count_of(header["bins"], MOST_BINS)
        calibration = calibration_in(archive, header, path.name)
        if total is None:
            counts, outside = (
                np.zeros((calibration.n_neurons, bins), np.int64),
                np.zeros((calibration.n_neurons, 2), np.int64),
            )
            total = Sum(calibration, dict(header["extractor"]), bool(header["exact"]), counts, outside,
                        npz.text_of(header["name"]), apart)  # fmt: skip
        if (calibration.fingerprint, calibration.extractor, bins, bool(header["exact"])) != (
            total.calibration.fingerprint, total.calibration.extractor, total.histograms.shape[1], total.exact,
        ):  # fmt: skip
            raise Mismatch(
                f"{path.name} cannot be added to the others: it is of another network or other activation ranges."
            )
        _add_counts(archive, layers, total)
        n, images = calibration.n_neurons, npz.count_of(header["images"], MOST_IMAGES)
        mean, deviations = (
            npz.array(archive, name, (n,), "f").astype(np.float64, copy=False) for name in ("mean", "deviations")
        )
        total.take(Moments(images, mean, deviations, layers, scatter_in(archive, layers)))
        total.rejected += npz.rejected_of(header["rejected"])
    return total


def _add_counts(archive: zipfile.ZipFile, layers: Mapping[str, int], total: Sum) -> None:
    neurons, bins = total.histograms.shape
    totals, slices = np.zeros(neurons, np.int64), layer_slices(layers)

    def unpack(layer: str) -> None:
        planes = npz.array(archive, f"differences/{layer}", (-1, layers[layer], bins), "u")
        if not len(planes) or _add(planes, total.histograms[slices[layer]], totals[slices[layer]]) < 0:
            raise ValueError(f"layer {layer} holds counts below zero")

    with ThreadPoolExecutor(cores()) as pool:  # unpacking and adding up both release the interpreter lock
        list(pool.map(unpack, layers))
    outside = npz.array(archive, "outside", (neurons, 2), "iu").astype(np.int64, copy=False)
    if (outside < 0).any() or (outside.sum(1) > totals).any():
        raise ValueError("its counts do not add up")
    total.outside += outside


def add_files(paths: Sequence[Path], apart: bool = False) -> Sum:
    """The sum of some files. Raises as `add_file` does, and BadInput when there is none."""
    total: Sum | None = None
    for path in paths:
        total = add_file(path, total, apart)
    if total is None:
        raise BadInput("There is no DNA to add up.")
    return total


def add_sum(total: Sum, later: Sum) -> None:
    """Add the sum of the files that come next, whose moments were kept apart."""
    total.histograms += later.histograms
    total.outside += later.outside
    for moments in later.moments:
        total.take(moments)
    total.rejected += later.rejected
