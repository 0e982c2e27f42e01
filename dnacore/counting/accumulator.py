"""Activations -> integer histograms, moments of spatial means, and per-image sketches.

One `Accumulator` takes the activations of one shard, layer by layer and batch by batch. On the CPU the compiled kernels
of `cpu_kernels` do the work; elsewhere, and as their oracle, plain torch operations do. Counts are exact integers: however
the images are cut into batches or shards, the histograms are the same to the last count.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from dnacore.counting import cpu_kernels
from dnacore.counting.sorting_network import comparisons
from dnacore.dna.calibration import Calibration
from dnacore.errors import BadInput
from dnacore.sketches.segments import QUANTILES, SketchArrays

if TYPE_CHECKING:
    from dnacore.counting.cuda_kernels import DeviceCounters


BINS, MOST_BINS = 1000, 65_535


@dataclass(frozen=True)
class Distributions:
    """What a set of images leaves behind. n = neurons, B = bins.

    histograms: (n, B) int64 counts. outside: (n, 2) int64, activations below and above the range (also counted in the
    end bins). images: how many. mean, deviations: (n,) float64, the mean of the images' spatial means and the sum of
    their squared deviations from it, in raw activation units. scatter: {layer: (d, d) float64}, the sum over images of
    products of those deviations, for the layers that were asked for.
    """

    histograms: np.ndarray
    outside: np.ndarray
    images: int
    mean: np.ndarray
    deviations: np.ndarray
    scatter: dict[str, np.ndarray] = field(default_factory=dict)


class Accumulator:
    """Collects the distributions and sketches of up to `capacity` images.

    threads: how many threads share a layer on the CPU. kernels: "best" for where the activations are, "torch" for plain
    torch operations (the oracle), "fused" for the CUDA kernels wherever they run.
    covariance: layers whose products of spatial means are kept too, 8 bytes for every pair of neurons.
    """

    def __init__(
        self, calibration: Calibration, capacity: int, bins: int = BINS, sketches: bool = True,
        threads: int | None = None, kernels: str = "best", covariance: Sequence[str] = (),
    ) -> None:  # fmt: skip
        check_bins(bins)
        self.bins = bins
        self._kernels = kernels
        self._slices: dict[str, slice] = {}
        at = 0
        for layer, count in calibration.layers.items():
            self._slices[layer] = slice(at, at + count)
            at += count
        self._low = calibration.low.astype(np.float32)
        self._high = calibration.high.astype(np.float32)
        self._scale = (bins / (calibration.high - calibration.low)).astype(np.float32)
        self._centre = (calibration.low + calibration.high) / 2
        self._counts = np.zeros((at, bins), np.int64)
        self._outside = np.zeros((at, 2), np.int64)
        self._sums, self._squares = np.zeros(at), np.zeros(at)
        self._products = {layer: np.zeros((calibration.layers[layer],) * 2) for layer in covariance}
        self._images = 0
        self._sketches = SketchArrays.empty(at, capacity if sketches else 0)
        self._device: DeviceCounters | None = None
        self._threads = threads or torch.get_num_threads()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="binning")

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def __enter__(self) -> Accumulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def count_images(self, images: int) -> None:
        """Say that `images` more images were, or are about to be, added (every layer of them)."""
        self._images += images

    def add(self, layer: str, activations: torch.Tensor, slots: Sequence[int] | None = None) -> None:
        """Add one layer of one batch. activations: (N, C, S); slots: where each image's sketch goes, -1 for nowhere."""
        where = self._slices[layer]
        n, channels, size = activations.shape
        if channels != where.stop - where.start:
            raise BadInput(f"Layer {layer} has {where.stop - where.start} neurons, not {channels}.")
        slots_array = np.full(n, -1, np.int64) if slots is None else np.asarray(slots, np.int64)
        if size > np.iinfo(self._sketches.places.dtype).max + 1 and (slots_array >= 0).any():
            self._sketches = self._sketches.with_wide_places()
        if layer in self._products:
            deviations = activations.detach().double().mean(2).cpu().numpy() - self._centre[where]
            self._products[layer] += deviations.T @ deviations
        if self._kernels == "fused" or (self._kernels == "best" and _has_fused(activations.device)):
            self._on_device(activations.device).add(where, activations.detach(), slots_array, quantile_ranks(size))
        elif self._kernels == "best" and activations.device.type == "cpu":
            self._add_compiled(where, activations, slots_array)
        else:
            self._add_torch(where, activations, slots_array)

    def _add_compiled(self, where: slice, activations: torch.Tensor, slots: np.ndarray) -> None:
        activations = activations.detach().float()
        minor = not activations.is_contiguous() and activations.transpose(1, 2).is_contiguous()
        x = (activations.transpose(1, 2) if minor else activations.contiguous()).numpy()
        channels, size = where.stop - where.start, activations.shape[2]
        sketch = self._sketches.rows(where)
        arguments = (
            self._low[where], self._high[where], self._scale[where], self._counts[where], self._outside[where],
            self._sums[where], self._squares[where], self._centre[where], slots, quantile_ranks(size),
            comparisons(size), (sketch.quantiles, sketch.peaks, sketch.places, sketch.means),
        )  # fmt: skip
        cuts = _cuts(channels, self._threads, cpu_kernels.LANES)
        for future in [
            self._pool.submit(cpu_kernels.accumulate, x, minor, a, b, *arguments) for a, b in pairwise(cuts)
        ]:
            future.result()

    def _on_device(self, device: torch.device) -> DeviceCounters:
        if self._device is None:
            from dnacore.counting.cuda_kernels import DeviceCounters  # there is no Triton on some systems

            self._device = DeviceCounters(
                device, self.bins, self._sketches.images, self._low, self._high, self._scale, self._centre,
            )  # fmt: skip
        return self._device

    def _add_torch(self, where: slice, activations: torch.Tensor, slots: np.ndarray) -> None:
        device = activations.device
        x = activations.detach().float()
        channels, size = x.shape[1:]
        low, high, scale = (
            torch.from_numpy(bound[where]).to(device)[:, None] for bound in (self._low, self._high, self._scale)
        )
        bins = torch.nan_to_num((x - low) * scale, nan=0.0).clamp(0, self.bins - 1).to(torch.int64)
        offsets = torch.arange(channels, device=device)[:, None] * self.bins
        counted = torch.bincount((bins + offsets).flatten(), minlength=channels * self.bins)
        self._counts[where] += counted.view(channels, self.bins).cpu().numpy()
        self._outside[where, 0] += (x < low).sum((0, 2)).cpu().numpy()
        self._outside[where, 1] += (x > high).sum((0, 2)).cpu().numpy()
        means = x.double().mean(2).cpu().numpy()
        for mean in means:  # image by image, as the kernels do, so that rounding is the same
            deviation = mean - self._centre[where]
            self._sums[where] += deviation
            self._squares[where] += deviation * deviation
        kept = np.flatnonzero(slots >= 0)
        if len(kept):
            ranks = torch.from_numpy(quantile_ranks(size)).to(device)
            chosen = torch.from_numpy(kept).to(device)
            sketch, to = self._sketches.rows(where), slots[kept]
            sketch.quantiles[:, to] = bins[chosen].sort(2).values[..., ranks].cpu().numpy().transpose(1, 0, 2)
            peaks, places = x[chosen].max(2)
            sketch.peaks[:, to], sketch.places[:, to] = peaks.cpu().numpy().T, places.cpu().numpy().T
            sketch.means[:, to] = means[kept].T

    def distributions(self) -> Distributions:
        """What has been added so far."""
        if self._device is not None:
            totals = self._counts, self._outside, self._sums, self._squares
            for total, found in zip(totals, self._device.take(), strict=True):
                total += found
        n = max(self._images, 1)
        drift = self._sums / n
        with np.errstate(invalid="ignore"):  # a neuron that met an infinity has no deviations
            deviations = np.maximum(self._squares - n * drift * drift, 0.0)
        return Distributions(
            self._counts, self._outside, self._images, self._centre + drift, deviations,
            {layer: products - n * np.outer(drift[self._slices[layer]], drift[self._slices[layer]])
             for layer, products in self._products.items()},
        )  # fmt: skip

    def sketches(self) -> SketchArrays:
        """The sketches added so far, at the slots that were given."""
        if self._device is not None:
            quantiles, peaks, places, means = self._device.sketches()
            self._sketches = SketchArrays(quantiles, peaks, places.astype(self._sketches.places.dtype), means)
        return self._sketches


def check_bins(bins: int) -> None:
    """Raise BadInput for a number of bins that sketches, whose quantiles are 16 bits, cannot hold."""
    if not 2 <= bins <= MOST_BINS:
        raise BadInput(f"The number of bins must lie between 2 and {MOST_BINS:,}, not {bins:,}.")


def quantile_ranks(size: int, quantiles: int = QUANTILES) -> np.ndarray:
    """(Q,) int64 ranks, out of `size` sorted values, of the middles of Q equal shares."""
    return ((np.arange(quantiles) + 0.5) / quantiles * size).astype(np.int64)


def _has_fused(device: torch.device) -> bool:
    if device.type != "cuda" or find_spec("triton") is None:
        return False
    from dnacore.counting.cuda_kernels import works

    return works(device)


def _cuts(channels: int, parts: int, block: int) -> list[int]:
    """Bounds of `parts` ranges of channels, cut at multiples of `block` so that threads never share a cache line."""
    blocks = -(-channels // block)
    parts = min(parts, blocks)
    return sorted({min(channels, round(i * blocks / parts) * block) for i in range(parts + 1)})
