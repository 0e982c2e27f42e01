"""Feeding images to a network: decoded and resized in worker threads, handed over in order, a few batches ahead."""

from __future__ import annotations

import io
import os
import stat
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import torch

from dnacore.errors import DnaError, Unread, is_passing
from dnacore.extractors.forward import malloc
from dnacore.images import tars
from dnacore.images.files import bytes_hash, explain
from dnacore.parallel import cores

if TYPE_CHECKING:
    from dnacore.extractors import Extractor


AHEAD = 2  # batches prepared while one is in the network: enough to hide decoding, small enough for a laptop


@dataclass(frozen=True)
class Batch:
    """Images `start` to `end` of the list, as far as they could be read.

    tensor: (len(kept), 3, H, W) float32, on the network's device where that is a GPU, or None when nothing could be read.
    kept: positions in the list; rejected: {position: reason}; passing: those of them whose bytes may be fine, so that
    they are to be tried again.
    """

    start: int
    end: int
    tensor: torch.Tensor | None
    kept: list[int]
    rejected: dict[int, str]
    passing: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Started:
    """A batch in preparation: every worker writes its image into its own row."""

    start: int
    rows: torch.Tensor
    futures: list[Future[_Reason | None]]


@dataclass(frozen=True)
class _Reason:
    """Why an image was not read, and whether the reason is temporary."""

    text: str
    passing: bool


def feed(
    extractor: Extractor, paths: Sequence[Path], batch_size: int, workers: int | None = None,
    contents: Sequence[str] | None = None,
) -> Iterator[Batch]:  # fmt: skip
    """Yield the images of `paths` as batches, always cut at the same positions, so that order never changes a result.

    contents: the content hash that each file must have; one that has another by now is not read, since what is kept of it
    would be filed under the wrong name. Memory that is freed in the meantime stays with the process, which spares the
    network a good part of its time. For a GPU, batches are made in pinned memory and sent over while the one before is in the network.
    """
    gpu = extractor.device.type == "cuda"
    workers = workers or max(1, min(32 if gpu else 8, cores()))
    batches = _decoded(extractor, paths, contents, batch_size, workers, gpu)
    with malloc.kept(), closing(batches):
        yield from _sent(batches, extractor.device) if gpu else batches


def _decoded(
    extractor: Extractor, paths: Sequence[Path], contents: Sequence[str] | None, batch_size: int, workers: int,
    pinned: bool,
) -> Generator[Batch, None, None]:  # fmt: skip
    started: deque[_Started] = deque()
    side = extractor.input_size

    def prepare(into: torch.Tensor, path: Path, content: str | None) -> _Reason | None:
        try:
            into.copy_(extractor.preprocess(path if content is None else _checked(path, content)))
        except (DnaError, OSError, MemoryError) as problem:
            if isinstance(problem, DnaError):
                return _Reason(str(problem), isinstance(problem, Unread))
            return _Reason("it does not fit into memory" if isinstance(problem, MemoryError) else explain(problem),
                           is_passing(problem))  # fmt: skip
        return None

    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        try:
            for start in range(0, len(paths), batch_size):
                part = paths[start : start + batch_size]
                rows = torch.empty(len(part), 3, side, side, pin_memory=pinned)
                known = [None] * len(part) if contents is None else contents[start : start + batch_size]
                futures = [pool.submit(prepare, *one) for one in zip(rows, part, known, strict=True)]
                started.append(_Started(start, rows, futures))
                if len(started) > AHEAD:
                    yield _collect(started.popleft())
            while started:
                yield _collect(started.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _collect(one: _Started) -> Batch:
    found = {one.start + i: reason for i, future in enumerate(one.futures) if (reason := future.result()) is not None}
    reasons = {position: reason.text for position, reason in found.items()}
    passing = frozenset(position for position, reason in found.items() if reason.passing)
    kept = [position for position in range(one.start, one.start + len(one.futures)) if position not in reasons]
    rows: torch.Tensor | None = one.rows
    if reasons:
        rows = one.rows[[position - one.start for position in kept]] if kept else None
    return Batch(one.start, one.start + len(one.futures), rows, kept, reasons, passing)


def _checked(path: Path, content: str) -> BinaryIO:
    """Read a file's bytes once, so that what is decoded is what was hashed. Raises Unread where they have changed."""
    if os.path.lexists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        raise Unread("it is not an ordinary file any more")
    data = tars.read_bytes(path)
    if bytes_hash(data) != content:
        raise Unread("it was changed while it was being read")
    return io.BytesIO(data)


def _sent(batches: Iterator[Batch], device: torch.device) -> Iterator[Batch]:
    """The batches on a GPU, each copied while the one before is used: the copies have a stream of their own."""
    stream = torch.cuda.Stream(device)
    waiting: Batch | None = None
    for batch in batches:
        if batch.tensor is not None:
            with torch.cuda.stream(stream):
                batch = replace(batch, tensor=batch.tensor.to(device, non_blocking=True))
        if waiting is not None:
            yield _taken(waiting, stream)
        waiting = batch
    if waiting is not None:
        yield _taken(waiting, stream)


def _taken(batch: Batch, stream: torch.cuda.Stream) -> Batch:
    """Make the network's stream wait for the copy, and keep the memory until that stream is done with it."""
    if batch.tensor is not None:
        now = torch.cuda.current_stream(batch.tensor.device)
        now.wait_stream(stream)
        batch.tensor.record_stream(now)
    return batch
