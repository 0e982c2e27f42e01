"""The loop over the shards of one dataset: its images through the network, each shard kept as soon as it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch

from dnacore.counting.accumulator import Accumulator, Distributions
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput, Cancelled, Unavailable
from dnacore.extraction.batches import Batch, feed
from dnacore.extraction.finite import NOT_FINITE, all_finite
from dnacore.extraction.progress import Progress, Stop, Watch
from dnacore.extractors import Extractor
from dnacore.extractors.extractor import Named
from dnacore.sketches.segments import SketchArrays
from dnacore.sketches.words import Words
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_plan import FileRow, Member, Plan, Shard
from dnacore.workspace.store.sketch_files import keeps_sketch


class Keep(Protocol):
    """What keeps a finished shard."""

    def __call__(
        self, members: Sequence[Member], dna: DNA, sketches: SketchArrays | None, sketched: Sequence[str],
        words: Words | None,
    ) -> int:  # fmt: skip
        """Keep it and return its number. sketched: the content hashes of the images in `sketches`."""
        ...


class Loop:
    """Runs the shards of one dataset."""

    def __init__(
        self, keep: Keep, dataset: Dataset, extractor: Extractor, calibration: Calibration, bins: int,
        sketch_every: int, say: Watch, stop: Stop, total: int, covariance: Sequence[str],
    ) -> None:  # fmt: skip
        self.keep, self.dataset, self.extractor, self.calibration = keep, dataset, extractor, calibration
        self.bins, self.sketch_every, self.say, self.stop, self.total = bins, sketch_every, say, stop, total
        self.covariance = covariance
        self.done = self.rejected = self.sketched = 0

    def run(self, work: Plan, batch_size: int) -> list[Shard]:
        """Extract what is to do, in smaller batches where memory runs out; returns all shards, kept and new."""
        finished = self.begin(work)
        for files in work.todo:
            shard, batch_size = self.shard(files, batch_size)
            finished.append(shard)
        return finished

    def begin(self, work: Plan) -> list[Shard]:
        """Count the shards that stay as done, and return them."""
        finished = list(work.keep)
        self.done = sum(len(shard.members) for shard in finished)
        self.rejected = sum(1 for shard in finished for m in shard.members if m.reason)
        self.tell()
        return finished

    def shard(self, files: Sequence[FileRow], batch_size: int) -> tuple[Shard, int]:
        """Extract and keep one shard; returns it and the batch size that memory had room for."""
        while True:
            before = self.done, self.rejected
            try:
                return self._shard(files, batch_size), batch_size
            except torch.AcceleratorError as error:
                raise Unavailable(
                    f"{self.extractor.device} stopped answering. {before[0]:,} of {self.total:,} images are kept: run it "
                    "again, or with --device cpu."
                ) from error
            except (MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
                if batch_size == 1:
                    raise Unavailable(
                        f"{self.extractor.name} does not fit into the memory of {self.extractor.device} even one image "
                        "at a time. Close other programs, or run it with --device cpu."
                    ) from error
            self.done, self.rejected = before
            batch_size = max(1, batch_size // 2)
            torch.cuda.empty_cache()

    def tell(self, ahead: int = 0) -> None:
        """Report how far it is. ahead: images that are through, of shards that are not finished."""
        self.say(Progress("extracting", self.dataset.name, self.done + ahead, self.total, self.rejected))

    def _shard(self, files: Sequence[FileRow], batch_size: int) -> Shard:
        """Extract and keep one shard.

        An image with an activation that is not finite spoils every sum it is in, which shows at the end: then such
        images are looked for, and the shard is counted again without them.
        """
        before = self.done, self.rejected
        reading = self._count(files, batch_size, {})
        if not np.isfinite(reading.found.mean).all() or not np.isfinite(reading.found.deviations).all():
            self.done, self.rejected = before
            broken = self._not_finite(files, batch_size)
            if not broken:
                raise BadInput(
                    f"The activations of {self.extractor.name} on “{self.dataset.name}” are too large to be added up. Choose "
                    "another network."
                )
            self.done, self.rejected = before
            reading = self._count(files, batch_size, broken)
        if reading.passing and not os.path.exists(self.dataset.source):
            raise Unavailable(
                f"{self.dataset.source} cannot be reached any more; perhaps its disk was unplugged. {before[0]:,} of "
                f"{self.total:,} images of “{self.dataset.name}” are kept: run it again when it is back."
            )
        return self._kept(files, reading)

    def _count(self, files: Sequence[FileRow], batch_size: int, without: Mapping[int, str]) -> _Reading:
        """Send the images of a shard through the network. without: {position: reason} of those to leave out."""
        keep = [i for i, f in enumerate(files) if self.sketch_every and keeps_sketch(f.hash, self.sketch_every)]
        slot = {position: s for s, position in enumerate(keep)}
        reasons = dict(without)
        passing: set[int] = set()
        heard = _Heard(self.extractor, files)
        with Accumulator(
            self.calibration, len(keep), self.bins, sketches=bool(keep), covariance=self.covariance
        ) as total:
            for batch in self._batches(files, batch_size):
                reasons |= {at: why for at, why in batch.rejected.items() if at not in without}
                passing |= batch.passing
                tensor, positions = batch.tensor, [at for at in batch.kept if at not in without]
                if tensor is not None and len(positions) < len(batch.kept):
                    tensor = tensor[[i for i, at in enumerate(batch.kept) if at not in without]]
                if tensor is not None and positions:
                    add = partial(_add, total, [slot.get(position, -1) for position in positions])
                    self.extractor.visit(tensor, add, widen=False, name=heard.of(positions))
                    total.count_images(len(positions))
                self.done += batch.end - batch.start
                self.rejected += batch.end - batch.start - len(positions)
                self.tell()
            passing -= set(without)
            return _Reading(
                total.distributions(), total.sketches(), keep, reasons, frozenset(passing), heard.words()
            )  # fmt: skip

    def _batches(self, files: Sequence[FileRow], batch_size: int) -> Iterator[Batch]:
        paths = [self.dataset.folder / f.path for f in files]
        for batch in feed(self.extractor, paths, batch_size, contents=[f.hash for f in files]):
            if self.stop():
                raise Cancelled(
                    f"Stopped on request. {self.done - batch.start:,} of {self.total:,} images of "
                    f"“{self.dataset.name}” are kept; run it again to go on."
                )
            yield batch

    def _not_finite(self, files: Sequence[FileRow], batch_size: int) -> dict[int, str]:
        """{position: reason} of the images that have an activation which is not finite."""
        found: dict[int, str] = {}
        for batch in self._batches(files, batch_size):
            if batch.tensor is not None:
                fine = all_finite(self.extractor, batch.tensor)
                found |= {at: NOT_FINITE for at, good in zip(batch.kept, fine.tolist(), strict=True) if not good}
        return found

    def _kept(self, files: Sequence[FileRow], reading: _Reading) -> Shard:
        reasons, found, keep = reading.reasons, reading.found, reading.keep
        good = [s for s, position in enumerate(keep) if position not in reasons]
        members = tuple(Member(f.hash, f.path, reasons.get(i), i in reading.passing) for i, f in enumerate(files))
        dna = DNA(
            found.histograms, found.outside, found.images, found.mean, found.deviations, self.calibration,
            self.extractor.spec, self.dataset.name,
            tuple({"path": m.path, "reason": m.reason} for m in members if m.reason), scatter=found.scatter,
        )  # fmt: skip
        kept = reading.sketches if len(good) == len(keep) else reading.sketches.columns(np.array(good, np.int64))
        number = self.keep(members, dna, kept if keep else None, [files[keep[s]].hash for s in good], reading.words)
        self.sketched += len(good)
        return Shard(number, members)


@dataclass(frozen=True)
class _Reading:
    """What came out of the images of one shard. keep: positions that keep a sketch; reasons: of those left out."""

    found: Distributions
    sketches: SketchArrays
    keep: list[int]
    reasons: dict[int, str]
    passing: frozenset[int]
    words: Words | None


class _Heard:
    """Collects what the network's head says of a shard's images; nothing where it has no trained head."""

    def __init__(self, extractor: Extractor, files: Sequence[FileRow]) -> None:
        self._known = extractor.classes if extractor.names_images else 0
        self._files = files
        self._found: list[tuple[list[str], torch.Tensor, torch.Tensor]] = []

    def of(self, positions: Sequence[int]) -> Named | None:
        """What `Extractor.visit` calls with the classes of the images at these positions."""
        if not self._known:
            return None
        hashes = [self._files[position].hash for position in positions]
        return lambda classes, odds: self._found.append((hashes, classes, odds))

    def words(self) -> Words | None:
        """The words of all batches so far."""
        if not self._found:
            return None
        hashes = tuple(content for names, _, _ in self._found for content in names)
        # Once per shard only: fetching from a GPU waits until all work queued on it is done.
        classes, odds = (torch.cat(part).cpu().numpy() for part in list(zip(*self._found, strict=True))[1:])
        return Words(classes.astype("int64"), odds, hashes, self._known)


def _add(total: Accumulator, slots: list[int], layer: str, activations: torch.Tensor) -> None:
    total.add(layer, activations, slots)


def _out_of_memory(error: BaseException) -> bool:
    """Whether a smaller batch may help; torch has no error of its own for the memory of the CPU."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "DefaultCPUAllocator" in str(error)
