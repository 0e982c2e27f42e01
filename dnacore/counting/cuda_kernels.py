"""The CUDA kernels: bin, count, moments and sketches of a layer in one launch that reads every activation once.

Import this only where Triton is installed. A program takes one image and a few channels, whichever way they lie in
memory. Counters live on the device for as long as an `Accumulator` does, and nothing is waited for between layers or
batches. Few positions are sorted in registers for their quantiles; where there are many, the image is counted into
counters of its own, and a second kernel reads ranks off those. Floating-point numbers are added up in a fixed order
and never by atomics, so that a run gives the same moments again. Plain torch (`Accumulator(kernels="torch")`) is the
oracle. With TRITON_INTERPRET=1 the same code runs on the CPU, slowly, which is how it is tested where there is no GPU.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
import torch
import triton
import triton.language as tl

from dnacore.sketches.segments import QUANTILES

SORTED = 512  # positions up to which an image is sorted in registers
TILE, WARPS = 2048, 8  # activations a program holds at once: 8 a thread (of 32, registers spilled: sm_90, cuobjdump)
NARROW, WIDE = 64, 1024  # positions of a tile, where channels and where positions are neighbours in memory
MOST = 2**31 - 1  # of what a 32-bit counter holds
SCRATCH_BYTES = 1 << 28  # counters of single images at once
# Products and sums are rounded one by one, as on the CPU.
OPTIONS = {"enable_fp_fusion": False, "num_warps": WARPS}


@triton.jit(do_not_specialize=["capacity"])  # else it is compiled again for datasets of some sizes
def _read(
    x, low, high, scale, counts, counts_of_image, sums, belows, aboves, slots, order, quantiles, peaks, places, means,
    capacity, size, channels, step_image, step_channel, step_place,
    BINS: tl.constexpr, WIDTH: tl.constexpr, LANES: tl.constexpr, SORT: tl.constexpr, Q: tl.constexpr,
):  # fmt: skip
    image = tl.program_id(1).to(tl.int64)
    lane = tl.program_id(0).to(tl.int64) * LANES + tl.arange(0, LANES)
    inside = lane < channels
    floor = tl.load(low + lane, mask=inside, other=0.0)[:, None]
    ceiling = tl.load(high + lane, mask=inside, other=1.0)[:, None]
    unit = tl.load(scale + lane, mask=inside, other=1.0)[:, None]
    slot = tl.load(slots + image)
    total = tl.zeros((LANES,), tl.float64)
    top = tl.full((LANES,), float("-inf"), tl.float32)
    where = tl.zeros((LANES,), tl.int32)
    below = tl.zeros((LANES,), tl.int32)
    above = tl.zeros((LANES,), tl.int32)
    own = counts + image * counts_of_image + lane[:, None] * BINS
    for start in range(0, size, WIDTH):
        place = start + tl.arange(0, WIDTH)
        good = inside[:, None] & (place < size)[None, :]
        at = image * step_image + lane[:, None] * step_channel + place.to(tl.int64)[None, :] * step_place
        value = tl.load(x + at, mask=good, other=0.0).to(tl.float32)
        scaled = (value - floor) * unit
        scaled = tl.where(scaled > 0, scaled, 0.0)  # also NaN
        bin_ = tl.where(scaled < BINS - 1, scaled, BINS - 1.0).to(tl.int32)
        tl.atomic_add(own + bin_, tl.full((LANES, WIDTH), 1, tl.int32), mask=good, sem="relaxed")
        total += tl.sum(tl.where(good, value, 0.0).to(tl.float64), 1)
        below += tl.sum((good & (value < floor)).to(tl.int32), 1)
        above += tl.sum((good & (value > ceiling)).to(tl.int32), 1)
        if slot >= 0:
            seen = tl.where(good & (value == value), value, float("-inf"))
            highest, first = tl.max(seen, 1, return_indices=True, return_indices_tie_break_left=True)
            where = tl.where(highest > top, first + start, where)
            top = tl.maximum(highest, top)
            if SORT:  # one round: everything is in registers
                ordered = tl.sort(tl.where(good, bin_, 2147483647), 1)
                for q in tl.static_range(Q):
                    rank = tl.load(order + q)
                    chosen = tl.sum(tl.where(tl.arange(0, WIDTH)[None, :] == rank, ordered, 0), 1)
                    tl.store(quantiles + (lane * capacity + slot) * Q + q, chosen.to(tl.uint16), mask=inside)
    result = image * channels + lane
    tl.store(sums + result, total, mask=inside)
    tl.store(belows + result, below, mask=inside)
    tl.store(aboves + result, above, mask=inside)
    if slot >= 0:
        to = lane * capacity + slot
        tl.store(peaks + to, top, mask=inside)
        tl.store(places + to, where, mask=inside)
        tl.store(means + to, (total / size).to(tl.float32), mask=inside)


@triton.jit(do_not_specialize=["capacity"])
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


@triton.jit(do_not_specialize=["images"])
def _add_up(
    totals, belows, aboves, centre, sums, squares, outside, images, size, channels,
    ROWS: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    lane = tl.program_id(0).to(tl.int64) * LANES + tl.arange(0, LANES)
    inside = lane < channels
    middle = tl.load(centre + lane, mask=inside, other=0.0)[None, :]
    added = tl.load(sums + lane, mask=inside, other=0.0)
    squared = tl.load(squares + lane, mask=inside, other=0.0)
    below = tl.load(outside + lane * 2, mask=inside, other=0)
    above = tl.load(outside + lane * 2 + 1, mask=inside, other=0)
    for start in range(0, images, ROWS):
        image = start + tl.arange(0, ROWS)
        good = (image < images)[:, None] & inside[None, :]
        at = image.to(tl.int64)[:, None] * channels + lane[None, :]
        deviation = tl.where(good, tl.load(totals + at, mask=good, other=0.0) / size - middle, 0.0)
        added += tl.sum(deviation, 0)
        squared += tl.sum(deviation * deviation, 0)
        below += tl.sum(tl.load(belows + at, mask=good, other=0).to(tl.int64), 0)
        above += tl.sum(tl.load(aboves + at, mask=good, other=0).to(tl.int64), 0)
    tl.store(sums + lane, added, mask=inside)
    tl.store(squares + lane, squared, mask=inside)
    tl.store(outside + lane * 2, below, mask=inside)
    tl.store(outside + lane * 2 + 1, above, mask=inside)


@lru_cache(maxsize=8)
def works(device: torch.device) -> bool:
    """Whether the kernels can be built and run on a device: Triton needs a C compiler, and not every card will do.

    Warns, once, where they cannot. The memory of a device running out, or its end, is not an answer and is raised.
    """
    try:
        flat = np.zeros(1, np.float32)
        trial = DeviceCounters(device, 2, 0, flat, flat + 1, flat + 2, np.zeros(1))
        trial.add(slice(0, 1), torch.ones(1, 1, 1, device=device), np.full(1, -1), np.zeros(QUANTILES, np.int64))
        return trial.take()[0].tolist() == [[0, 1]]
    except (torch.OutOfMemoryError, torch.AcceleratorError):
        raise
    except Exception as error:  # whatever a compiler that is missing, or of the wrong kind, leads to
        warnings.warn(
            f"The counting kernels could not be built for {device}, so plain torch counts, several times more slowly. "
            f"Triton, which builds them, needs a C compiler such as gcc, and Python's headers. It said: {error}",
            RuntimeWarning,
            stacklevel=2,
        )
        return False


class DeviceCounters:
    """What an `Accumulator` keeps on a device: n neurons, B bins, sketches of `capacity` images.

    low, high, scale: (n,) float32; centre: (n,) float64.

    Networks run in inference mode, where a tensor that is made can be changed only in that mode: every method is in it.
    """

    @torch.inference_mode()
    def __init__(
        self, device: torch.device, bins: int, capacity: int, low: np.ndarray, high: np.ndarray, scale: np.ndarray,
        centre: np.ndarray,
    ) -> None:  # fmt: skip
        n = len(low)
        self.bins = bins
        self._low, self._high, self._scale, self._centre = (
            torch.from_numpy(bound).to(device) for bound in (low, high, scale, centre)
        )
        self._counts = torch.zeros(n, bins, dtype=torch.int32, device=device)
        self._widened = torch.zeros(n, bins, dtype=torch.int64, device=device)
        self._most = 0  # no counter is larger than this
        self._outside = torch.zeros(n, 2, dtype=torch.int64, device=device)
        self._sums, self._squares = (torch.zeros(n, dtype=torch.float64, device=device) for _ in range(2))
        self._quantiles = torch.zeros(n, capacity, QUANTILES, dtype=torch.int16, device=device).view(torch.uint16)
        self._peaks, self._means = (torch.zeros(n, capacity, dtype=torch.float32, device=device) for _ in range(2))
        self._places = torch.zeros(n, capacity, dtype=torch.int32, device=device)
        self._slots: tuple[np.ndarray, torch.Tensor] | None = None
        self._ranks: dict[int, torch.Tensor] = {}

    @torch.inference_mode()
    def add(self, where: slice, x: torch.Tensor, slots: np.ndarray, ranks: np.ndarray) -> None:
        """Add one layer of one batch. x: (N, C, S) of any strides and floating type; ranks: (Q,) int64."""
        with torch.cuda.device_of(x):  # Triton launches on the current device
            self._add(where, x, slots, ranks)

    def _add(self, where: slice, x: torch.Tensor, slots: np.ndarray, ranks: np.ndarray) -> None:
        images, channels, size = x.shape
        if self._most + images * size > MOST:
            self._widen()
        self._most += images * size
        counts, bounds = self._counts[where], (self._low[where], self._high[where], self._scale[where])
        to, order = self._sent(slots, x.device), self._sent_ranks(ranks, size, x.device)
        sketch = self._quantiles[where], self._peaks[where], self._places[where], self._means[where]
        capacity = self._quantiles.shape[1]
        sums, belows, aboves = (
            torch.empty(images, channels, dtype=dtype, device=x.device)
            for dtype in (torch.float64, torch.int32, torch.int32)
        )
        kept = bool((slots >= 0).any())
        sorting, own = kept and size <= SORTED, kept and size > SORTED
        width, lanes = _tile(channels, size, x.stride(1) == 1, sorting)
        step = max(1, SCRATCH_BYTES // (channels * self.bins * 4)) if own else max(images, 1)
        for start in range(0, images, step):
            here = slice(start, start + step)
            part = x[here]
            into = torch.zeros(len(part), channels, self.bins, dtype=torch.int32, device=x.device) if own else counts
            _read[(-(-channels // lanes), len(part))](
                part, *bounds, into, channels * self.bins if own else 0, sums[here], belows[here], aboves[here],
                to[here], order, *sketch, capacity, size, channels, *part.stride(),
                BINS=self.bins, WIDTH=width, LANES=lanes, SORT=sorting, Q=QUANTILES, **OPTIONS,
            )  # fmt: skip
            if own:
                _read_ranks[(channels, len(part))](
                    into, to[here], order, sketch[0], capacity, channels,
                    BINS=self.bins, WIDTH=triton.next_power_of_2(self.bins), Q=QUANTILES, **OPTIONS,
                )  # fmt: skip
                counts += into.sum(0, dtype=torch.int32)
        _add_up[(-(-channels // 16),)](
            sums, belows, aboves, self._centre[where], self._sums[where], self._squares[where], self._outside[where],
            images, size, channels, ROWS=64, LANES=16, **OPTIONS,
        )  # fmt: skip

    def _sent(self, slots: np.ndarray, device: torch.device) -> torch.Tensor:
        """The slots on the device. Every layer of a batch has the same, so they are sent once."""
        if self._slots is None or not np.array_equal(slots, self._slots[0]):
            kept = slots.copy()
            self._slots = kept, torch.from_numpy(kept).to(device, non_blocking=True)
        return self._slots[1]

    def _sent_ranks(self, ranks: np.ndarray, size: int, device: torch.device) -> torch.Tensor:
        if size not in self._ranks:
            self._ranks[size] = torch.from_numpy(ranks).to(device, non_blocking=True)
        return self._ranks[size]

    def _widen(self) -> None:
        """Add the 32-bit counters to the 64-bit ones before one could overflow."""
        self._widened += self._counts
        self._counts.zero_()
        self._most = 0

    @torch.inference_mode()
    def take(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Counts (n, B) int64, outside (n, 2) int64, sums and squares of deviations from the centre (n,) float64.

        They start from zero again.
        """
        self._widen()
        held = self._widened, self._outside, self._sums, self._squares
        counts, outside, sums, squares = (tensor.to("cpu", copy=True).numpy() for tensor in held)
        for tensor in held:
            tensor.zero_()
        return counts, outside, sums, squares

    @torch.inference_mode()
    def sketches(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Quantiles (n, N, Q) uint16, peaks, places int32 and means (n, N)."""
        held = self._quantiles, self._peaks, self._places, self._means
        quantiles, peaks, places, means = (tensor.cpu().numpy() for tensor in held)
        return quantiles, peaks, places, means


def _tile(channels: int, size: int, minor: bool, whole: bool) -> tuple[int, int]:
    """(positions, channels) of a tile: all positions where they are to be sorted, else neighbours in memory."""
    width = triton.next_power_of_2(size)
    if not whole:
        width = min(width, NARROW if minor else WIDE)
    return width, min(triton.next_power_of_2(channels), max(1, TILE // width))
