"""Large arrays on disk that can be read in part: a checked JSON header, then raw little-endian arrays, aligned.

Layout: 8 bytes magic, 8 bytes header length, JSON header, 4 bytes CRC-32 of the header, padding to 4096, arrays (each
aligned to 4096). The header names the file's kind and version, and each array's type, shape, offset and CRC-32.
"""

from __future__ import annotations

import json
import mmap
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dnacore import atomic, versioned
from dnacore.errors import Damaged

MAGIC = b"VDNAARR1"
ALIGN = 4096
Blocks = Callable[[], Iterable[np.ndarray]]


@dataclass(frozen=True)
class Planned:
    """An array that will be written block by block: `blocks()` yields pieces that, laid end to end, fill `shape`."""

    dtype: np.dtype
    shape: tuple[int, ...]
    blocks: Blocks


def write(
    path: Path, kind: str, version: int, arrays: Mapping[str, np.ndarray | Planned], meta: dict[str, Any]
) -> None:
    """Write arrays one after another, without ever holding more than one block of a planned one in memory."""
    planned = {name: a if isinstance(a, Planned) else _whole(a) for name, a in arrays.items()}
    sizes = {name: int(np.prod(p.shape, dtype=np.int64)) * np.dtype(p.dtype).itemsize for name, p in planned.items()}
    room = ALIGN * (1 + (len(json.dumps(meta)) + 400 * (len(planned) + 1)) // ALIGN)
    offsets, at = {}, room
    for name, size in sizes.items():
        offsets[name] = at
        at += -(-size // ALIGN) * ALIGN
    with atomic.replacing(path) as file:
        table = {}
        for name, plan in planned.items():
            file.seek(offsets[name])
            crc, written = 0, 0
            for block in plan.blocks():
                if not block.size:  # a view of nothing cannot be cast to bytes
                    continue
                data = np.ascontiguousarray(block, np.dtype(plan.dtype).newbyteorder("<")).data.cast("B")
                crc, written = zlib.crc32(data, crc), written + len(data)
                file.write(data)
            if written != sizes[name]:
                raise ValueError(f"array {name}: {written} bytes were given for {sizes[name]}")
            dtype = np.dtype(plan.dtype).newbyteorder("<").str
            table[name] = {"dtype": dtype, "shape": list(plan.shape), "offset": offsets[name], "crc32": crc}
        file.truncate(at)
        header = json.dumps({"kind": kind, "version": version, "bytes": at, "arrays": table, "meta": meta}).encode()
        if len(header) + 20 > room:
            raise ValueError("the header outgrew its room")
        file.seek(0)
        file.write(MAGIC + struct.pack("<Q", len(header)) + header + struct.pack("<I", zlib.crc32(header)))


def read(path: Path, kind: str, version: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Map the arrays of a file (read-only, nothing is loaded yet) and return them with the meta data.

    Raises Damaged when the file is missing, cut short, of another kind, or its header fails the checksum.
    """
    header = _header(path, kind, version)
    return {name: _map(path, entry) for name, entry in header["arrays"].items()}, header["meta"]


def release(array: np.ndarray) -> None:
    """Let go of the pages of a mapped array that were read so far; an array in memory is left alone."""
    mapped = getattr(array, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows, whose own working set does as much
        mapped.madvise(mmap.MADV_DONTNEED)


def verify(path: Path, kind: str, version: int) -> None:
    """Read every array once and compare checksums. Raises Damaged."""
    for name, entry in _header(path, kind, version)["arrays"].items():
        crc = 0
        flat = _map(path, entry).reshape(-1).view(np.uint8) if np.prod(entry["shape"]) else np.empty(0, np.uint8)
        for start in range(0, len(flat), 1 << 24):
            crc = zlib.crc32(flat[start : start + (1 << 24)].data, crc)
        if crc != entry["crc32"]:
            raise Damaged(f"{path.name} is damaged: its {name} do not match their checksum.")


def _header(path: Path, kind: str, version: int) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            start = file.read(16)
            if start[:8] != MAGIC or len(start) < 16:
                raise Damaged(f"{path.name} is damaged: it does not start as an array file.")
            length = min(struct.unpack("<Q", start[8:])[0], 1 << 28)
            header, crc = file.read(length), file.read(4)
            file.seek(0, 2)
            size = file.tell()
    except OSError as error:
        raise Damaged(f"{path.name} cannot be read ({error.strerror}).") from error
    if len(crc) != 4 or struct.unpack("<I", crc)[0] != zlib.crc32(header):
        raise Damaged(f"{path.name} is damaged: its header does not match its checksum.")
    content = json.loads(header)
    versioned.check(content, path.name, kind, version, f"a file of {kind}", key="kind")
    if content["bytes"] != size:
        raise Damaged(f"{path.name} is damaged: {size:,} bytes instead of {content['bytes']:,}.")
    return content


def _map(path: Path, entry: dict[str, Any]) -> np.ndarray:
    shape = tuple(entry["shape"])
    if not np.prod(shape):
        return np.empty(shape, entry["dtype"])
    return np.memmap(path, entry["dtype"], "r", entry["offset"], shape)


def _whole(array: np.ndarray) -> Planned:
    return Planned(array.dtype, array.shape, lambda: (array,))
