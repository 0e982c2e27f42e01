"""The CPU kernels that read every activation once: bin it, count it, and take what the sketch needs.

A kernel works on a range of channels, so several threads can share one layer without ever touching the same counter;
counts are integers, so the result does not depend on how the work was cut. `LANES` channels go side by side: their
activations lie next to each other in the memory order that networks are fastest in, channel-minor (N, S, C), so that
each step below is a vector operation across channels, and counters of different channels never wait for each other.
The other order, channel-major (N, C, S), is transposed into the same form a few positions at a time.

Quantiles need the order of an image's binned values. Few positions are sorted by a network of comparisons (Batcher's,
as Knuth's Algorithm 5.2.2M has it for any length), again across channels; many are counted into bins first, and the
ranks are read off the counts. Timings: docs/performance.md.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit

LANES = 32  # channels side by side: two cache lines of activations; their counters (128 kB) stay in the second cache
TILE = 64  # positions at a time: tile and bins (12 kB) stay in the first cache
SORTED = 256  # positions up to which sorting is quicker than counting
GROUP = 32  # bins that are passed at once where no rank falls into them


@lru_cache(maxsize=64)
def comparisons(length: int) -> np.ndarray:
    """(K, 2) int32: which pairs to compare and exchange, in order, so that any `length` numbers end up sorted.

    Knuth, The Art of Computer Programming, volume 3, Algorithm 5.2.2M (merge exchange). Empty above SORTED.
    """
    pairs = []
    top = p = 1 << max(length - 1, 1).bit_length() - 1
    while p > 0 and length <= SORTED:
        q, r, d = top, 0, p
        while True:
            pairs += [(i, i + d) for i in range(length - d) if i & p == r]
            if q == p:
                break
            q, r, d = q >> 1, p, q - p
        p >>= 1
    return np.array(pairs, np.int32).reshape(-1, 2)


@njit(nogil=True, cache=True)
def _bin(rows, first, c, low, high, scale, last, bins, sums, below, above):
    """Bins of T rows from `first` on, channels from `c` on; their sums, and how many lie outside."""
    zero = np.float32(0)
    lanes = low.shape[0]
    for s in range(bins.shape[0]):
        row, into = rows[first + s, c : c + lanes], bins[s]
        for k in range(lanes):
            scaled = (row[k] - low[k]) * scale[k]
            scaled = scaled if scaled > zero else zero  # also NaN
            into[k] = np.uint16(np.int32(scaled if scaled < last else last))
        for k in range(lanes):
            sums[k] += row[k]
        for k in range(lanes):
            below[k] += np.int32(row[k] < low[k])
            above[k] += np.int32(row[k] > high[k])


@njit(nogil=True, cache=True)
def _find_peaks(rows, first, count, c, start, peaks, places):
    """Largest value so far of each channel, and where it was first."""
    for s in range(count):
        row = rows[first + s, c : c + peaks.shape[0]]
        higher = np.int32(0)
        for k in range(peaks.shape[0]):
            higher += np.int32(row[k] > peaks[k])
        if higher:  # seldom, after the first positions
            for k in range(peaks.shape[0]):
                if row[k] > peaks[k]:
                    peaks[k], places[k] = row[k], start + s


@njit(nogil=True, cache=True)
def _count(bins, lanes, counts):
    for s in range(bins.shape[0]):
        row = bins[s]
        for k in range(lanes):
            counts[k, row[k]] += 1


@njit(nogil=True, cache=True)
def _sort(bins, pairs, lanes):
    """Put every channel's bins, (S, L) uint16, in order."""
    for p in range(pairs.shape[0]):
        upper, lower = np.uint32(pairs[p, 0]), np.uint32(pairs[p, 1])
        for k in range(lanes):
            a, b = bins[upper, k], bins[lower, k]
            bins[upper, k] = a if a < b else b
            bins[lower, k] = b if a < b else a


@njit(nogil=True, cache=True)
def _read_ranks(local, counts, order, quantiles):
    """Bins at the ranks `order` of one image's counts, (B,), which are added to `counts` and set to zero."""
    bins = local.shape[0]
    below, q = 0, 0
    for start in range(0, bins, GROUP):
        stop = min(bins, start + GROUP)
        inside = 0
        for b in range(start, stop):
            inside += local[b]
            counts[b] += local[b]
        if q < order.shape[0] and order[q] < below + inside:
            passed = below
            for b in range(start, stop):
                passed += local[b]
                while q < order.shape[0] and order[q] < passed:
                    quantiles[q] = b
                    q += 1
        below += inside
    local[:] = 0


@njit(nogil=True, cache=True)
def accumulate(
    x, minor, first, last, low, high, scale, counts, outside, sums, squares, centre, slots, order, pairs, sketch
):
    """Accumulate channels `first` to `last` of x, float32: (N, S, C) where `minor`, else (N, C, S)."""
    quantiles, peaks, places, means = sketch
    images, size = x.shape[0], x.shape[1] if minor else x.shape[2]
    bins = counts.shape[1]
    end = np.float32(bins - 1)
    sorting = pairs.shape[0] > 0 or size == 1
    buffer = np.empty((1 if minor else TILE, LANES), np.float32)
    binned = np.empty((max(size, TILE) if sorting else TILE, LANES), np.uint16)
    batch, local = np.zeros((LANES, bins), np.int32), np.zeros((LANES, bins), np.int32)
    total, top = np.empty(LANES, np.float64), np.empty(LANES, np.float32)
    below, above, where = np.zeros(LANES, np.int32), np.zeros(LANES, np.int32), np.empty(LANES, np.int32)
    for c in range(first, last, LANES):
        lanes = min(LANES, last - c)
        here = slice(c, c + lanes)
        for n in range(images):
            slot = slots[n]
            into = local if slot >= 0 and not sorting else batch
            total[:] = 0.0
            where[:] = 0
            for k in range(lanes):
                top[k] = x[n, 0, c + k] if minor else x[n, c + k, 0]
            for s in range(0, size, TILE):
                rows = min(TILE, size - s)
                if minor:
                    source, row, column = x[n], s, c
                else:
                    for k in range(lanes):
                        for t in range(rows):
                            buffer[t, k] = x[n, c + k, s + t]
                    source, row, column = buffer, 0, 0
                part = binned[s : s + rows] if sorting else binned[:rows]
                _bin(source, row, column, low[here], high[here], scale[here], end, part, total, below, above)
                _count(part, lanes, into)
                if slot >= 0:
                    _find_peaks(source, row, rows, column, s, top[:lanes], where)
            if slot >= 0:
                if sorting:
                    _sort(binned, pairs, lanes)
                    for k in range(lanes):
                        for q in range(order.shape[0]):
                            quantiles[c + k, slot, q] = binned[order[q], k]
                else:
                    for k in range(lanes):
                        _read_ranks(local[k], batch[k], order, quantiles[c + k, slot])
                for k in range(lanes):
                    peaks[c + k, slot] = top[k]
                    places[c + k, slot] = where[k]
                    means[c + k, slot] = total[k] / size
            for k in range(lanes):
                deviation = total[k] / size - centre[c + k]
                sums[c + k] += deviation
                squares[c + k] += deviation * deviation
        for k in range(lanes):
            outside[c + k, 0] += below[k]
            outside[c + k, 1] += above[k]
            for b in range(bins):
                counts[c + k, b] += batch[k, b]
        batch[:] = 0
        below[:] = 0
        above[:] = 0
