"""Which shards of a dataset can stay and which images must go through the network.

Membership is remembered: a shard stays for as long as all its images are still there, whatever they are called now.
Shards never mix top-level folders of 32 images or more, so that leaving one out is exact; smaller folders share shards,
each folder whole in one of them where it fits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

SHARD_IMAGES = 512
OWN_SHARD_FROM = 32
MIXED = ""


@dataclass(frozen=True)
class FileRow:
    """One image file of a dataset. index: its number, for ever; path: relative, posix; hash: of its bytes, or ""."""

    index: int
    path: str
    size: int
    mtime_ns: int
    hash: str = ""


@dataclass(frozen=True)
class Member:
    """One image of a shard. reason: why it could not be read, if so; passing: whether another try may succeed."""

    hash: str
    path: str
    reason: str | None = None
    passing: bool = False


@dataclass(frozen=True)
class Shard:
    """A finished unit of work."""

    id: int
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Plan:
    """keep: shards that stay, with their members' present paths. todo: lists of files, one list a new shard."""

    keep: tuple[Shard, ...]
    todo: tuple[tuple[FileRow, ...], ...]


def top_folder(path: str) -> str:
    """The first folder of a relative path; files that lie directly in the dataset's folder share one name."""
    return path.split("/", 1)[0] + "/" if "/" in path else "/"


def groups(paths: Iterable[str], own: int = OWN_SHARD_FROM) -> dict[str, str]:
    """{top-level folder: group}. Folders with `own` images or more are their own group; the others share MIXED."""
    sizes = Counter(map(top_folder, paths))
    return {folder: folder if count >= own else MIXED for folder, count in sizes.items()}


def plan(
    files: Sequence[FileRow], shards: Sequence[Shard], size: int = SHARD_IMAGES, own: int = OWN_SHARD_FROM
) -> Plan:
    """Compare the present files with the present shards. Files need their hash; their order only decides ties."""
    group = groups((f.path for f in files), own)
    matches = _match(files, shards)
    keep: list[Shard] = []
    todo: list[tuple[FileRow, ...]] = []
    taken: set[int] = set()
    for shard in shards:
        found = matches[shard.id]
        present = [f for f in found if f is not None]
        taken.update(f.index for f in present)
        kinds = {group[top_folder(f.path)] for f in present}
        if len(present) == len(found) and len(kinds) == 1:
            members = (replace(m, path=f.path) for m, f in zip(shard.members, present, strict=True))
            keep.append(Shard(shard.id, tuple(members)))
        else:
            for kind in sorted(kinds):
                todo.append(tuple(f for f in present if group[top_folder(f.path)] == kind))
    fresh = sorted((f for f in files if f.index not in taken), key=lambda f: f.path)
    return Plan(tuple(keep), (*todo, *_cut(fresh, group, size)))


def _match(files: Sequence[FileRow], shards: Sequence[Shard]) -> dict[int, list[FileRow | None]]:
    """For every shard the present file of each member: same bytes and path, else same bytes, else None."""
    free: dict[str, dict[str, FileRow]] = defaultdict(dict)
    for f in files:
        free[f.hash][f.path] = f
    found: dict[int, list[FileRow | None]] = {
        shard.id: [free[m.hash].pop(m.path, None) for m in shard.members] for shard in shards
    }
    left = {content: sorted(rows.values(), key=lambda f: f.path, reverse=True) for content, rows in free.items()}
    for shard in shards:
        row = found[shard.id]
        for i, member in enumerate(shard.members):
            if row[i] is None and left[member.hash]:
                row[i] = left[member.hash].pop()
    return found


def _cut(fresh: Sequence[FileRow], group: dict[str, str], size: int) -> list[tuple[FileRow, ...]]:
    folders: dict[str, list[FileRow]] = defaultdict(list)
    for f in fresh:
        folders[top_folder(f.path)].append(f)
    cut: list[tuple[FileRow, ...]] = []
    mixed: list[list[FileRow]] = []
    for folder, rows in sorted(folders.items()):
        if group[folder] != MIXED:
            cut += [tuple(rows[i : i + size]) for i in range(0, len(rows), size)]
        elif fitting := next((shard for shard in mixed if len(shard) + len(rows) <= size), None):
            fitting += rows
        else:
            mixed.append(list(rows))
    return cut + [tuple(rows) for rows in mixed]
