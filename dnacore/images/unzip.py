"""Datasets that arrive as a zip file: checked entry by entry, unpacked whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from dnacore.errors import BadInput
from dnacore.images.files import is_hidden, is_image_name

LIMIT_BYTES = 8 << 30
LIMIT_ENTRIES = 1_000_000
MAX_RATIO = 200  # images hardly compress; deflate reaches 1,032 on zeros
RATIO_FREE_BYTES = 32 << 20  # up to this size any compression is allowed: a blank bitmap compresses very well
TEXT_SUFFIXES = (".csv", ".txt")

_CHUNK = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1 | 0x40


def unpack_zip(archive: Path, into: Path, limit_bytes: int = LIMIT_BYTES) -> Path:
    """Unpack the images and the .csv and .txt files of a zip into the new folder `into`, and return it.

    Everything is checked before anything is written, and sizes are counted again while writing, since an archive may
    lie about them. Files are written to a temporary folder beside `into`, which is renamed at the end: `into` is
    complete or absent. Other kinds of files, hidden files and what operating systems leave behind are passed over.

    Raises BadInput if the file is not a zip, is damaged, encrypted or suspicious (absolute or upward paths, links,
    two entries with one name, compression no image reaches), unpacks to more than `limit_bytes`, holds no image, or
    if `into` exists already.
    """
    archive, into = Path(archive), Path(os.path.abspath(into))
    if os.path.lexists(into):
        raise BadInput(f"{into} exists already. Choose another name or remove it first.")
    try:
        with zipfile.ZipFile(archive) as opened:
            wanted = _plan(opened, archive.name, limit_bytes)
            into.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(prefix=f".{into.name}.", suffix=".partial", dir=into.parent))
            try:
                _write(opened, wanted, partial, archive.name, limit_bytes)
                partial.chmod(0o755)
                os.rename(partial, into)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{archive.name} is not a zip file or is damaged. Make or download it again.") from error
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {archive}.") from error
    except OSError as error:
        raise BadInput(
            f"{archive.name} could not be unpacked into {into.parent}: {error.strerror or error}."
        ) from error
    return into


def _plan(opened: zipfile.ZipFile, name: str, limit_bytes: int) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The entries to write and where each goes, relative to the folder; raises BadInput at the first unsafe one."""
    entries = opened.infolist()
    if len(entries) > LIMIT_ENTRIES:
        raise BadInput(f"{name} has {len(entries):,} entries, more than {LIMIT_ENTRIES:,}. Split it into smaller ones.")
    wanted: list[tuple[zipfile.ZipInfo, PurePosixPath]] = []
    taken: dict[str, str] = {}
    folders: dict[str, str] = {}
    total = 0
    for entry in entries:
        path = _safe_path(entry, name)
        if entry.is_dir() or any(is_hidden(part) for part in path.parts):
            continue
        if not (is_image_name(path.name) or path.suffix.lower() in TEXT_SUFFIXES):
            continue
        if entry.flag_bits & _ENCRYPTED:
            raise BadInput(f"{name} is protected by a password. Unpack it yourself and add the folder.")
        if entry.compress_type not in _METHODS:
            raise BadInput(f"{name} uses an unusual compression. Make it again with an ordinary zip program.")
        if entry.file_size > RATIO_FREE_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise BadInput(
                f"{name} was refused: {_show(path)} would grow more than {MAX_RATIO}-fold, as no image does."
            )
        total += entry.file_size
        if total > limit_bytes:
            raise BadInput(f"{name} unpacks to more than {limit_bytes / 1e9:.1f} GB. Split it into smaller ones.")
        # Two names that differ only in letter case are one file on many disks.
        key = str(path).casefold()
        if key in taken:
            raise BadInput(
                f"{name} was refused: it holds {_show(path)} twice. Rename one of them and zip the folder again."
                if taken[key] == _show(path)
                else f"{name} was refused: {taken[key]} and {_show(path)} are the same name where upper and lower case "
                "do not count. Rename one of them and zip the folder again."
            )
        taken[key] = _show(path)
        for parent in path.parents:
            folders.setdefault(str(parent).casefold(), _show(path))
        wanted.append((entry, path))
    for key, shown in taken.items():
        if key in folders:
            raise BadInput(f"{name} was refused: {shown} is both a file and a folder in it.")
    if not any(is_image_name(path.name) for _, path in wanted):
        raise BadInput(f"{name} holds no images. Zip the folder that holds them.")
    return wanted


def _safe_path(entry: zipfile.ZipInfo, archive: str) -> PurePosixPath:
    # `orig_filename` is the name before zipfile cuts it at a NUL and turns this system's separator into "/".
    name = entry.orig_filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    shown = _show(name)
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise BadInput(f"{archive} was refused: {shown} is a link or a device. Zip the files themselves.")
    path = PurePosixPath(name)
    if (
        not path.parts
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or re.match(r"[A-Za-z]:", name)
        or any(ord(letter) < 32 for letter in name)
    ):
        raise BadInput(f"{archive} was refused: the path {shown} could leave its folder. Zip the folder again.")
    if any(len(os.fsencode(part)) > 255 for part in path.parts) or len(name) > 1024:
        raise BadInput(f"{archive} was refused: the name {shown[:60]}... is too long. Shorten it.")
    return path


def _show(path: PurePosixPath | str) -> str:
    return str(path).encode("unicode_escape").decode() if not str(path).isprintable() else str(path)


def _write(
    opened: zipfile.ZipFile,
    wanted: list[tuple[zipfile.ZipInfo, PurePosixPath]],
    folder: Path,
    name: str,
    limit_bytes: int,
) -> None:
    total = 0
    for entry, path in wanted:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source, open(target, "xb") as file:
            while block := source.read(_CHUNK):
                total += len(block)
                if total > limit_bytes:
                    raise BadInput(f"{name} unpacks to more than {limit_bytes / 1e9:.1f} GB. Split it.")
                file.write(block)
