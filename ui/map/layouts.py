"""Maps of images: which images are on one and where they lie; slow layouts run in a process of their own.

A PCA is there at once. A UMAP or t-SNE is laid out in a process of its own and kept in the workspace's `maps`, so that it is
there at once the next time, for everybody, also after a restart.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.analyses import map_process, projection
from dnacore.analyses.projection import Plane
from ui.app import reads
from ui.app.reads import Ready
from ui.components.wall import Picture, sketched

_lock = threading.Lock()
_working: dict[str, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, eq=False)
class Population:
    """The images of a map. pictures: all of them, dataset after dataset; owner: (N,) which dataset each belongs to.

    rows: (N,) each image's place among its dataset's files. total: how many there would be without a sample.
    """

    pictures: tuple[Picture, ...]
    owner: np.ndarray
    rows: np.ndarray
    total: int


def population(chosen: Sequence[Ready]) -> Population:
    """Return the images of some datasets that have a sketch: all, or a sample of 20,000."""
    return _population(tuple(reads.listed(one) for one in chosen), tuple(chosen))


@st.cache_resource(max_entries=8, show_spinner=False)
def _population(keys: tuple[str, ...], _chosen: tuple[Ready, ...]) -> Population:
    sketches = [reads.sketches_of(one) for one in _chosen]
    counts = [len(one) for one in sketches]
    shown, owner, rows = [], [], []
    for place, (one, found, taken) in enumerate(zip(_chosen, sketches, projection.sample(counts), strict=True)):
        every = sketched.pictures_of(one)
        shown += [every[i] for i in taken]
        owner += [place] * len(taken)
        rows += found.found[taken].tolist()
    return Population(tuple(shown), np.array(owner, np.int64), np.array(rows, np.int64), sum(counts))


def features(chosen: Sequence[Ready], selection: dc.Selection | None) -> np.ndarray:
    """Return what a map is laid out from: (N, n) standardised spatial means, in the order of the population."""
    sketches = [reads.sketches_of(one) for one in chosen]
    taken = projection.sample([len(one) for one in sketches])
    picked = [one.select(at) if len(at) < len(one) else one for one, at in zip(sketches, taken, strict=True)]
    return projection.features(picked, None if selection is None else selection.flat)


def pca(chosen: Sequence[Ready], selection: dc.Selection | None) -> Plane:
    """Return the plane in which the images spread most."""
    return _pca(tuple(one.key for one in chosen), reads.selection_key(selection), tuple(chosen), selection)


@st.cache_resource(max_entries=12, show_spinner=False)
def _pca(keys: tuple[str, ...], neurons: str, _chosen: tuple[Ready, ...], _selection: dc.Selection | None) -> Plane:
    return projection.pca(features(_chosen, _selection))


@dataclass(frozen=True)
class Laid:
    """A map that takes a while: its plane, or that it is being laid out, or why it cannot be."""

    plane: Plane | None
    working: bool = False
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Layout:
    """A map that takes a while: which images, by which neurons, laid out how."""

    chosen: tuple[Ready, ...]
    selection: dc.Selection | None
    method: str
    seed: int

    @property
    def name(self) -> str:
        """The name under which the same map is found again, also after a restart."""
        said = repr((self.method, self.seed, [one.stored for one in self.chosen]))
        neurons = b"" if self.selection is None else np.sort(self.selection.flat).astype("<i8").tobytes()
        return hashlib.blake2b(said.encode() + neurons, digest_size=12).hexdigest()

    @property
    def points(self) -> Path:
        """The path of its points."""
        return reads.workspace().root / "maps" / f"{self.name}.npy"

    @property
    def values(self) -> Path:
        """The path of its input while it is being laid out."""
        return self.points.with_name(f"{self.name}-values.npy")

    def laid(self, images: int) -> Laid:
        """Return the layout if it is done; otherwise begin it, once for all sessions."""
        found = map_process.load(self.points, images) if self.points.is_file() else None
        if found is not None:
            return Laid(Plane(found))
        with _lock:
            process = _working.get(self.name)
            if process is None:
                map_process.prepare(features(self.chosen, self.selection), self.values)
                _working[self.name] = self._start()
                return Laid(None, working=True)
            code = process.poll()
            if code is None:
                return Laid(None, working=True)
            del _working[self.name]
            said = (process.stderr.read() if process.stderr else b"").decode(errors="replace").strip().splitlines()
        if code == 0:
            return self.laid(images)
        return Laid(
            None, problem=said[-1] if code == 2 and said else "The map could not be laid out. Use PCA, or try again."
        )

    def working(self) -> bool:
        """Whether it is being laid out."""
        with _lock:
            process = _working.get(self.name)
            return process is not None and process.poll() is None

    def cancel(self) -> None:
        """Stop the layout and keep nothing of it."""
        with _lock:
            process = _working.pop(self.name, None)
            if process is not None:
                process.terminate()
                process.wait()
                self.values.unlink(missing_ok=True)

    def _start(self) -> subprocess.Popen[bytes]:
        line = [self.method, str(self.values), str(self.points), str(self.seed)]
        return subprocess.Popen(
            [sys.executable, "-m", "dnacore.analyses.map_process", *line],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
