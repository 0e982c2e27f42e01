"""Which images keep sketches, and which shards have to be extracted again because something of them is missing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from dnacore.sketches.segments import bytes_per_image
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_plan import FileRow, Plan
from dnacore.workspace.store.shards import Setting, Store
from dnacore.workspace.workspace import Workspace

DISK_SHARE = 4  # sketches of all images are kept while they need at most a quarter of the free disk


def sketch_every(workspace: Workspace, neurons: int, images: int) -> int:
    """Every how manyth image keeps a sketch, so that sketches fill no more than their share of the free disk."""
    free = shutil.disk_usage(workspace.root).free // DISK_SHARE
    return max(1, -(-bytes_per_image(neurons) * images // max(free, 1)))


def keeps_sketch(content: str, every: int) -> bool:
    """One image in `every`, chosen by its content: the same images whatever is added later."""
    return every <= 1 or int(content[:8], 16) % every == 0


def without_sketchless(
    work: Plan, files: Sequence[FileRow], store: Store, dataset: Dataset, setting: Setting, every: int
) -> Plan:
    """Extract shards again whose sketches are wanted but were lost, damaged, or never kept."""
    if not every:
        return work
    have = {content for segment in store.segments(dataset, setting).values() for content in segment.hashes}
    by_path = {f.path: f for f in files}
    keep, todo = [], list(work.todo)
    for shard in work.keep:
        if all(m.reason or m.hash in have or not keeps_sketch(m.hash, every) for m in shard.members):
            keep.append(shard)
        else:
            todo.append(tuple(by_path[m.path] for m in shard.members))
    return Plan(tuple(keep), tuple(todo))


def with_covariance(work: Plan, files: Sequence[FileRow], store: Store, covariance: Sequence[str]) -> Plan:
    """Extract shards again that lack a covariance that is wanted."""
    by_path = {f.path: f for f in files}
    wanted = set(covariance)
    lack = {shard.id for shard in work.keep if wanted and not wanted <= store.covariance_layers(shard.id)}
    again = [tuple(by_path[m.path] for m in shard.members) for shard in work.keep if shard.id in lack]
    return Plan(tuple(shard for shard in work.keep if shard.id not in lack), (*work.todo, *again))


def with_words(work: Plan, files: Sequence[FileRow], store: Store) -> Plan:
    """Extract shards again of whose images no words are kept."""
    by_path = {f.path: f for f in files}
    lack = [shard for shard in work.keep if not store.has_words(shard.id) and any(not m.reason for m in shard.members)]
    again = [tuple(by_path[m.path] for m in shard.members) for shard in lack]
    gone = {shard.id for shard in lack}
    return Plan(tuple(shard for shard in work.keep if shard.id not in gone), (*work.todo, *again))
