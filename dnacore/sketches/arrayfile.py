"""Large arrays on disk that can be read in part: a checked JSON header, then raw little-endian arrays, aligned.

Layout: 8 bytes magic, 8 bytes header length, JSON header, 4 bytes CRC-32 of the header, padding to 4096, arrays (each
aligned to 4096). The header names the file's kind and version, and each array's type, shape, offset and CRC-32.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dnacore import atomic, versioned
from dnacore.errors import Damaged, unavailable_now, unreadable
from dnacore.sketches import mapping

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
                if not block.size:  # an empty view cannot be cast to bytes
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
    """Map the arrays of a file (read-only, nothing is loaded yet) and return them with its metadata.

    Raises Damaged when the file is missing, cut short, of another kind, or its header fails the checksum; Unavailable
    where it cannot be opened for a reason that says nothing of its bytes.
    """
    header = _header(path, kind, version)
    whole = _mapped(path)
    return {name: _view(whole, path, entry) for name, entry in header["arrays"].items()}, header["meta"]


def verify(path: Path, kind: str, version: int) -> None:
    """Read every array once and compare checksums. Raises Damaged."""
    entries = _header(path, kind, version)["arrays"]
    whole = _mapped(path)
    for name, entry in entries.items():
        crc = 0
        array = _view(whole, path, entry)
        flat = array.reshape(-1).view(np.uint8) if array.size else np.empty(0, np.uint8)
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
    except FileNotFoundError as error:
        raise Damaged(f"{path.name} cannot be read: it is gone.") from error
    except OSError as error:
        raise unreadable(path.name, error, f"{path.name} cannot be read ({error}).") from error
    if len(crc) != 4 or struct.unpack("<I", crc)[0] != zlib.crc32(header):
        raise Damaged(f"{path.name} is damaged: its header does not match its checksum.")
    try:
        content: dict[str, Any] = json.loads(header)
        if not {"kind", "version", "bytes", "meta"} <= content.keys():
            raise ValueError("a part of it is missing")
        for entry in content["arrays"].values():
            _check(entry, size)
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
    ) as error:  # the checksum is right, so the header is forged
        raise Damaged(f"{path.name} is damaged: its header makes no sense ({error}).") from error
    versioned.check(content, path.name, kind, version, f"a file of {kind}", key="kind")
    if content["bytes"] != size:
        raise Damaged(f"{path.name} is damaged: {size:,} bytes instead of {content['bytes']:,}.")
    return content


def _check(entry: dict[str, Any], size: int) -> None:
    """Raise ValueError for an array that cannot lie in a file of this size, or holds anything but numbers."""
    shape, dtype = entry["shape"], np.dtype(entry["dtype"])
    if dtype.kind not in "biuf" or len(shape) > 8 or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError(f"an array {dtype} {shape}")
    count = 1
    for n in shape:
        count *= n
    offset = entry["offset"]
    if type(offset) is not int or offset % dtype.itemsize or not 0 <= offset <= size - count * dtype.itemsize:
        raise ValueError(f"an array of {count:,} numbers at {offset}")
    int(entry["crc32"])


def _mapped(path: Path) -> np.ndarray:
    try:
        return mapping.open_file(path)
    except FileNotFoundError as error:
        raise Damaged(f"{path.name} cannot be read: it is gone.") from error
    except (OSError, MemoryError) as error:
        raise unavailable_now(path.name, error) from error


def _view(whole: np.ndarray, path: Path, entry: dict[str, Any]) -> np.ndarray:
    shape, dtype = tuple(entry["shape"]), np.dtype(entry["dtype"])
    count = int(np.prod(shape, dtype=np.int64))
    if not count:
        return np.empty(shape, dtype)
    start, end = entry["offset"], entry["offset"] + count * dtype.itemsize
    if end > len(whole):  # it was cut short since it was checked
        raise Damaged(f"{path.name} is damaged: it ends early.")
    return whole[start:end].view(dtype).reshape(shape)


def _whole(array: np.ndarray) -> Planned:
    return Planned(array.dtype, array.shape, lambda: (array,))
