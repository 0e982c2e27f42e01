"""Images inside tar files, read where they lie: large sets are kept as tar shards (WebDataset), and are not unpacked.

To the rest of the program such a file is a folder: `train-0001.tar/000123.jpg` is a path like any other, and `open_file`
opens it. A tar is listed once, by the headers of its members (`tarfile`), and an image is then one seek and one read.
Only uncompressed tars can be read so; a `.tar.gz` is passed over.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from dnacore.errors import BadInput

SUFFIX = ".tar"
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
PACKED = "a compressed tar cannot be looked into; unpack it"  # the reason where a folder holds no other image
KEPT = 1_000_000  # members of tars that are remembered, 150 bytes each: listing a tar again takes 27 µs a member
_lists: OrderedDict[tuple[str, int, int], dict[str, Member]] = OrderedDict()
_looking = threading.Lock()


@dataclass(frozen=True)
class Member:
    """One file inside a tar: where its bytes begin and how many there are."""

    start: int
    size: int


def is_tar(name: str) -> bool:
    """Whether a file of this name is looked into."""
    return name.lower().endswith(SUFFIX)


def members(tar: Path) -> dict[str, Member]:
    """{path inside: where} of the ordinary files of a tar; of two with one name the later counts, as tar has it.

    Names that are absolute or lead upwards are left out. Raises BadInput, a plain fragment, where it is no tar or is cut
    off; OSError where it cannot be read.
    """
    about = os.stat(tar)
    if not stat.S_ISREG(about.st_mode):  # opening a pipe would wait for its writer
        raise BadInput("it is not an ordinary file")
    key = str(tar), about.st_size, about.st_mtime_ns
    with _looking:
        found = _lists.get(key)
        if found is not None:
            _lists.move_to_end(key)
            return found
    found = _listed(str(tar), about.st_size)
    with _looking:
        _lists[key] = found
        while len(_lists) > 1 and sum(map(len, _lists.values())) > KEPT:
            _lists.popitem(last=False)
    return found


def _listed(tar: str, size: int) -> dict[str, Member]:
    found: dict[str, Member] = {}
    try:
        with tarfile.open(tar, "r:") as opened:
            for one in opened:
                if one.isreg() and not one.issparse() and _is_safe(one.name):
                    found[str(PurePosixPath(one.name))] = Member(one.offset_data, one.size)
                opened.members = []  # type: ignore[attr-defined]  # it would keep every header, a kilobyte each
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BadInput("it is not a tar file, or it is cut off or compressed") from error
    if any(member.start + member.size > size for member in found.values()):
        raise BadInput("it is cut off; copy or download it again")
    return found


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not any(ord(c) < 32 for c in name)


def open_file(path: Path | str) -> BinaryIO:
    """Open a file for reading, be it on the disk or inside a tar. Raises OSError as `open` does."""
    try:
        return open(path, "rb")
    except (NotADirectoryError, FileNotFoundError):
        found = _inside(Path(path))
        if found is None:
            raise
        return io.BytesIO(found)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, be it on the disk or inside a tar. Raises OSError."""
    with open_file(path) as file:
        return file.read()


def about(path: Path) -> tuple[int, int]:
    """The size of a file and when it changed (ns), be it on the disk or inside a tar, whose time it then has.

    Raises OSError where it is not there.
    """
    try:
        found = os.stat(path)
    except (NotADirectoryError, FileNotFoundError):
        inside = find(path)
        if inside is None:
            raise
        tar, member = inside
        return member.size, os.stat(tar).st_mtime_ns
    return found.st_size, found.st_mtime_ns


def find(path: Path) -> tuple[Path, Member] | None:
    """The tar that a path leads into, and where the file is in it; None where no part of the path is a tar that has it."""
    for tar in _tars_above(path):
        try:
            member = members(tar).get(path.relative_to(tar).as_posix())
        except BadInput:
            return None
        return None if member is None else (tar, member)
    return None


def is_file(path: Path) -> bool:
    """Whether there is such a file, be it on the disk or inside a tar."""
    return path.is_file() or (not os.path.lexists(path) and find(path) is not None)


def _inside(path: Path) -> bytes | None:
    found = find(path)
    if found is None:
        return None
    tar, member = found
    with open(tar, "rb") as file:  # buffered: a single raw read returns at most two gigabytes, on some disks less
        file.seek(member.start)
        data = file.read(member.size)
    return data if len(data) == member.size else None


def _tars_above(path: Path) -> Iterator[Path]:
    return (parent for parent in path.parents if is_tar(parent.name) and parent.is_file())
