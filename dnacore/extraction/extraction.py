"""Extracting a dataset: what is already done, what has to go through the network, and the DNA that results.

Running it again continues where it stopped, and extracts only what is new: see `plan` for what a shard remembers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from dnacore.counting.accumulator import BINS, check_bins
from dnacore.dna.calibration import Calibration
from dnacore.dna.calibration import check as check_calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput, UnknownName
from dnacore.extraction.calibrate import calibration_for
from dnacore.extraction.finite import NOT_FINITE
from dnacore.extraction.loop import Loop
from dnacore.extraction.progress import Progress, Stop, Watch, lock_file, report_or_stop
from dnacore.extraction.sketch_policy import share_of, with_covariance, with_unread, with_words, without_sketchless
from dnacore.extractors import Extractor
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.settings import Setting
from dnacore.workspace.store.shard_plan import FileRow, Plan, Shard, plan
from dnacore.workspace.store.shards import Store
from dnacore.workspace.workspace import Workspace

# On the CPU 16 costs as much as 32 (ResNet-50: 122 against 135 ms an image) and takes half the memory.
BATCH = {"cpu": 16, "cuda": 64}


class Engine(Protocol):
    """What can run the shards of a dataset elsewhere than in this process."""

    def run(self, loop: Loop, work: Plan, batch_size: int, store: Store, setting: Setting) -> list[Shard]:
        """Extract what is to do and enter it into the store; returns all shards, kept and new, as `Loop.run` does."""
        ...

    def merge(self, loop: Loop, store: Store, setting: Setting) -> None:
        """Add the shards up, where that is quicker than in this process; the store finds the sum."""
        ...


@dataclass(frozen=True)
class Report:
    """What an extraction did. extracted: files that were opened for the network now; reused: those done before.

    failed: how many of the extracted ones could not be read.
    """

    name: str
    images: int
    rejected: list[dict[str, str]]
    extracted: int
    reused: int
    seconds: float
    sketched: int = field(default=0)
    failed: int = field(default=0)

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
    engine: Engine | None = None,
) -> Report:
    """Extract what is missing of one dataset, and make the result its DNA. Raises Cancelled when `stop` says so.

    words: extract again what the network named no words for, which older versions did not keep. engine: what runs the
    shards; this process, one after the other, without one.
    """
    check_calibration(calibration, extractor)
    check_bins(bins)
    covariance = check_layers(covariance, extractor)
    started = time.monotonic()
    say = progress or (lambda _: None)
    stop = stop or (lambda: False)
    store = workspace.store
    with _alone(workspace, dataset, say, stop):
        files = _looked_at(workspace, dataset, say, stop)
        setting = store.setting(extractor, calibration, bins)
        every = share_of(store, dataset, setting, files) if sketches else 0
        if every and every != store.share(dataset, setting):
            store.choose_share(dataset, setting, every)
        work = with_unread(plan(files, store.shards(dataset, setting)), files, dataset.folder)
        work = without_sketchless(work, files, store, dataset, setting, every)
        work = with_covariance(work, files, store, covariance)
        work = with_words(work, files, store) if words and extractor.names_images else work
        keep = partial(store.add_shard, dataset, setting)
        loop = Loop(keep, dataset, extractor, calibration, bins, every, say, stop, len(files), covariance)
        batch = batch_size or BATCH.get(extractor.device.type, 32)
        finished = engine.run(loop, work, batch, store, setting) if engine else loop.run(work, batch)
        store.finish(dataset, setting, finished)
        if engine:
            engine.merge(loop, store, setting)
        if sketches:
            say(Progress("arranging the sketches", dataset.name, len(files), len(files)))
            store.compact(dataset, setting)
    rejected = [{"path": r.path, "reason": r.reason} for r in workspace.rejected(dataset, setting.label)]
    _check_some_read(finished, dataset, extractor, rejected)
    images = sum(1 for shard in finished for m in shard.members if m.reason is None)
    extracted = sum(len(files) for files in work.todo)
    unread = {row["path"] for row in rejected}
    return Report(
        dataset.name, images, rejected, extracted, len(files) - extracted, time.monotonic() - started,
        loop.sketched, sum(row.path in unread for files in work.todo for row in files),
    )  # fmt: skip


def _looked_at(workspace: Workspace, dataset: Dataset, say: Watch, stop: Stop) -> list[FileRow]:
    """The dataset's files as they are now, hashed. Raises BadInput where there are none."""

    def watch(done: int, total: int) -> None:
        report_or_stop(stop, say, Progress("looking at the files", dataset.name, done, total))

    say(Progress("looking at the files", dataset.name, 0, dataset.images))
    scan = workspace.scan(replace(dataset, part=None), progress=watch)
    files = scan.files if dataset.part is None else workspace.files(dataset)
    if not files:
        raise BadInput(f"There is no image in {dataset.folder}. Choose a folder with JPEG, PNG or other images.")
    return files


def _check_some_read(
    finished: Sequence[Shard], dataset: Dataset, extractor: Extractor, rejected: Sequence[Mapping[str, str]]
) -> None:
    """Raise BadInput where not one image could be used, with the reason."""
    reasons = [m.reason for shard in finished for m in shard.members]
    if not all(reasons):
        return
    if all(reason == NOT_FINITE for reason in reasons):
        raise BadInput(
            f"{extractor.name} gives activations that are not finite on all {len(reasons)} images of “{dataset.name}”: its "
            "weights are damaged, or of another network. Get them again, or choose another network."
        )
    raise BadInput(f"None of the {len(reasons)} images of “{dataset.name}” could be read: {rejected[0]['reason']}.")


def is_current(workspace: Workspace, dataset: Dataset, setting: Setting, sketches: bool = True) -> bool:
    """Whether the dataset's DNA and sketches are those of the files as they are now. Loads no network.

    sketches: whether they are needed; else only where it was once chosen to keep some.
    """
    store = workspace.store
    if setting.label not in store.extractors_of(dataset):
        return False
    scan = workspace.scan(replace(dataset, part=None))
    files = scan.files if dataset.part is None else workspace.files(dataset)
    shards = store.shards(dataset, setting)
    every = store.share(dataset, setting) or (share_of(store, dataset, setting, files) if sketches else 0)
    work = with_unread(plan(files, shards), files, dataset.folder)
    kept = without_sketchless(work, files, store, dataset, setting, every)
    return not kept.todo and len(kept.keep) == len(shards)


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
