"""Image files on disk: finding them, and naming what they contain.

Nothing is decoded here. A dataset is a folder, a `.tar`, or a `.txt` list of paths; an image file is known by its path
relative to that folder (posix separators, links unresolved) and by the hash of its bytes. A tar inside a folder is looked
into like a folder.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections import Counter, deque
from dataclasses import dataclass
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

from dnacore.errors import BadInput
from dnacore.images import tars

SUFFIXES = frozenset(
    ["jpg", "jpeg", "jpe", "jfif", "png", "apng", "bmp", "dib", "gif", "webp", "tif", "tiff", "ppm", "pgm", "pbm", "pnm"]
    + (["avif"] if find_spec("PIL._avif") else [])
)  # fmt: skip
"""Lower-case file name endings that count as images."""

JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information"})
"""Names (lower case) that operating systems leave in folders; hidden names (leading dot) are skipped as well."""

MAX_VISITS = 100  # ways in which links may lead to one real folder: folders that link to each other would never end

NOT_UTF8 = "its name is not valid UTF-8; rename it"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file of a dataset: `path` relative to the dataset's folder, `size` in bytes."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file or folder (`path` ends with a slash) that was left out, and why: a sentence fragment to put behind the path.

    passing: whether it could only not be looked at, so that what was known of it still counts.
    """

    path: str
    reason: str
    passing: bool = False


def is_image_name(name: str) -> bool:
    """Whether a file of this name is looked at: an image's suffix in any letter case."""
    return name.rpartition(".")[2].lower() in SUFFIXES and "." in name


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is passed over: hidden, or left by an operating system."""
    return name.startswith(".") or name.lower() in JUNK


def printable(name: str) -> str:
    r"""The name as valid UTF-8, undecodable bytes written as `\xNN`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def image_folder(source: Path) -> Path:
    """The folder that `ImageFile.path` is relative to: the source itself, or the folder a `.txt` list lies in.

    Absolute, links unresolved. The source need not exist (a dataset's disk may be unplugged).
    """
    absolute = Path(os.path.abspath(source))
    return absolute.parent if _is_list(absolute) else absolute


def find_images(source: Path) -> tuple[list[ImageFile], list[Rejected]]:
    """All image files of a folder (nested), a `.tar` or a `.txt` list, sorted by path, and those left out.

    Links to files and folders are followed; a folder is not entered again below itself. Hidden names are skipped.
    In a list, each line is a path (absolute, or relative to the list's folder) of an image or a tar; blank lines and lines starting with
    `#` are skipped, repeated lines count once, and files outside the list's folder keep their absolute path.
    A folder without images gives two empty lists.

    Raises BadInput if the source is missing, unreadable, or none of these.
    """
    source = Path(os.path.abspath(source))
    try:
        if _is_list(source):
            found, rejected = _from_list(source)
        elif source.is_dir():
            found, rejected = _from_folder(str(source))
        elif tars.is_tar(source.name) and source.is_file():
            found, rejected = [], []
            _look_into("", source, found, rejected)
        elif os.path.lexists(source):
            raise BadInput(
                f"{printable(str(source))} is neither a folder nor a .tar nor a .txt list of paths. "
                "Give the folder that holds the images."
            )
        else:
            raise BadInput(f"There is no folder {printable(str(source))}. Check the path, and that its disk is there.")
    except OSError as error:
        raise BadInput(f"{printable(str(source))} cannot be opened: {explain(error)}.") from error
    if found:  # otherwise it is the reason why there are none
        rejected = [one for one in rejected if one.reason != tars.PACKED]
    found.sort(key=lambda file: file.path)
    rejected.sort(key=lambda file: file.path)
    return found, rejected


def content_hash(path: Path) -> str:
    """BLAKE2b-128 of the file's bytes, 32 hex digits. Raises OSError if it cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    with tars.open_file(path) as file:
        while count := file.readinto(buffer):  # type: ignore[attr-defined]  # raw files and BytesIO have it, BinaryIO not
            digest.update(view[:count])
    return digest.hexdigest()


def bytes_hash(data: bytes) -> str:
    """What `content_hash` gives for a file of these bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def explain(error: BaseException) -> str:
    """A plain fragment for an operating system's error on a file."""
    code = getattr(error, "errno", None)
    if code in _REASONS:
        return _REASONS[code]
    return f"it cannot be read ({getattr(error, 'strerror', None) or error})"


_REASONS = {
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "there is no such file",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ELOOP: "the link leads back to itself",
    errno.ENAMETOOLONG: "its path is too long",
    errno.EISDIR: "it is a folder, not a file",
    errno.EIO: "the disk failed to read it",
}


def _is_list(source: Path) -> bool:
    return source.suffix.lower() == ".txt" and not source.is_dir()


def _from_folder(root: str) -> tuple[list[ImageFile], list[Rejected]]:
    found: list[ImageFile] = []
    rejected: list[Rejected] = []
    visits: Counter[tuple[int, int]] = Counter()
    # (folder, prefix of the paths below it, chain of the real folders above it)
    waiting: list[tuple[str, str, tuple | None]] = [(root, "", None)]
    linked: deque[tuple[str, str, tuple | None]] = deque()  # last, so that real paths win over links
    while waiting or linked:
        folder, prefix, chain = waiting.pop() if waiting else linked.popleft()
        try:
            status = os.stat(folder)
            here = (status.st_dev, status.st_ino)
            if _on_chain(here, chain):
                continue
            visits[here] += 1
            if visits[here] > MAX_VISITS:
                if visits[here] == MAX_VISITS + 1:
                    rejected.append(Rejected(printable(prefix), f"links lead here in more than {MAX_VISITS} ways"))
                continue
            with os.scandir(folder) as entries:
                listing = sorted(entries, key=attrgetter("name"))
        except OSError as error:
            if not prefix:
                raise
            denied = isinstance(error, PermissionError)
            reason = "no permission to look inside this folder" if denied else explain(error)
            rejected.append(Rejected(printable(prefix), reason, not isinstance(error, FileNotFoundError)))
            continue
        for entry in listing:
            name = entry.name
            if is_hidden(name):
                continue
            path = prefix + name
            try:
                if entry.is_dir():
                    (linked if entry.is_symlink() else waiting).append((entry.path, path + "/", (here, chain)))
                elif is_image_name(name):
                    _judge(path, entry.path, entry.stat(), found, rejected)
                elif tars.is_tar(name):
                    _look_into(path + "/", Path(entry.path), found, rejected)
                elif name.lower().endswith(tars.COMPRESSED):
                    rejected.append(Rejected(printable(path), tars.PACKED))
            except OSError as error:
                reason = "the link leads nowhere" if isinstance(error, FileNotFoundError) else explain(error)
                rejected.append(Rejected(printable(path), reason, not isinstance(error, FileNotFoundError)))
    return found, rejected


def _look_into(prefix: str, tar: Path, found: list[ImageFile], rejected: list[Rejected]) -> None:
    """Add the images of a tar, under paths that begin with `prefix`; their time is the tar's."""
    if not _is_utf8(prefix):
        rejected.append(Rejected(printable(prefix.rstrip("/")), NOT_UTF8))
        return
    try:
        inside, time = tars.members(tar), tar.stat().st_mtime_ns
    except BadInput as problem:
        rejected.append(Rejected(printable(prefix.rstrip("/") or tar.name), str(problem)))
        return
    except OSError as error:  # the slash: it stands for all images in it
        rejected.append(
            Rejected(printable(prefix or tar.name), explain(error), not isinstance(error, FileNotFoundError))
        )
        return
    for name, member in inside.items():
        if is_image_name(name) and not any(map(is_hidden, name.split("/"))):
            if member.size and _is_utf8(name):
                found.append(ImageFile(prefix + name, member.size, time))
            else:
                reason = "its name is not valid UTF-8" if member.size else "the file is empty"
                rejected.append(Rejected(printable(prefix + name), reason))


def _on_chain(here: tuple[int, int], chain: tuple | None) -> bool:
    while chain is not None:
        above, chain = chain
        if above == here:
            return True
    return False


def _from_list(source: Path) -> tuple[list[ImageFile], list[Rejected]]:
    folder = str(source.parent)
    inside = folder.rstrip(os.sep) + os.sep
    found: list[ImageFile] = []
    rejected: list[Rejected] = []
    # On most systems paths are bytes: those that are not UTF-8 must survive, or the file cannot be opened.
    text = os.fsdecode(source.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    lines = (line.strip() for line in text.splitlines())
    for line in dict.fromkeys(line for line in lines if line and not line.startswith("#")):
        full = os.path.abspath(os.path.join(folder, line))
        path = full[len(inside) :] if full.startswith(inside) else full
        path = path.replace(os.sep, "/")
        try:
            inner = None if os.path.lexists(full) else tars.find(Path(full))
            if inner is None and tars.is_tar(full) and os.path.isfile(full):
                _look_into(path + "/", Path(full), found, rejected)
            elif inner is None:
                _judge(path, full, os.stat(full), found, rejected)
            elif inner[1].size:
                found.append(ImageFile(path, inner[1].size, inner[0].stat().st_mtime_ns))
            else:
                rejected.append(Rejected(printable(path), "the file is empty"))
        except (OSError, ValueError) as error:
            gone = isinstance(error, (FileNotFoundError, NotADirectoryError, ValueError))
            rejected.append(Rejected(printable(path), explain(error), not gone))
    return list(dict.fromkeys(found)), list(dict.fromkeys(rejected))


def _judge(path: str, full: str, status: os.stat_result, found: list[ImageFile], rejected: list[Rejected]) -> None:
    reason = None
    if not stat.S_ISREG(status.st_mode):
        reason = "it is a folder, not a file" if stat.S_ISDIR(status.st_mode) else "it is not an ordinary file"
    elif not path.isascii() and not _is_utf8(path):
        reason = NOT_UTF8
    elif status.st_size == 0:
        reason = "the file is empty"
    denied = reason is None and not os.access(full, os.R_OK)
    if denied:
        reason = "no permission to read it"
    if reason is None:
        found.append(ImageFile(path, status.st_size, status.st_mtime_ns))
    else:
        rejected.append(Rejected(printable(path), reason, denied))


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
