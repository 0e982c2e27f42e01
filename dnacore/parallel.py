"""Rows in blocks, and a compiled kernel over ranges of rows in several threads.

The kernels release the interpreter lock and write to disjoint rows. Numba's own parallel loops are not used: some of its
threading layers abort the process when two threads (two people at the dashboard) enter them at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def blocks(rows: int, step: int) -> Iterator[slice]:
    """Slices of `step` rows each that cover `rows` rows; the last may be shorter."""
    return (slice(first, min(first + step, rows)) for first in range(0, rows, step))


def over_rows(kernel: Callable[..., None], rows: int, *arguments: object) -> None:
    """Call kernel(first, last, *arguments) so that the ranges cover `rows` rows."""
    parts = min(cores(), rows)
    if parts <= 1:
        kernel(0, rows, *arguments)
        return
    bounds = [round(i * rows / parts) for i in range(parts + 1)]
    futures = [_pool().submit(kernel, a, b, *arguments) for a, b in pairwise(bounds)]
    for future in futures:
        future.result()


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="rows")


def wait_without_spinning() -> None:
    """Let threads that wait for others sleep, unless the environment says otherwise; before PyTorch is imported.

    OpenMP's threads wait in a loop by default, which takes the cores from whatever else is at work: decoding, drawing,
    the dashboard, a browser. Beside other programs a forward took up to fifteen times its CPU time so.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
