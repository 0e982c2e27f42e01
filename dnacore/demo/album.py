"""Demo datasets as files: numbered JPEGs and an `attributes.csv` beside them."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

from dnacore.demo.datasets import attributes, demo_dataset, image
from dnacore.errors import BadInput

ATTRIBUTES_FILE = "attributes.csv"

# Raise it whenever a picture changes: files drawn by another edition are then drawn again.
EDITION = 1

_JPEG_END = b"\xff\xd9"


def file_name(name: str, index: int) -> str:
    """`faces_0007.jpg`."""
    return f"{name}_{index:04d}.jpg"


def draw(
    name: str,
    folder: Path,
    count: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw a demo dataset into `folder` and return the path of its `attributes.csv`.

    Files that are complete and belong to this dataset, seed and edition are left alone, so an interrupted drawing is
    continued and several processes may share the work. Every file appears whole or not at all. Images numbered `count`
    and above from an earlier, longer drawing stay, but are not listed. `progress` is called with (done, total).

    Raises `UnknownName` for a name that is no demo dataset, `BadInput` for a count below 1 or a folder that is a file.
    """
    total = demo_dataset(name).count if count is None else count
    if total < 1:
        raise BadInput(f"Demo dataset {name!r} cannot have {total} images; ask for at least 1.")
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file; demo dataset {name!r} needs a folder to draw into.")
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(total):
        path = folder / file_name(name, index)
        if not _complete(path, _signature(name, index, seed)):
            _replace(path, encoded(name, index, seed))
        if progress is not None:
            progress(index + 1, total)
    table = folder / ATTRIBUTES_FILE
    _replace(table, _table(name, total, seed).encode())
    return table


def encoded(name: str, index: int, seed: int = 0) -> bytes:
    """One image as the bytes of its JPEG file; its comment says which image it is."""
    picture, _ = image(name, index, seed)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90, comment=_signature(name, index, seed))
    return buffer.getvalue()


def _signature(name: str, index: int, seed: int) -> bytes:
    return f"Visual DNA Studio demo {EDITION}: {name} {index} seed {seed};".encode()


def _complete(path: Path, signature: bytes) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    return signature in data[:512] and data.endswith(_JPEG_END)


def _table(name: str, total: int, seed: int) -> str:
    rows = [{"file": file_name(name, index), **attributes(name, index, seed)} for index in range(total)]
    text = StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _replace(path: Path, data: bytes) -> None:
    # The process id keeps two processes that draw the same image from writing into one temporary file. The name has no
    # image suffix, so a file left behind by a killed process is never taken for an image.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
