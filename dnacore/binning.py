"""The CPU kernels that read every activation once: bin it, count it, and take what the sketch needs.

A kernel works on a range of channels, so several threads can share one layer without ever touching the same counter;
counts are integers, so the result does not depend on how the work was cut. Two memory orders come out of networks:
channel-major, (N, C, S), and channel-minor, (N, S, C); the second is transposed a few channels at a time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

CHANNEL_BLOCK = 16  # channels of 4 bytes: one cache line
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)  # a product with it has another top six bits for every power of two
_BIT = np.zeros(64, np.int32)  # ... and this says which power it was
for _power in range(64):
    _BIT[(int(_DE_BRUIJN) << _power & (1 << 64) - 1) >> 58] = _power


@njit(nogil=True, cache=True, inline="always")
def _bin(value, low, scale, last):
    scaled = (value - low) * scale
    if not scaled > 0:  # also NaN
        return np.int32(0)
    if scaled >= last:
        return np.int32(last)
    return np.int32(scaled)


@njit(nogil=True, cache=True)
def _count_row(values, low, high, scale, counts, outside):
    """Bin one row of activations into `counts`; return the sum. No sketch."""
    last = np.float32(counts.shape[0] - 1)
    total = 0.0
    for i in range(values.shape[0]):
        value = values[i]
        total += value
        if value < low:
            outside[0] += 1
        elif value > high:
            outside[1] += 1
        counts[_bin(value, low, scale, last)] += 1
    return total


@njit(nogil=True, cache=True)
def _sketch_row(values, low, high, scale, counts, outside, order, quantiles, local, used):
    """As _count_row, and write the bins at the ranks `order` into `quantiles`; return sum, peak, place of the peak.

    local, (B,): counts of this row alone; used: a bit for every bin that has one, so that a row of few values is read
    off in as few steps. Both are zero before and after.
    """
    last = np.float32(counts.shape[0] - 1)
    one, low_bits = np.uint64(1), np.uint64(63)
    total, peak, where = 0.0, values[0], 0
    for i in range(values.shape[0]):
        value = values[i]
        total += value
        if value > peak:
            peak, where = value, i
        if value < low:
            outside[0] += 1
        elif value > high:
            outside[1] += 1
        bin_ = _bin(value, low, scale, last)
        local[bin_] += 1
        used[bin_ >> 6] |= one << (np.uint64(bin_) & low_bits)
    below, q = 0, 0
    for word in range(used.shape[0]):
        bits = used[word]
        used[word] = 0
        while bits:
            lowest = bits & (~bits + one)
            bits ^= lowest
            bin_ = (word << 6) + _BIT[(lowest * _DE_BRUIJN) >> np.uint64(58)]
            counts[bin_] += local[bin_]
            below += local[bin_]
            local[bin_] = 0
            while q < order.shape[0] and order[q] < below:
                quantiles[q] = bin_
                q += 1
    return total, peak, where


@njit(nogil=True, cache=True)
def _rows(buffer, n, c, block, low, high, scale, counts, outside, sums, squares, centre, slots, order, sketch, scratch):
    quantiles, peaks, places, means = sketch
    local, used = scratch
    slot = slots[n]
    size = buffer.shape[1]
    for k in range(block):
        channel = c + k
        row = buffer[k]
        if slot >= 0:
            total, peak, where = _sketch_row(
                row, low[channel], high[channel], scale[channel], counts[channel], outside[channel], order,
                quantiles[channel, slot], local, used,
            )  # fmt: skip
            peaks[channel, slot] = peak
            places[channel, slot] = where
            means[channel, slot] = total / size
        else:
            total = _count_row(row, low[channel], high[channel], scale[channel], counts[channel], outside[channel])
        deviation = total / size - centre[channel]
        sums[channel] += deviation
        squares[channel] += deviation * deviation


@njit(nogil=True, cache=True)
def channel_major(x, first, last, low, high, scale, counts, outside, sums, squares, centre, slots, order, sketch):
    """Accumulate channels `first` to `last` of x, (N, C, S) float32."""
    scratch = (np.zeros(counts.shape[1], np.int32), np.zeros((counts.shape[1] + 63) // 64, np.uint64))
    for n in range(x.shape[0]):
        for c in range(first, last):
            _rows(
                x[n, c : c + 1], n, c, 1, low, high, scale, counts, outside, sums, squares, centre, slots, order,
                sketch, scratch,
            )  # fmt: skip


@njit(nogil=True, cache=True)
def channel_minor(x, first, last, low, high, scale, counts, outside, sums, squares, centre, slots, order, sketch):
    """Accumulate channels `first` to `last` of x, (N, S, C) float32."""
    scratch = (np.zeros(counts.shape[1], np.int32), np.zeros((counts.shape[1] + 63) // 64, np.uint64))
    size = x.shape[1]
    buffer = np.empty((CHANNEL_BLOCK, size), np.float32)
    for n in range(x.shape[0]):
        for c in range(first, last, CHANNEL_BLOCK):
            block = min(CHANNEL_BLOCK, last - c)
            for s in range(size):
                for k in range(block):
                    buffer[k, s] = x[n, s, c + k]
            _rows(
                buffer, n, c, block, low, high, scale, counts, outside, sums, squares, centre, slots, order,
                sketch, scratch,
            )  # fmt: skip
