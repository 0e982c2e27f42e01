"""The CPU kernels that read every activation once: bin it, count it, and take what the sketch needs.

A kernel works on a range of channels, so several threads can share one layer without ever touching the same counter;
counts are integers, so the result does not depend on how the work was cut. `LANES` channels go side by side: their
activations lie next to each other in the memory order that networks are fastest in, channel-minor (N, S, C), so that
each step below is a vector operation across channels, and counters of different channels never wait for each other.
The other order, channel-major (N, C, S), is transposed into the same form a few positions at a time. The three
innermost steps are written as vectors outright (`@intrinsic`): compilers made twice to four times as many instructions of
the loops they stand for.

Quantiles need the order of an image's binned values. Few positions are sorted by a network of comparisons (Batcher's,
as Knuth's Algorithm 5.2.2M has it for any length), again across channels; many are counted into bins first, and the
ranks are read off the counts. Timings: docs/performance.md.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

ir = cgutils.ir  # llvmlite's, which comes with numba
LANES = 32  # channels side by side: two cache lines of activations; their counters (128 kB) stay in the second cache
LINE = 16  # activations of one cache line
AHEAD = 12  # positions ahead at which a line is asked for: channels lie whole pages apart, which no processor foresees
TILE = 64  # positions at a time: tile and bins (12 kB) stay in the first cache
SINGLE, DOUBLE, SHORT, WORD = ir.FloatType(), ir.DoubleType(), ir.IntType(16), ir.IntType(32)


class _Vectors:
    """Writes operations on vectors of `width` neighbours; `at` names an array among the arguments and an element."""

    def __init__(self, context, builder, signature, given, width):
        self.context, self.builder, self.width = context, builder, width
        self._arguments = list(zip(signature.args, given, strict=True))

    def at(self, argument, index, of):
        kind, value = self._arguments[argument]
        array = make_array(kind)(self.context, self.builder, value)
        place = cgutils.get_item_pointer(self.context, self.builder, kind, array, index, wraparound=False)
        return self.builder.bitcast(place, ir.VectorType(of, self.width).as_pointer())

    def load(self, argument, index, of):
        return self.builder.load(self.at(argument, index, of), align=1)

    def store(self, vector, argument, index):
        self.builder.store(vector, self.at(argument, index, vector.type.element), align=1)

    def all(self, value, of):
        return ir.Constant(ir.VectorType(of, self.width), [value] * self.width)

    def least(self, a, b):
        return self._one(a, b, "<")

    def largest(self, a, b):
        return self._one(a, b, ">")

    def fetch(self, place):
        """Ask for a cache line before it is needed; nothing happens where there is no such memory."""
        place = self.builder.bitcast(place, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [place.type, WORD, WORD, WORD])
        call = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        self.builder.call(call, [place, WORD(0), WORD(3), WORD(1)])  # to read, into the first cache, as data

    def _one(self, a, b, sign):  # b where one of them is not a number
        compare = self.builder.icmp_unsigned if a.type.element == SHORT else self.builder.fcmp_ordered
        return self.builder.select(compare(sign, a, b), a, b)


@intrinsic
def _exchange(_, rows, upper, lower):
    """Put the smaller of rows[upper] and rows[lower], lane by lane, into the upper row and the larger into the lower."""

    def emit(context, builder, signature, given):
        vectors, zero = _Vectors(context, builder, signature, given, LANES), context.get_constant(types.intp, 0)
        a, b = (vectors.load(0, [row, zero], SHORT) for row in given[1:])
        vectors.store(vectors.least(a, b), 0, [given[1], zero])
        vectors.store(vectors.largest(b, a), 0, [given[2], zero])
        return context.get_dummy_value()

    return types.void(rows, types.intp, types.intp), emit


@intrinsic
def _bin_line(_, rows, bins, bounds, sums, ends, spread, last, first, count, column, lane):
    """Bins of one line of channels of `count` rows: of rows[first:, column:] into bins[:, lane:], uint16.

    bounds: (2, L) lowest activation and scale; sums: (1, L) float64, added to. ends, spread: (2, L) least and largest
    activation and bin of these rows; what is not a number has bin 0 and is no end.
    """

    def emit(context, builder, signature, given):
        first, count, column, lane = given[7:]
        vectors = _Vectors(context, builder, signature, given, LINE)
        zero, one, ahead = (context.get_constant(types.intp, number) for number in (0, 1, AHEAD))
        low, scale = vectors.load(2, [zero, lane], SINGLE), vectors.load(2, [one, lane], SINGLE)
        most = builder.insert_element(vectors.all(0.0, SINGLE), given[6], WORD(0))
        most = builder.shuffle_vector(most, most, ir.Constant(ir.VectorType(WORD, LINE), [0] * LINE))
        start = (
            vectors.load(3, [zero, lane], DOUBLE), vectors.all(float("inf"), SINGLE), vectors.all(float("-inf"), SINGLE),
            vectors.all(65_535, SHORT), vectors.all(0, SHORT),
        )  # fmt: skip
        total, least, largest, lowest, highest = held = [cgutils.alloca_once_value(builder, value) for value in start]
        with cgutils.for_range(builder, count) as loop:
            row = builder.add(first, loop.index)
            vectors.fetch(vectors.at(0, [builder.add(row, ahead), column], SINGLE))
            x = vectors.load(0, [row, column], SINGLE)
            scaled = vectors.largest(builder.fmul(builder.fsub(x, low), scale), vectors.all(0.0, SINGLE))
            whole = builder.fptosi(vectors.least(scaled, most), ir.VectorType(WORD, LINE))
            into = builder.trunc(whole, ir.VectorType(SHORT, LINE))
            vectors.store(into, 1, [loop.index, lane])
            builder.store(builder.fadd(builder.load(total), builder.fpext(x, ir.VectorType(DOUBLE, LINE))), total)
            for value, low_end, high_end in ((x, least, largest), (into, lowest, highest)):
                builder.store(vectors.least(value, builder.load(low_end)), low_end)
                builder.store(vectors.largest(value, builder.load(high_end)), high_end)
        for vector, argument, row in zip(held, (3, 4, 4, 5, 5), (zero, zero, one, zero, one), strict=True):
            vectors.store(builder.load(vector), argument, [row, lane])
        return context.get_dummy_value()

    return types.void(rows, bins, bounds, sums, ends, spread, types.float32, *[types.intp] * 4), emit


@njit(nogil=True, cache=True)
def _count_outside(rows, first, count, c, low, high, below, above):
    for s in range(count):
        row = rows[first + s, c : c + LANES]
        for k in range(LANES):
            below[k] += np.int32(row[k] < low[k])
            above[k] += np.int32(row[k] > high[k])


@njit(nogil=True, cache=True)
def _find_peaks(rows, first, count, c, start, peaks, places):
    """Largest value so far of each channel, and where it was first."""
    for s in range(count):
        row = rows[first + s, c : c + LANES]
        here = np.int32(start + s)
        for k in range(LANES):
            value, peak, place = row[k], peaks[k], places[k]
            peaks[k] = value if value > peak else peak
            places[k] = here if value > peak else place


@njit(nogil=True, cache=True)
def _count(bins, counts, lanes):
    for s in range(bins.shape[0]):
        row = bins[s]
        for k in range(LINE):
            counts[k, row[k]] += 1
        if lanes > LINE:
            for k in range(LINE, LANES):
                counts[k, row[k]] += 1


@njit(nogil=True, cache=True)
def _sort(bins, pairs):
    """Put every channel's bins, (S, L) uint16, in order."""
    for p in range(pairs.shape[0]):
        _exchange(bins, pairs[p, 0], pairs[p, 1])  # type: ignore[call-arg]  # numba adds the context


@intrinsic
def _pass_line(_, local, counts, passed, start, below):
    """Add a line of counters of `local`, from `start` on, to `counts`, and set it to zero. Returns `below` plus their sum.

    passed: (LINE,) int32, how many values lie in each of these bins or before it.
    """

    def emit(context, builder, signature, given):
        vectors, (start, below) = _Vectors(context, builder, signature, given, LINE), given[3:]
        nothing, running = vectors.all(0, WORD), vectors.load(0, [start], WORD)
        vectors.store(builder.add(running, vectors.load(1, [start], WORD)), 1, [start])
        vectors.store(nothing, 0, [start])
        for step in (1, 2, 4, 8):
            moved = ir.Constant(ir.VectorType(WORD, LINE), [LINE + i - step if i >= step else 0 for i in range(LINE)])
            running = builder.add(running, builder.shuffle_vector(nothing, running, moved))
        before = builder.insert_element(nothing, below, WORD(0))
        before = builder.shuffle_vector(before, nothing, ir.Constant(ir.VectorType(WORD, LINE), [0] * LINE))
        vectors.store(builder.add(running, before), 2, [context.get_constant(types.intp, 0)])
        return builder.add(below, builder.extract_element(running, WORD(LINE - 1)))

    return types.int32(local, counts, passed, types.intp, types.int32), emit


@njit(nogil=True, cache=True)
def _read_ranks(local, counts, order, quantiles, lowest, highest, passed):
    """Bins at the ranks `order` of one image's counts, (B,), which are added to `counts` and set to zero.

    All of the image's bins lie from `lowest` to `highest`. passed: (LINE,) int32, to be used.
    """
    q, below = 0, np.int32(0)
    for start in range(lowest // LINE * LINE, highest + 1, LINE):
        below = _pass_line(local, counts, passed, start, below)  # type: ignore[call-arg]  # numba adds the context
        while q < order.shape[0] and order[q] < below:
            bin_ = start
            for b in range(LINE):
                bin_ += np.int32(passed[b] <= order[q])
            quantiles[q] = bin_
            q += 1


@njit(nogil=True, cache=True)
def _read_tile(source, row, rows, column, binned, bounds, ceiling, last, total, ends, spread, seen, below, above):
    """Bins of a tile, its sums, the least and largest bin so far (`seen`), and how many activations lie outside."""
    for lane in range(0, LANES, LINE):
        _bin_line(source, binned, bounds, total, ends, spread, last, row, rows, column + lane, lane)  # type: ignore[call-arg]  # numba adds the context
    out = np.int32(0)
    for k in range(LANES):
        seen[0, k], seen[1, k] = min(seen[0, k], spread[0, k]), max(seen[1, k], spread[1, k])
        out += np.int32(ends[0, k] < bounds[0, k]) + np.int32(ends[1, k] > ceiling[k])
    if out:
        _count_outside(source, row, rows, column, bounds[0], ceiling, below, above)


@njit(nogil=True, cache=True)
def _are_higher(ends, top):
    higher = np.int32(0)
    for k in range(LANES):
        higher += np.int32(ends[1, k] > top[k])
    return higher > 0


@njit(nogil=True, cache=True)
def accumulate(
    x, minor, first, last, low, high, scale, counts, outside, sums, squares, centre, slots, order, pairs, sketch
):
    """Accumulate channels `first` to `last` of x, float32: (N, S, C) where `minor`, else (N, C, S)."""
    quantiles, peaks, places, means = sketch
    images, size, bins = x.shape[0], x.shape[1] if minor else x.shape[2], counts.shape[1]
    sorting, whole = pairs.shape[0] > 0 or size == 1, -(-bins // LINE) * LINE
    buffer, end = np.zeros((TILE, LANES), np.float32), np.float32(bins - 1)
    binned = np.empty((max(size, TILE) if sorting else TILE, LANES), np.uint16)
    batch, local, passed = (
        np.zeros((LANES, whole), np.int32),
        np.zeros((LANES, whole), np.int32),
        np.empty(LINE, np.int32),
    )
    bounds, ceiling = np.zeros((2, LANES), np.float32), np.zeros(LANES, np.float32)
    total, ends, spread = np.empty((1, LANES)), np.empty((2, LANES), np.float32), np.empty((2, LANES), np.uint16)
    top, where = np.empty(LANES, np.float32), np.empty(LANES, np.int32)
    below, above = np.zeros(LANES, np.int32), np.zeros(LANES, np.int32)
    seen, met = np.empty((2, LANES), np.int32), np.empty((2, LANES), np.int32)  # bins of an image, of the batch
    for c in range(first, last, LANES):
        lanes = min(LANES, last - c)
        for k in range(lanes):
            bounds[0, k], bounds[1, k], ceiling[k] = low[c + k], scale[c + k], high[c + k]
        # The steps below take whole rows of lanes. Where there are fewer channels, the rest are those of the next place.
        bounds[0, lanes:], bounds[1, lanes:], ceiling[lanes:], top[lanes:] = -np.inf, 0, np.inf, np.inf
        met[0], met[1] = bins, -1
        for n in range(images):
            slot = slots[n]
            into = local if slot >= 0 and not sorting else batch
            total[:], where[:] = 0.0, 0
            seen[0], seen[1] = bins, -1
            for k in range(lanes):
                top[k] = x[n, 0, c + k] if minor else x[n, c + k, 0]
            for s in range(0, size, TILE):
                rows = min(TILE, size - s)
                copied = not minor or (
                    lanes < LANES and n == images - 1 and s + rows == size
                )  # after which is no place
                if copied:
                    for k in range(lanes):
                        for t in range(rows):
                            buffer[t, k] = x[n, s + t, c + k] if minor else x[n, c + k, s + t]
                source, row, column = (buffer, 0, 0) if copied else (x[n], s, c)
                part = binned[s : s + rows] if sorting else binned[:rows]
                _read_tile(
                    source, row, rows, column, part, bounds, ceiling, end, total, ends, spread, seen, below, above
                )
                _count(part, into, lanes)
                if slot >= 0 and _are_higher(ends, top):
                    _find_peaks(source, row, rows, column, s, top, where)
            if slot >= 0:
                if sorting:
                    _sort(binned, pairs)
                for k in range(lanes):
                    if sorting:
                        for q in range(order.shape[0]):
                            quantiles[c + k, slot, q] = binned[order[q], k]
                    else:
                        ranks = quantiles[c + k, slot]
                        _read_ranks(local[k], batch[k], order, ranks, seen[0, k], seen[1, k], passed)
                    peaks[c + k, slot], places[c + k, slot], means[c + k, slot] = top[k], where[k], total[0, k] / size
            for k in range(lanes):
                deviation = total[0, k] / size - centre[c + k]
                sums[c + k] += deviation
                squares[c + k] += deviation * deviation
                met[0, k], met[1, k] = min(met[0, k], seen[0, k]), max(met[1, k], seen[1, k])
        for k in range(lanes):
            outside[c + k, 0] += below[k]
            outside[c + k, 1] += above[k]
            kept, found = counts[c + k, met[0, k] : met[1, k] + 1], batch[k, met[0, k] : met[1, k] + 1]
            for b in range(found.shape[0]):
                kept[b] += found[b]
        batch[:], below[:], above[:] = 0, 0, 0
        local[lanes:] = 0  # of lanes that hold no channel
