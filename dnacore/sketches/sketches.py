"""Sketches: what is kept of every image beside the DNA, so that any reference can be ranked against later.

Per image and neuron: Q quantiles of the binned activations, the peak value and where it was, and the spatial mean.
Arrays are neuron-major: the rows of 20 chosen neurons over 10,000 images are 20 short reads. Segments are files of such
arrays; `Sketches` is a view that picks the wanted images out of one or more of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dnacore import parallel
from dnacore.errors import BadInput
from dnacore.sketches import mapping
from dnacore.sketches.segments import ARRAYS, QUANTILES, Segment, SketchArrays


class Sketches:
    """The sketches of chosen images, in the order they were asked for. Rows are read when they are needed."""

    def __init__(self, segments: Sequence[Segment], hashes: Sequence[str], bins: int) -> None:
        """hashes: content hashes of the wanted images. Images without a sketch are left out (see `found`)."""
        places = {content: (s, c) for s, segment in enumerate(segments) for c, content in enumerate(segment.hashes)}
        self.bins = bins
        self.found = np.array([i for i, content in enumerate(hashes) if content in places], np.int64)
        located = np.array([places[hashes[i]] for i in self.found], np.int64).reshape(-1, 2)
        self._parts: list[tuple[SketchArrays, np.ndarray, np.ndarray]] = []
        for s, segment in enumerate(segments):
            here = np.flatnonzero(located[:, 0] == s)
            if len(here):
                self._parts.append((segment.arrays, here, located[here, 1]))
        self._shape = segments[0].arrays if segments else SketchArrays.empty(0, 0)
        self.n_neurons = self._shape.quantiles.shape[0]

    def __len__(self) -> int:
        return len(self.found)

    @property
    def lying(self) -> int:
        """How many images the files hold: the quantiles of all of them pass through memory, also of those not chosen."""
        return max(len(self), sum(arrays.quantiles.shape[1] for arrays, _, _ in self._parts))

    def select(self, positions: np.ndarray) -> Sketches:
        """The sketches of some of these images: positions, (k,) int, in the new order."""
        positions = np.asarray(positions, np.int64)
        chosen = object.__new__(Sketches)
        chosen.bins, chosen.n_neurons, chosen._shape = self.bins, self.n_neurons, self._shape
        chosen.found = self.found[positions]
        target: dict[int, list[int]] = {}
        for new, old in enumerate(positions.tolist()):
            target.setdefault(old, []).append(new)
        chosen._parts = []
        for arrays, here, columns in self._parts:
            pairs = [(new, column) for old, column in zip(here.tolist(), columns.tolist(), strict=True)
                     for new in target.get(old, ())]  # fmt: skip
            if pairs:
                to, frm = np.array(pairs, np.int64).T
                chosen._parts.append((arrays, to, frm))
        return chosen

    def quantiles(self, neurons: slice | np.ndarray) -> np.ndarray:
        """(k, N, Q) uint16 bins of the chosen neurons, for every image."""
        return self._read("quantiles", neurons)

    def laid_out(self, neurons: slice) -> tuple[np.ndarray, np.ndarray]:
        """The same without a copy where all images lie in one file: (k, M, Q) as they lie there, and (N,) int64, where
        among the M each image is.
        """
        if len(self._parts) != 1:
            return np.ascontiguousarray(self._read("quantiles", neurons)), np.arange(len(self))
        arrays, to, columns = self._parts[0]
        where = np.empty(len(self), np.int64)
        where[to] = columns
        return np.ascontiguousarray(arrays.quantiles[neurons]), where

    def peaks(self, neurons: slice | np.ndarray) -> np.ndarray:
        """(k, N) float32 largest activations."""
        return self._read("peaks", neurons)

    def places(self, neurons: slice | np.ndarray) -> np.ndarray:
        """(k, N) positions of the largest activations in the flattened map."""
        return self._read("places", neurons)

    def means(self, neurons: slice | np.ndarray) -> np.ndarray:
        """(k, N) float32 spatial means."""
        return self._read("means", neurons)

    def blocks(self, budget: int = 1 << 28) -> Iterator[slice]:
        """Ranges of neurons whose quantiles fit in `budget` bytes; after each, what was read of the files is released."""
        for rows in parallel.blocks(self.n_neurons, max(1, budget // max(1, self.lying * QUANTILES * 2))):
            yield rows
            self.release()

    def release(self) -> None:
        """Free the memory that mapped pages take; the system may still have them in its cache."""
        for arrays, _, _ in self._parts:
            for name in ARRAYS:
                mapping.release(getattr(arrays, name))

    def _read(self, name: str, neurons: slice | np.ndarray) -> np.ndarray:
        pieces = [(getattr(arrays, name), _run(to), _run(columns)) for arrays, to, columns in self._parts]
        if len(pieces) == 1:
            array, to, columns = pieces[0]
            if array.shape[1] == len(self) and isinstance(to, slice) and isinstance(columns, slice):
                return np.asarray(array[neurons])
        like = getattr(self._shape, name)
        count = len(np.arange(self.n_neurons)[neurons])
        dtype = np.result_type(*(array.dtype for array, _, _ in pieces), like.dtype)
        out = np.empty((count, len(self), *like.shape[2:]), dtype)
        for array, to, columns in pieces:
            if isinstance(neurons, slice) or isinstance(columns, slice):
                out[:, to] = array[neurons][:, columns]
            else:  # rows and images in one step: two steps would first copy the rows of all images
                out[:, to] = array[np.arange(self.n_neurons)[neurons][:, None], columns]
        return out


def _run(places: np.ndarray) -> np.ndarray | slice:
    """Consecutive positions as a slice, which is read without a copy; others unchanged."""
    first, count = int(places[0]), len(places)
    return slice(first, first + count) if np.array_equal(places, np.arange(first, first + count)) else places


def together(*parts: Sketches) -> Sketches:
    """One set of sketches after another, as one. Raises BadInput when they are not of the same neurons."""
    first = parts[0]
    if any((p.n_neurons, p.bins) != (first.n_neurons, first.bins) for p in parts):
        raise BadInput("The sketches are of different networks, so they cannot be put together.")
    joined = first.select(np.arange(0))
    at = 0
    pieces: dict[object, list[tuple[SketchArrays, np.ndarray, np.ndarray]]] = {}
    for part in parts:
        for arrays, to, columns in part._parts:
            pieces.setdefault(id(mapping.owner(arrays.quantiles)), []).append((arrays, to + at, columns))
        at += len(part)
    joined._parts = [
        (same[0][0], np.concatenate([to for _, to, _ in same]), np.concatenate([columns for _, _, columns in same]))
        for same in pieces.values()
    ]
    joined.found = np.concatenate([part.found for part in parts])
    return joined
