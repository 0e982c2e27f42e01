"""Sums of differences between cumulative histograms: what the Earth Mover's Distance is in one dimension.

One pair is summed in double precision. A matrix of many pairs goes a few neurons at a time: their cumulative shares, in
single precision, stay in the cache while every pair is compared, so k DNAs are read once and not k times. On a device
torch does the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numba import njit

from dnacore import parallel

BLOCK_BYTES = 1 << 26  # cumulative shares held at once
CHUNK = 128  # additions in single precision before the sum moves to double: keeps a matrix within 1e-4 bins


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})
def _differences(first, last, a, b, out):
    """a, b (n, B) float64 -> out (n,): sum over bins of |a - b|."""
    for k in range(first, last):
        total = 0.0
        for i in range(a.shape[1]):
            total += abs(a[k, i] - b[k, i])
        out[k] = total


@njit(nogil=True, cache=True)
def _shares(first, last, histograms, out):
    """histograms (n, B) integers -> out (n, B) float32: the share of the counts up to and including each bin."""
    bins = histograms.shape[1]
    for k in range(first, last):
        total = 0
        for i in range(bins):
            total += histograms[k, i]
        unit, running = 1.0 / max(total, 1), 0
        for i in range(bins):
            running += histograms[k, i]
            out[k, i] = running * unit


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})
def _pairs(first, last, shares, out):
    """shares (n, k, B) float32 -> out (n, k (k - 1) / 2) float64: the sums of every pair i < j, row by row."""
    _, count, bins = shares.shape
    for n in range(first, last):
        p = 0
        for i in range(count):
            for j in range(i + 1, count):
                total = 0.0
                for start in range(0, bins, CHUNK):
                    # Slices that begin at 0: where an index could be negative, AVX-512 gathers, which is 11 times slower.
                    a, b = shares[n, i, start : start + CHUNK], shares[n, j, start : start + CHUNK]
                    part = np.float32(0)
                    for at in range(a.shape[0]):
                        part += abs(a[at] - b[at])
                    total += float(part)
                out[n, p] = total
                p += 1


def differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n,) float64: sum over bins of |a - b|. a, b: (n, B) float64 cumulative shares."""
    out = np.empty(len(a))
    parallel.over_rows(_differences, len(a), np.ascontiguousarray(a), np.ascontiguousarray(b), out)
    return out


def pairs(
    histograms: Sequence[np.ndarray], neurons: np.ndarray | None = None, device: str = "cpu"
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every pair of k histograms, each (n, B) int64, some neurons at a time, in bins and within 1e-4 of them.

    neurons: (m,) int, only these; all without. Yields (positions (r,) among the m, sums (r, k (k - 1) / 2) float64 of the
    pairs i < j, row by row). device: "cpu" takes compiled code, anything else torch.
    """
    count, (total, bins) = len(histograms), histograms[0].shape
    length = total if neurons is None else len(neurons)
    step = max(1, BLOCK_BYTES // (4 * bins * count))
    for start in range(0, length, step):
        here = np.arange(start, min(start + step, length))
        rows = slice(start, here[-1] + 1) if neurons is None else neurons[here]
        if device != "cpu":
            yield here, _on_device([h[rows] for h in histograms], device)
            continue
        shares = np.empty((len(here), count, bins), np.float32)
        for i, histogram in enumerate(histograms):
            parallel.over_rows(_shares, len(here), np.ascontiguousarray(histogram[rows]), shares[:, i])
        out = np.empty((len(here), count * (count - 1) // 2))
        parallel.over_rows(_pairs, len(here), shares, out)
        yield here, out


def _on_device(histograms: Sequence[np.ndarray], device: str) -> np.ndarray:
    import torch

    found: Any = []
    for histogram in histograms:
        running = torch.from_numpy(np.ascontiguousarray(histogram)).to(device).cumsum(1).double()
        found.append((running / running[:, -1:].clamp(min=1)).float())
    shares = torch.stack(found, 1)
    i, j = torch.triu_indices(len(histograms), len(histograms), 1, device=device)
    total = torch.zeros(len(shares), len(i), dtype=torch.float64, device=device)
    for part in shares.split(CHUNK, 2):
        total += torch.cdist(part, part, p=1)[:, i, j]
    return total.cpu().numpy()
