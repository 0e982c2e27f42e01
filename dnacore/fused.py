"""The CUDA kernels: bin, count, moments and sketches of a layer in one launch that reads every activation once.

Import this only where Triton is installed. A program takes one image and a few channels, whichever way they lie in memory. Counters live on the device for as long
as an `Accumulator` does, so nothing is waited for between batches. Few positions are sorted in registers for their
quantiles; where there are many, the image is counted into counters of its own, and a second kernel reads ranks off
those and adds them up. Plain torch (`Accumulator(kernels="torch")`) is the oracle. With TRITON_INTERPRET=1 the same code
runs on the CPU, slowly, which is how it is tested where there is no GPU.
"""

from __future__ import annotations

import numpy as np
import torch
import triton
import triton.language as tl

from .sketches import QUANTILES

SORTED = 512  # positions up to which an image is sorted in registers
TILE = 4096  # activations a program holds at once
MOST = 2**31 - 1  # of what a 32-bit counter holds
SCRATCH_BYTES = 1 << 28  # counters of single images at once


@triton.jit
def _read(
    x, low, high, scale, counts, counts_of_image, sums, peaks, places, belows, aboves, slots, order, quantiles,
    capacity, size, channels, step_image, step_channel, step_place,
    BINS: tl.constexpr, WIDTH: tl.constexpr, LANES: tl.constexpr, SORT: tl.constexpr, Q: tl.constexpr,
):  # fmt: skip
    image = tl.program_id(1).to(tl.int64)
    lane = tl.program_id(0) * LANES + tl.arange(0, LANES)
    inside = lane < channels
    floor = tl.load(low + lane, mask=inside, other=0.0)[:, None]
    ceiling = tl.load(high + lane, mask=inside, other=1.0)[:, None]
    unit = tl.load(scale + lane, mask=inside, other=1.0)[:, None]
    total = tl.zeros((LANES,), tl.float64)
    top = tl.full((LANES,), float("-inf"), tl.float32)
    where = tl.zeros((LANES,), tl.int32)
    below = tl.zeros((LANES,), tl.int32)
    above = tl.zeros((LANES,), tl.int32)
    own = counts + image * counts_of_image + lane.to(tl.int64)[:, None] * BINS
    for start in range(0, size, WIDTH):
        place = start + tl.arange(0, WIDTH)
        good = inside[:, None] & (place < size)[None, :]
        at = image * step_image + lane.to(tl.int64)[:, None] * step_channel + place.to(tl.int64)[None, :] * step_place
        value = tl.load(x + at, mask=good, other=0.0).to(tl.float32)
        scaled = (value - floor) * unit
        scaled = tl.where(scaled > 0, scaled, 0.0)  # also NaN
        bin_ = tl.where(scaled < BINS - 1, scaled, BINS - 1.0).to(tl.int32)
        tl.atomic_add(own + bin_, tl.full((LANES, WIDTH), 1, tl.int32), mask=good, sem="relaxed")
        total += tl.sum(tl.where(good, value, 0.0).to(tl.float64), 1)
        below += tl.sum((good & (value < floor)).to(tl.int32), 1)
        above += tl.sum((good & (value > ceiling)).to(tl.int32), 1)
        seen = tl.where(good & (value == value), value, float("-inf"))
        highest, first = tl.max(seen, 1, return_indices=True, return_indices_tie_break_left=True)
        where = tl.where(highest > top, first + start, where)
        top = tl.maximum(highest, top)
        if SORT:  # one round: everything is in registers
            slot = tl.load(slots + image)
            if slot >= 0:
                ordered = tl.sort(tl.where(good, bin_, 2147483647), 1)
                for q in tl.static_range(Q):
                    rank = tl.load(order + q)
                    chosen = tl.sum(tl.where(tl.arange(0, WIDTH)[None, :] == rank, ordered, 0), 1)
                    to = (lane.to(tl.int64) * capacity + slot) * Q + q
                    tl.store(quantiles + to, chosen.to(tl.uint16), mask=inside)
    result = image * channels + lane
    tl.store(sums + result, total, mask=inside)
    tl.store(peaks + result, top, mask=inside)
    tl.store(places + result, where, mask=inside)
    tl.store(belows + result, below, mask=inside)
    tl.store(aboves + result, above, mask=inside)


@triton.jit
def _read_ranks(
    counts, slots, order, quantiles, capacity, channels,
    BINS: tl.constexpr, WIDTH: tl.constexpr, Q: tl.constexpr,
):  # fmt: skip
    image, channel = tl.program_id(1).to(tl.int64), tl.program_id(0).to(tl.int64)
    slot = tl.load(slots + image)
    if slot >= 0:
        bins = tl.arange(0, WIDTH)
        found = tl.load(counts + (image * channels + channel) * BINS + bins, mask=bins < BINS, other=0)
        passed = tl.cumsum(found, 0)
        for q in tl.static_range(Q):
            rank = tl.load(order + q)
            chosen = tl.sum(((passed <= rank) & (bins < BINS)).to(tl.int32), 0)
            tl.store(quantiles + (channel * capacity + slot) * Q + q, chosen.to(tl.uint16))


class DeviceCounters:
    """What an `Accumulator` keeps on a device: n neurons, B bins, sketches of `capacity` images.

    low, high, scale: (n,) float32; centre: (n,) float64. overlap: work on a stream of its own, beside the network's next
    layers, on a copy, since a network may overwrite a layer right after it was seen.
    """

    def __init__(
        self, device: torch.device, bins: int, capacity: int, low: np.ndarray, high: np.ndarray, scale: np.ndarray,
        centre: np.ndarray, overlap: bool = False,
    ) -> None:  # fmt: skip
        n = len(low)
        self._stream = torch.cuda.Stream(device) if overlap and device.type == "cuda" else None
        self.bins = bins
        self._low, self._high, self._scale, self._centre = (
            torch.from_numpy(bound).to(device) for bound in (low, high, scale, centre)
        )
        self._counts = torch.zeros(n, bins, dtype=torch.int32, device=device)
        self._flushed = torch.zeros(0)
        self._most = 0  # no counter is larger than this
        self._outside = torch.zeros(n, 2, dtype=torch.int64, device=device)
        self._sums, self._squares = (torch.zeros(n, dtype=torch.float64, device=device) for _ in range(2))
        self._quantiles = torch.zeros(n, capacity, QUANTILES, dtype=torch.int32, device=device).to(torch.uint16)
        self._peaks, self._means = (torch.zeros(n, capacity, dtype=torch.float32, device=device) for _ in range(2))
        self._places = torch.zeros(n, capacity, dtype=torch.int32, device=device)

    def add(self, where: slice, x: torch.Tensor, slots: np.ndarray, ranks: np.ndarray) -> None:
        """Add one layer of one batch. x: (N, C, S) of any strides and floating type; ranks: (Q,) int64."""
        if self._stream is None:
            self._add(where, x, slots, ranks)
            return
        x = x.clone()
        self._stream.wait_stream(torch.cuda.current_stream(x.device))
        with torch.cuda.stream(self._stream):
            self._add(where, x, slots, ranks)
        x.record_stream(self._stream)

    def _add(self, where: slice, x: torch.Tensor, slots: np.ndarray, ranks: np.ndarray) -> None:
        images, channels, size = x.shape
        if self._most + images * size > MOST:
            self._flush()
        self._most += images * size
        to = torch.from_numpy(slots).to(x.device, non_blocking=True)
        order = torch.from_numpy(ranks).to(x.device, non_blocking=True)
        counts = self._counts[where]
        found = [
            torch.empty(images, channels, dtype=dtype, device=x.device)
            for dtype in (torch.float64, torch.float32, torch.int32, torch.int32, torch.int32)
        ]
        bounds = self._low[where], self._high[where], self._scale[where]
        kept = bool((slots >= 0).any())
        sorting = size <= SORTED
        width = triton.next_power_of_2(size) if sorting else 1024
        lanes = max(1, min(triton.next_power_of_2(channels), TILE // width))
        step = images if sorting or not kept else max(1, SCRATCH_BYTES // (channels * self.bins * 4))
        for start in range(0, images, step):
            part = x[start : start + step]
            own = kept and not sorting
            into = torch.zeros(len(part), channels, self.bins, dtype=torch.int32, device=x.device) if own else counts
            outputs = [out[start : start + step] for out in found]
            _read[(-(-channels // lanes), len(part))](
                part, *bounds, into, channels * self.bins if own else 0, *outputs, to[start : start + step], order,
                self._quantiles[where], self._quantiles.shape[1], size, channels, *part.stride(),
                BINS=self.bins, WIDTH=width, LANES=lanes, SORT=sorting and kept, Q=QUANTILES,
            )  # fmt: skip
            if own:
                _read_ranks[(channels, len(part))](
                    into, to[start : start + step], order, self._quantiles[where], self._quantiles.shape[1], channels,
                    BINS=self.bins, WIDTH=triton.next_power_of_2(self.bins), Q=QUANTILES,
                )  # fmt: skip
                counts += into.sum(0, dtype=torch.int32)
        total, peaks, places, below, above = found
        means = total / size
        deviations = means - self._centre[where]
        self._sums[where] += deviations.sum(0)
        self._squares[where] += (deviations * deviations).sum(0)
        self._outside[where, 0] += below.sum(0)
        self._outside[where, 1] += above.sum(0)
        if kept:
            chosen = torch.from_numpy(np.flatnonzero(slots >= 0)).to(x.device)
            columns = to[chosen]
            self._peaks[where][:, columns] = peaks[chosen].T
            self._places[where][:, columns] = places[chosen].T
            self._means[where][:, columns] = means[chosen].T.float()

    def _wait(self) -> None:
        if self._stream is not None:
            torch.cuda.current_stream(self._stream.device).wait_stream(self._stream)

    def _flush(self) -> None:
        """Widen the counters before one could overflow."""
        self._flushed = self._counts.long() + (self._flushed if len(self._flushed) else 0)
        self._counts.zero_()
        self._most = 0

    def take(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Counts (n, B) int64, outside (n, 2) int64, sums and squares of deviations from the centre (n,) float64.

        They start from zero again.
        """
        self._wait()
        self._flush()
        held = self._flushed, self._outside, self._sums, self._squares
        found = tuple(tensor.cpu().numpy().copy() for tensor in held)
        for tensor in held:
            tensor.zero_()
        return found  # type: ignore[return-value]

    def sketches(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Quantiles (n, N, Q) uint16, peaks, places int32 and means (n, N)."""
        self._wait()
        return tuple(t.cpu().numpy() for t in (self._quantiles, self._peaks, self._places, self._means))  # type: ignore
