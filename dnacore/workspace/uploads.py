"""Images that arrive in the browser instead of lying on this machine's disk: kept in the workspace, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dnacore.errors import BadInput, Unavailable
from dnacore.images.files import is_hidden, is_image_name
from dnacore.paths import discard_folder
from dnacore.workspace.datasets import Dataset, clean_name, free_name
from dnacore.workspace.unpacked import alone, is_registered

if TYPE_CHECKING:
    from dnacore.workspace.workspace import Workspace


_CHUNK = 1 << 20
Upload = tuple[str, BinaryIO]  # the name that the browser gave, and the content


def receive(workspace: Workspace, uploads: Sequence[Upload], name: str = "") -> Dataset:
    """Make a dataset of one zip, or of image files with perhaps one CSV of attributes.

    The images are kept in the workspace's `unpacked` folder and go when the dataset is removed. Names that a browser
    sends are used for their last part only. The same files again are the same folder. Raises BadInput where there is
    no image among them, more than one zip, or something else; Unavailable when the disk is full.
    """
    uploads = [(_plain(given), content) for given, content in uploads]
    zips = [given for given, _ in uploads if given.lower().endswith(".zip")]
    if zips and len(uploads) > 1:
        raise BadInput("Upload one zip, or image files with perhaps one CSV, but not both at once.")
    folder = workspace.root / "unpacked"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".upload.", suffix=".partial", dir=folder))
        try:
            if zips:
                return _zip(workspace, uploads[0], partial, name)
            return _files(workspace, uploads, partial, name)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise Unavailable(
            f"The upload could not be kept ({error.strerror or error}). Free some space on the workspace's disk and try "
            "again."
        ) from error


def receive_attributes(workspace: Workspace, dataset: Dataset, upload: Upload) -> Dataset:
    """Give a dataset a CSV of attributes that arrived in the browser. Raises BadInput where it does not fit."""
    name, content = _plain(upload[0]), upload[1]
    if not name.lower().endswith(".csv"):
        raise BadInput(f"{name} is not a CSV file. Save the table as CSV first.")
    folder = workspace.root / "attributes"
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".upload.", suffix=".partial", dir=folder))
    try:
        digest = _write(partial / "table.csv", content)
        kept = folder / f"{digest[:16]}-{clean_name(name)[-60:]}"
        os.replace(partial / "table.csv", kept)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    try:
        return workspace.set_attributes(dataset.name, kept)
    except BadInput:
        if all(one.attributes != kept for one in workspace.datasets()):
            kept.unlink(missing_ok=True)
        raise


def _zip(workspace: Workspace, upload: Upload, partial: Path, name: str) -> Dataset:
    archive = partial / upload[0]
    _write(archive, upload[1])
    taken = {dataset.name for dataset in workspace.datasets()}
    return workspace.add_dataset(name or free_name(clean_name(archive.stem), taken), archive)


def _files(workspace: Workspace, uploads: Sequence[Upload], partial: Path, name: str) -> Dataset:
    tables = [given for given, _ in uploads if given.lower().endswith(".csv")]
    strange = [given for given, _ in uploads if not is_image_name(given) and given not in tables]
    if strange:
        raise BadInput(f"{strange[0]} is neither an image nor a CSV. Upload images, with perhaps one CSV, or one zip.")
    if len(tables) > 1:
        raise BadInput(f"Upload one CSV of attributes at a time, not {len(tables)}.")
    if len(tables) == len(uploads):
        raise BadInput("There is no image among the files. Choose JPEG, PNG or other images, or a zip of them.")
    inside = partial / "images"
    inside.mkdir()
    contents: list[str] = []
    taken: set[str] = set()
    for given, content in uploads:
        written = "attributes.csv" if given in tables else _free(given, taken)
        taken.add(written.casefold())
        contents.append(f"{written}\0{_write(inside / written, content)}")
    digest = hashlib.blake2b("\n".join(sorted(contents)).encode(), digest_size=16).hexdigest()
    known = {dataset.name for dataset in workspace.datasets()}
    name = name or free_name("upload", known)
    target = workspace.root / "unpacked" / f"upload-{digest[:10]}"
    with alone(workspace.root, target):
        fresh = not is_registered(workspace.catalogue, target)
        if fresh:
            discard_folder(target)  # one that no dataset stands for may be half-deleted
            inside.chmod(0o755)
            os.rename(inside, target)
        try:
            return workspace.add_dataset(name, target)
        except BaseException:
            if fresh and not is_registered(workspace.catalogue, target):
                discard_folder(target)
            raise


def _write(path: Path, content: BinaryIO) -> str:
    digest = hashlib.blake2b(digest_size=16)
    content.seek(0)
    with open(path, "xb") as file:
        while block := content.read(_CHUNK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _plain(name: str) -> str:
    """The last part of a name from elsewhere, as a file here may be called."""
    plain = "".join(letter for letter in name.replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    stem, dot, suffix = plain.rpartition(".")
    plain = f"{stem.encode()[:180].decode(errors='ignore')}{dot}{suffix[:12]}".lstrip(". ")
    if not plain or is_hidden(plain):
        raise BadInput("A file without a usable name was uploaded. Rename it and try again.")
    return plain


def _free(name: str, taken: set[str]) -> str:
    stem, _, suffix = name.rpartition(".")
    number, found = 2, name
    while found.casefold() in taken:
        found, number = f"{stem} {number}.{suffix}", number + 1
    return found
