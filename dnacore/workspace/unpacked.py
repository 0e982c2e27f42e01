"""Datasets that came as a zip: where each is unpacked to, one process at a time, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from dnacore.errors import BadInput
from dnacore.images import files, unzip
from dnacore.paths import discard_folder
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import name_for


def source_of(root: Path, given: Path) -> Path:
    """What stands in the catalogue for a source: itself, or the folder that this very zip is unpacked to."""
    if given.suffix.lower() != ".zip" or not given.is_file():
        return given
    try:
        content = files.content_hash(given)
    except OSError as error:
        raise BadInput(f"{given} cannot be read ({error.strerror or error}).") from error
    return root / "unpacked" / f"{name_for(given.with_suffix(''))}-{content[:10]}"


@contextmanager
def unpacked(root: Path, catalogue: Catalogue, archive: Path, into: Path) -> Iterator[None]:
    """Unpack a zip for as long as it takes to register it; if that fails, what was unpacked for it goes again.

    A folder that no dataset stands for is not trusted: whoever left it may have been stopped in the middle of deleting
    it. Two processes with the same zip wait for each other.
    """
    with alone(root, into):
        fresh = not is_registered(catalogue, into)
        if fresh:
            discard_folder(into)
            unzip.unpack_zip(archive, into)
        try:
            yield
        except BaseException:
            if fresh and not is_registered(catalogue, into):
                discard_folder(into)
            raise


def alone(root: Path, folder: Path) -> FileLock:
    """The lock of whoever makes or deletes a folder of images."""
    locks = root / "locks"
    locks.mkdir(exist_ok=True)
    return FileLock(locks / f"unpacked-{folder.name[-10:]}.lock")


def is_registered(catalogue: Catalogue, folder: Path) -> bool:
    """Whether a dataset stands for this folder, and the folder is there."""
    row = catalogue.row("SELECT 1 FROM dataset WHERE source = ?", str(folder))
    return row is not None and folder.is_dir()
