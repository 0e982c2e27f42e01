"""Reading `.npz` files that may be forged: nothing is unpacked before its declared size has been checked."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from dnacore.errors import BadInput, DnaError, unreadable

MOST_HEADER = 256 << 20  # bytes of a JSON header: room for the reasons of two million rejected images
FOREIGN_HEADER = 16 << 20  # bytes of a header from elsewhere: JSON can take twenty times its length in memory

# NumPy reads these with `ast`, which fails at random where two threads parse at once (SystemError, CPython 3.11.7).
_DTYPE = re.compile(r"'descr'\s*:\s*'([<>|=]?[biufc]\d{1,2})'")
_ORDER = re.compile(r"'fortran_order'\s*:\s*(True|False)")
_SHAPE = re.compile(r"'shape'\s*:\s*\(([\d\s,]{0,400})\)")


@contextmanager
def opened(path: Path, what: str, cure: str) -> Iterator[zipfile.ZipFile]:
    """The archive at a path. Whatever goes wrong with it in the block ends as an error of ours: BadInput where there is
    no file, Unavailable where it cannot be read for a reason that says nothing of its bytes, else Damaged.

    what: what the file is, such as "DNA file"; cure: what to do about a damaged one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError as error:
        raise BadInput(f"There is no {what} {path}.") from error
    except DnaError:
        raise
    except Exception as error:  # zipfile, zlib, json and numpy each have their own words for a broken file
        raise unreadable(path.name, error, f"The {what} {path.name} is damaged ({error}). {cure}") from error


def array(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], kinds: str) -> np.ndarray:
    """One array of a file, whose checksum is compared on the way.

    shape: what it must be, -1 for any length up to 8; kinds: the letters of `dtype.kind` that will do. Raises ValueError
    before anything is unpacked where the file declares something else.
    """
    found, _, dtype, _ = _declared(archive, name)
    wanted = tuple(n if n >= 0 else min(found[i], 8) for i, n in enumerate(shape)) if len(found) == len(shape) else None
    if found != wanted or dtype.kind not in kinds:
        raise ValueError(f"{name} holds {dtype} {found} instead of {shape}")
    return whole(archive, name)


def whole(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array of numbers, of the shape it declares, read-only. Raises ValueError where it is not as long as that."""
    found, fortran, dtype, start = _declared(archive, name)
    size = start + prod(found) * dtype.itemsize
    if archive.getinfo(f"{name}.npy").file_size != size:
        raise ValueError(f"{name} is not as long as it says")
    flat = np.frombuffer(unpacked(archive, f"{name}.npy", size), dtype, offset=start)
    return flat.reshape(found, order="F" if fortran else "C")


def header(archive: zipfile.ZipFile, name: str = "header", most: int = MOST_HEADER) -> dict[str, Any]:
    """The JSON object that a file keeps as an array of bytes, `most` at most. Raises ValueError."""
    if archive.getinfo(f"{name}.npy").file_size > most:
        raise ValueError("its header is too long")
    found = json.loads(whole(archive, name).astype(np.uint8, copy=False).tobytes())
    if not isinstance(found, dict):
        raise ValueError("its header is no JSON object")
    return found


def _declared(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, whether columns come first, type, and where the values begin, without reading any value."""
    with archive.open(f"{name}.npy") as file:
        magic = file.read(8)
        length = int.from_bytes(file.read(2 if magic[6:7] == b"\x01" else 4), "little")
        text, start = file.read(min(length, 10_000)).decode("latin-1"), file.tell()
    dtype, order, shape = (pattern.search(text) for pattern in (_DTYPE, _ORDER, _SHAPE))
    if not magic.startswith(b"\x93NUMPY") or not dtype or not order or not shape:
        raise ValueError(f"{name} does not begin as an array of numbers")
    sides = tuple(int(side) for side in shape[1].split(",") if side.strip())
    try:
        return sides, order[1] == "True", np.dtype(dtype[1]), start
    except TypeError as error:
        raise ValueError(f"{name} holds numbers of a kind that there is not, {dtype[1]}") from error


def unpacked(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    """The bytes of one entry, never more than it declares."""
    with archive.open(name) as file:
        data = file.read(size + 1)
    if len(data) != size:
        raise ValueError(f"{name} is not as long as it says")
    return data


def layers_of(value: object) -> dict[str, int]:
    """{layer: neuron count} as headers keep it. Raises ValueError."""
    if not isinstance(value, list) or len(value) > 10_000:
        raise ValueError("its layers make no sense")
    found: dict[str, int] = {}
    for pair in value:
        name, count = pair
        if not isinstance(name, str) or type(count) is not int or not 0 < count < 1 << 24 or name in found:
            raise ValueError("its layers make no sense")
        found[name] = count
    if not found or sum(found.values()) >= 1 << 24:
        raise ValueError("its layers make no sense")
    return found


def count_of(value: object, most: int = 1 << 53) -> int:
    """A number of images or bins. Raises ValueError for anything but a whole number from 0 to `most`."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{value!r} is no count")
    return value


def text_of(value: object) -> str:
    """A text. Raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def rejected_of(value: object) -> tuple[dict[str, str], ...]:
    """The images that could not be read, with reasons. Raises ValueError."""
    rows = []
    for row in value if isinstance(value, list) else [None]:
        if not isinstance(row, dict) or not {"path", "reason"} <= row.keys():
            raise ValueError("its list of unreadable images makes no sense")
        rows.append({str(key): str(word) for key, word in row.items()})
    return tuple(rows)
