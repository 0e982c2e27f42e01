"""The loop: a dataset's images through the network, one shard after another, each kept as soon as it is done.

Running it again continues where it stopped, and extracts only what is new: see `plan` for what a shard remembers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from dnacore.counting.accumulator import BINS, Accumulator, check_bins
from dnacore.dna.calibration import Calibration
from dnacore.dna.calibration import check as check_calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput, Cancelled, Unavailable, UnknownName
from dnacore.extraction.batches import Batch, feed
from dnacore.extraction.calibrate import calibration_for
from dnacore.extraction.progress import Progress, Stop, Watch, lock_file, report_or_stop
from dnacore.extraction.sketch_policy import keeps_sketch, sketch_every, with_covariance, with_words, without_sketchless
from dnacore.extractors import Extractor
from dnacore.extractors.extractor import Named
from dnacore.sketches.words import Words
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_plan import FileRow, Member, Plan, Shard, plan
from dnacore.workspace.store.shards import Setting, Store
from dnacore.workspace.workspace import Workspace

# On the CPU 16 costs as much as 32 (ResNet-50: 122 against 135 ms an image) and takes half the memory.
BATCH = {"cpu": 16, "cuda": 64}


@dataclass(frozen=True)
class Report:
    """What an extraction did. extracted: images that went through the network now; reused: those done before."""

    name: str
    images: int
    rejected: list[dict[str, str]]
    extracted: int
    reused: int
    seconds: float
    sketched: int = field(default=0)

    @property
    def images_per_second(self) -> float:
        """Newly extracted images per second of the whole run; 0 where nothing was extracted."""
        return self.extracted / self.seconds if self.seconds > 0 else 0.0


def extract(
    source: str | Path,
    extractor: Extractor,
    calibration: Calibration | None = None,
    batch_size: int | None = None,
    sketches: bool = True,
    workspace: Workspace | str | Path | None = None,
    bins: int = BINS,
    progress: Watch | None = None,
    covariance: Sequence[str] = (),
) -> DNA:
    """The DNA of a dataset or folder. What was extracted before with the same settings is not extracted again.

    workspace: where it is kept; the default one without. calibration: the workspace's for this network without one
    (measured now if there is none yet). bins: how many per histogram. covariance: layers whose full covariance is kept
    (8 bytes for every pair of neurons and 512 images), for `fd`. Raises BadInput when there is no readable image,
    Mismatch when the calibration belongs to another network.
    """
    home = workspace if isinstance(workspace, Workspace) else Workspace.open(workspace)
    dataset = home.dataset(source)
    calibration = calibration or calibration_for(home, extractor, [dataset], progress)
    extract_dataset(home, dataset, extractor, calibration, batch_size, sketches, bins, progress, covariance=covariance)
    setting = home.store.setting(extractor, calibration, bins)
    found = home.store.dna(home.dataset(dataset.name), setting)
    if found is None:
        raise BadInput(f"“{dataset.name}” could not be extracted.")
    return found


def extract_dataset(
    workspace: Workspace,
    dataset: Dataset,
    extractor: Extractor,
    calibration: Calibration,
    batch_size: int | None = None,
    sketches: bool = True,
    bins: int = BINS,
    progress: Watch | None = None,
    stop: Stop | None = None,
    covariance: Sequence[str] = (),
    words: bool = False,
) -> Report:
    """Extract what is missing of one dataset, and make the result its DNA. Raises Cancelled when `stop` says so.

    words: extract again what the network named no words for, which older versions did not keep.
    """
    check_calibration(calibration, extractor)
    check_bins(bins)
    covariance = check_layers(covariance, extractor)
    started = time.monotonic()
    say = progress or (lambda _: None)
    stop = stop or (lambda: False)
    store = workspace.store
    with _alone(workspace, dataset, say, stop):
        say(Progress("looking at the files", dataset.name, 0, dataset.images))
        scan = workspace.scan(
            replace(dataset, part=None),
            progress=lambda done, total: report_or_stop(
                stop, say, Progress("looking at the files", dataset.name, done, total)
            ),
        )
        files = scan.files if dataset.part is None else workspace.files(dataset)
        if not files:
            raise BadInput(f"There is no image in {dataset.folder}. Choose a folder with JPEG, PNG or other images.")
        setting = store.setting(extractor, calibration, bins)
        every = sketch_every(workspace, extractor.n_neurons, len(files)) if sketches else 0
        work = without_sketchless(plan(files, store.shards(dataset, setting)), files, store, dataset, setting, every)
        work = with_covariance(work, files, store, covariance)
        work = with_words(work, files, store) if words and extractor.names_images else work
        loop = _Loop(store, dataset, extractor, calibration, setting, every, say, stop, len(files), covariance)
        finished = loop.run(work, batch_size or BATCH.get(extractor.device.type, 32))
        store.finish(dataset, setting, finished)
        if sketches:
            say(Progress("arranging the sketches", dataset.name, len(files), len(files)))
            store.compact(dataset, setting)
    rejected = [{"path": r.path, "reason": r.reason} for r in workspace.rejected(dataset, setting.label)]
    if all(m.reason for shard in finished for m in shard.members):
        raise BadInput(f"None of the {len(files)} images of “{dataset.name}” could be read: {rejected[0]['reason']}.")
    images = sum(1 for shard in finished for m in shard.members if m.reason is None)
    extracted = sum(len(files) for files in work.todo)
    return Report(
        dataset.name, images, rejected, extracted, len(files) - extracted, time.monotonic() - started,
        loop.sketched,
    )  # fmt: skip


def is_current(workspace: Workspace, dataset: Dataset, setting: Setting) -> bool:
    """Whether the dataset's DNA and sketches are those of the files as they are now. Loads no network."""
    store = workspace.store
    if setting.label not in store.extractors_of(dataset):
        return False
    scan = workspace.scan(replace(dataset, part=None))
    files = scan.files if dataset.part is None else workspace.files(dataset)
    every = sketch_every(workspace, sum(setting.layers.values()), len(files))
    work = plan(files, store.shards(dataset, setting))
    kept = without_sketchless(work, files, store, dataset, setting, every)
    return not kept.todo and len(kept.keep) == len(store.shards(dataset, setting))


class _Loop:
    """Runs the shards of one dataset."""

    def __init__(
        self, store: Store, dataset: Dataset, extractor: Extractor, calibration: Calibration, setting: Setting,
        sketch_every: int, say: Watch, stop: Stop, total: int, covariance: Sequence[str],
    ) -> None:  # fmt: skip
        self.store, self.dataset, self.extractor, self.calibration = store, dataset, extractor, calibration
        self.setting, self.sketch_every, self.say, self.stop, self.total = setting, sketch_every, say, stop, total
        self.covariance = covariance
        self.done = self.rejected = self.sketched = 0

    def run(self, work: Plan, batch_size: int) -> list[Shard]:
        finished = list(work.keep)
        self.done = sum(len(shard.members) for shard in finished)
        self.rejected = sum(1 for shard in finished for m in shard.members if m.reason)
        self._tell()
        for files in work.todo:
            while True:
                before = self.done, self.rejected
                try:
                    finished.append(self._shard(files, batch_size))
                    break
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
        return finished

    def _shard(self, files: Sequence[FileRow], batch_size: int) -> Shard:
        keep = [i for i, f in enumerate(files) if self.sketch_every and keeps_sketch(f.hash, self.sketch_every)]
        slot = {position: s for s, position in enumerate(keep)}
        reasons: dict[int, str] = {}
        named = _Named(self.extractor, files)
        paths = [self.dataset.folder / f.path for f in files]
        with Accumulator(
            self.calibration, len(keep), self.setting.bins, sketches=bool(keep), covariance=self.covariance
        ) as total:
            for batch in feed(self.extractor, paths, batch_size):
                if self.stop():
                    raise Cancelled(
                        f"Stopped on request. {self.done - batch.start:,} of {self.total:,} images of "
                        f"“{self.dataset.name}” are kept; run it again to go on."
                    )
                reasons |= batch.rejected
                if batch.tensor is not None:
                    slots = [slot.get(position, -1) for position in batch.kept]
                    self.extractor.visit(
                        batch.tensor, lambda layer, x, slots=slots: total.add(layer, x, slots), False, named.of(batch)
                    )
                    total.count_images(len(batch.kept))
                self.done += batch.end - batch.start
                self.rejected += len(batch.rejected)
                self._tell()
            found, sketches = total.distributions(), total.sketches()
        good = [s for s, position in enumerate(keep) if position not in reasons]
        members = tuple(Member(f.hash, f.path, reasons.get(i)) for i, f in enumerate(files))
        dna = DNA(
            found.histograms, found.outside, found.images, found.mean, found.deviations, self.calibration,
            self.extractor.spec, self.dataset.name,
            tuple({"path": m.path, "reason": m.reason} for m in members if m.reason), scatter=found.scatter,
        )  # fmt: skip
        kept = sketches if len(good) == len(keep) else sketches.columns(good)
        number = self.store.add_shard(
            self.dataset,
            self.setting,
            members,
            dna,
            kept if keep else None,
            [files[keep[s]].hash for s in good],
            named.words(),
        )
        self.sketched += len(good)
        return Shard(number, members)

    def _tell(self) -> None:
        self.say(Progress("extracting", self.dataset.name, self.done, self.total, self.rejected))


class _Named:
    """Collects what the network's head says of a shard's images; nothing where it has no trained head."""

    def __init__(self, extractor: Extractor, files: Sequence[FileRow]) -> None:
        self._known = extractor.classes if extractor.names_images else 0
        self._files = files
        self._found: list[tuple[list[str], torch.Tensor, torch.Tensor]] = []

    def of(self, batch: Batch) -> Named | None:
        """What `Extractor.visit` calls with the classes of a batch."""
        if not self._known:
            return None
        hashes = [self._files[position].hash for position in batch.kept]
        return lambda classes, odds: self._found.append((hashes, classes, odds))

    def words(self) -> Words | None:
        """The words of all batches so far."""
        if not self._found:
            return None
        hashes = tuple(content for names, _, _ in self._found for content in names)
        # Only now, once a shard, since fetching from a GPU waits for all that it was given to do.
        classes, odds = (torch.cat(part).cpu().numpy() for part in list(zip(*self._found, strict=True))[1:])
        return Words(classes.astype("int64"), odds, hashes, self._known)


def _out_of_memory(error: BaseException) -> bool:
    """Whether a smaller batch may help; torch has no error of its own for the memory of the CPU."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "DefaultCPUAllocator" in str(error)


def check_layers(covariance: Sequence[str] | str, extractor: Extractor) -> tuple[str, ...]:
    """The layers whose covariance is wanted; "all" is every one. Raises UnknownName for a layer there is not."""
    covariance = (covariance,) if isinstance(covariance, str) else covariance
    if "all" in covariance:
        return tuple(extractor.layers)
    for layer in covariance:
        if layer not in extractor.layers:
            raise UnknownName(f"{extractor.name} has no layer {layer!r}. Its layers are {', '.join(extractor.layers)}.")
    return tuple(dict.fromkeys(covariance))


@contextmanager
def _alone(workspace: Workspace, dataset: Dataset, say: Watch, stop: Stop) -> Iterator[None]:
    """Wait until nobody else extracts this dataset."""
    lock = FileLock(lock_file(workspace, f"dataset-{dataset.id}"))
    while True:
        try:
            lock.acquire(timeout=0.5)
            break
        except Timeout:
            report_or_stop(stop, say, Progress("waiting for another extraction of", dataset.name, 0, dataset.images))
    try:
        yield
    finally:
        lock.release()
