"""Feeding images to a network: decoded and resized in worker threads, handed over in order, a few batches ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from .errors import DnaError

if TYPE_CHECKING:
    from .extractors import Extractor

AHEAD = 2  # batches prepared while one is in the network: enough to hide decoding, small enough for a laptop


@dataclass(frozen=True)
class Batch:
    """Images `start` to `end` of the list, as far as they could be read.

    tensor: (len(kept), 3, H, W) float32 on the CPU, or None when nothing could be read.
    kept: positions in the list; rejected: {position: reason}.
    """

    start: int
    end: int
    tensor: torch.Tensor | None
    kept: list[int]
    rejected: dict[int, str]


def feed(extractor: Extractor, paths: Sequence[Path], batch_size: int, workers: int | None = None) -> Iterator[Batch]:
    """Yield the images of `paths` as batches, always cut at the same positions, so that order never changes a result."""
    workers = workers or max(1, min(8, os.cpu_count() or 1))
    starts = range(0, len(paths), batch_size)
    waiting: deque[tuple[int, list[Future]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        try:
            for start in starts:
                waiting.append((start, [pool.submit(_prepare, extractor, p) for p in paths[start : start + batch_size]]))
                if len(waiting) > AHEAD:
                    yield _collect(*waiting.popleft())
            while waiting:
                yield _collect(*waiting.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare(extractor: Extractor, path: Path) -> torch.Tensor | str:
    try:
        return extractor.preprocess(path)
    except DnaError as problem:
        return str(problem)


def _collect(start: int, futures: list[Future]) -> Batch:
    tensors, kept, rejected = [], [], {}
    for position, future in enumerate(futures, start):
        result = future.result()
        if isinstance(result, str):
            rejected[position] = result
        else:
            tensors.append(result)
            kept.append(position)
    return Batch(start, start + len(futures), torch.stack(tensors) if tensors else None, kept, rejected)
