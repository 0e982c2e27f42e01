"""Which images keep sketches, and which shards have to be extracted again because something of them is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from dnacore.images import tars
from dnacore.sketches.segments import bytes_per_image
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.settings import Setting
from dnacore.workspace.store.shard_plan import FileRow, Plan, Shard
from dnacore.workspace.store.shards import Store
from dnacore.workspace.store.sketch_files import keeps_sketch

DISK_SHARE = 4  # sketches of all images are kept while they need at most a quarter of the free disk


def sketch_every(root: Path, neurons: int, images: int) -> int:
    """One image in how many would keep a sketch if it were chosen now: a power of two, so that shares are nested."""
    room = shutil.disk_usage(root).free // DISK_SHARE
    every, need = 1, bytes_per_image(neurons) * images
    while need > max(room, 1) * every and every < images:
        every *= 2
    return every


def share_of(store: Store, dataset: Dataset, setting: Setting, files: Sequence[FileRow]) -> int:
    """One image in how many keeps a sketch: as first chosen, whatever room there is now.

    Only where images came that have none yet, and theirs would not fit, it becomes coarser: every second one of those
    that keep one already still does.
    """
    neurons = sum(setting.layers.values())
    chosen = store.share(dataset, setting)
    have = _sketched(store, dataset, setting)
    if chosen is None:  # never chosen, or by a version that did not write it down
        every, fresh = 1, [f.hash for f in files if f.hash not in have]
    else:
        every, fresh = chosen, [f.hash for f in files if f.hash not in have and keeps_sketch(f.hash, chosen)]
    room = shutil.disk_usage(store.root).free // DISK_SHARE
    while fresh and bytes_per_image(neurons) * len(fresh) > room and every < len(files):
        every *= 2
        fresh = [content for content in fresh if keeps_sketch(content, every)]
    return every


def without_sketchless(
    work: Plan, files: Sequence[FileRow], store: Store, dataset: Dataset, setting: Setting, every: int
) -> Plan:
    """Extract shards again whose sketches are wanted but were lost, damaged, or never kept."""
    if not every:
        return work
    have = _sketched(store, dataset, setting)
    return _again(
        work, files, lambda shard: any(
            not m.reason and m.hash not in have and keeps_sketch(m.hash, every) for m in shard.members
        )
    )  # fmt: skip


def with_unread(work: Plan, files: Sequence[FileRow], folder: Path) -> Plan:
    """Extract shards again of which an image could not be got at, as soon as it can."""
    return _again(
        work, files, lambda shard: any(m.passing and _can_be_read(folder / m.path) for m in shard.members)
    )  # fmt: skip


def with_covariance(work: Plan, files: Sequence[FileRow], store: Store, covariance: Sequence[str]) -> Plan:
    """Extract shards again that lack a covariance that is wanted."""
    wanted = set(covariance)
    if not wanted:
        return work
    return _again(work, files, lambda shard: not wanted <= store.covariance_layers(shard.id))


def with_words(work: Plan, files: Sequence[FileRow], store: Store) -> Plan:
    """Extract shards again of whose images no words are kept."""
    return _again(work, files, lambda shard: not store.has_words(shard.id) and any(not m.reason for m in shard.members))


def _again(work: Plan, files: Sequence[FileRow], lacks: Callable[[Shard], bool]) -> Plan:
    by_path = {f.path: f for f in files}
    lacking = {shard.id for shard in work.keep if lacks(shard)}
    again = [tuple(by_path[m.path] for m in shard.members) for shard in work.keep if shard.id in lacking]
    return Plan(tuple(shard for shard in work.keep if shard.id not in lacking), (*work.todo, *again))


def _sketched(store: Store, dataset: Dataset, setting: Setting) -> set[str]:
    return {content for segment in store.segments(dataset, setting).values() for content in segment.hashes}


def _can_be_read(path: Path) -> bool:
    try:
        with tars.open_file(path) as file:
            return bool(file.read(1))
    except OSError:
        return False
