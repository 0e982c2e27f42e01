"""DNAs that came as files, without their images: they are compared as datasets are, and have no image to show."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from dnacore.dna.file import SUFFIX, about, load_dna
from dnacore.dna.histogram import DNA
from dnacore.errors import DnaError
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.workspace import Workspace

FOLDER = "imports"


@dataclass(frozen=True)
class _Known:
    images: int
    extractor: str
    network: str
    calibration: str
    bins: int


def alone(workspace: Workspace) -> FileLock:
    """A lock held while a free name is found and taken: two imports at once would take the same one."""
    folder = workspace.root / "locks"
    folder.mkdir(exist_ok=True)
    return FileLock(folder / "imports.lock")


def names(workspace: Workspace) -> list[str]:
    """The names of the imported DNAs."""
    return sorted(path.name.removesuffix(SUFFIX) for path in (workspace.root / FOLDER).glob(f"*{SUFFIX}"))


def comparable(workspace: Workspace, label: str) -> list[Dataset]:
    """The imported DNAs that can be compared with the datasets extracted with a network, as datasets without images.

    A DNA of another network, over other activation ranges or without histograms is left out, as is a damaged file.
    """
    setting = workspace.store.find_setting(label)
    found: list[Dataset] = []
    taken = {dataset.name for dataset in workspace.datasets()}
    wanted = None if setting is None else (setting.extractor, setting.calibration, setting.bins)
    for name in names(workspace):
        path = workspace.imported(name)
        known = None if path is None else _known_at(path)
        if path is None or known is None or name in taken:
            continue
        if wanted is None and known.extractor == label:
            wanted = known.network, known.calibration, known.bins
        if wanted == (known.network, known.calibration, known.bins):
            colour = len(taken) + len(found)
            number = -1 - zlib.crc32(name.encode())
            found.append(Dataset(number, name, path, path.parent, None, colour, known.images))
    return found


def load(dataset: Dataset) -> DNA | None:
    """The DNA of an imported dataset; None where its file is gone or holds no histograms. Raises Damaged."""
    found = load_dna(dataset.source) if dataset.source.is_file() else None
    return found if isinstance(found, DNA) else None


def key(dataset: Dataset) -> str:
    """A short text that changes whenever the file of an imported DNA does."""
    try:
        found = dataset.source.stat()
    except OSError:
        return f"{dataset.id}:gone"
    return f"{dataset.id}:{found.st_size}:{found.st_mtime_ns}"


def _known_at(path: Path) -> _Known | None:
    try:
        found = path.stat()
        return _known(str(path), found.st_size, found.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=4096)  # more than a gallery may hold: a page asks for each on every run
def _known(path: str, size: int, stamp: int) -> _Known | None:
    try:
        said = about(Path(path))  # its counts are read only when they are compared
    except DnaError:
        return None
    if said["kind"] != "histogram":
        return None
    name, ranges = str(said["extractor"].get("name", "")), said["calibration"]["fingerprint"]
    return _Known(said["images"], name, said["extractor_fingerprint"], ranges, said["bins"])
