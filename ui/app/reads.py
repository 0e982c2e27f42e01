"""Cached access to the workspace: everything a page reads goes through here.

Caches are keyed by the short texts the engine hands out for a stored DNA, which change whenever it does; arrays are
never hashed. What is returned is shared between sessions and must not be changed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.analyses import ranking as retrieval
from dnacore.distances.emd import per_neuron
from dnacore.dna.from_sketches import sketched_dna
from dnacore.extractors import ExtractorInfo, available
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.images import thumbnails
from dnacore.sketches.sketches import Sketches
from dnacore.workspace.absence import why_absent
from dnacore.workspace.attribute_table import choose
from dnacore.workspace.datasets import Dataset, parse_part
from dnacore.workspace.saved import custom_extractors
from dnacore.workspace.store.shard_plan import FileRow
from dnacore.workspace.workspace import Workspace
from ui.app import reads

_opening = threading.Lock()


@cache
def _open() -> Workspace:
    return dc.Workspace.open()


def workspace() -> Workspace:
    """Return this server's workspace, opened once."""
    with _opening:
        return _open()


def extractor() -> str:
    """Return the label of the extractor chosen in the sidebar."""
    return st.session_state.get("extractor") or first_extractor()


def first_extractor() -> str:
    """Return the extractor that a visit starts with: where datasets have DNAs, but none by the usual one, the one that
    was used last.
    """
    used = workspace().store.labels()
    return DEFAULT_EXTRACTOR if not used or DEFAULT_EXTRACTOR in used else used[0]


def absence() -> str | None:
    """Return why nothing can be extracted with the extractor in use, in one sentence; None where it can."""
    return why_absent(workspace(), extractor())


def extractors() -> dict[str, ExtractorInfo | None]:
    """Return the extractors one can choose, by label: those of the registry, and others that were used here before."""
    known: dict[str, ExtractorInfo | None] = {info.name: info for info in available()}
    for kept in custom_extractors.kept(workspace()):
        known.setdefault(kept.name, kept.info)
    for setting in workspace().store.settings():
        known.setdefault(setting.label, None)
    return known


@dataclass(frozen=True)
class Ready:
    """A dataset with a DNA under the extractor in use; `key` changes whenever that DNA does."""

    dataset: Dataset
    key: str

    @property
    def name(self) -> str:
        return self.dataset.name


@dataclass(frozen=True)
class Image:
    """One image of a dataset, as a reference."""

    dataset: Ready
    index: int

    def __str__(self) -> str:
        return f"{self.dataset.key}#{self.index}"


def ready(label: str | None = None) -> list[Ready]:
    """Return the datasets that have a DNA under an extractor, in the order they were added."""
    store, label = workspace().store, label or extractor()
    found = ((dataset, store.dna_key(dataset, label)) for dataset in workspace().datasets())
    return [Ready(dataset, key) for dataset, key in found if key is not None]


def dna(one: Ready) -> dc.DNA:
    """Return a dataset's DNA."""
    return _dna(one.key, one.dataset, extractor())


@st.cache_resource(max_entries=12, show_spinner=False)
def _dna(key: str, _dataset: Dataset, _label: str) -> dc.DNA:
    found = workspace().dna(_dataset, _label)
    if found is None:
        raise dc.UnknownName(f"“{_dataset.name}” has no DNA any more. Extract it again on the Datasets page.")
    return found


def farthest(ready: Sequence[Ready]) -> tuple[int, int]:
    """Return the places of the two datasets that are farthest apart; (0, 0) for a single one."""
    if len(ready) < 2:
        return 0, 0
    matrix = comparison(ready, "emd", None).matrix
    a, b = np.unravel_index(int(np.argmax(matrix)), matrix.shape)
    return int(a), int(b)


def comparison(
    chosen: Sequence[Ready], metric: str, selection: dc.Selection | None, layer: str | None = None
) -> dc.Comparison:
    """Return all pairwise distances of the chosen datasets. layer: the only one that counts, for FD and KID."""
    keys = tuple(one.key for one in chosen)
    return _comparison(keys, metric, selection_key(selection), layer, tuple(chosen), selection)


@st.cache_resource(max_entries=32, show_spinner=False)
def _comparison(
    keys: tuple[str, ...],
    metric: str,
    selection: str,
    layer: str | None,
    _chosen: tuple[Ready, ...],
    _selection: dc.Selection | None,
) -> dc.Comparison:
    return dc.pairwise([dna(one) for one in _chosen], metric, _selection, [layer] if layer else None)


def sensitivity(a: Ready, b: Ready, *, noise: bool = False) -> dc.Sensitivity:
    """Return per neuron how far two datasets are apart; with `noise`, also what chance would give (slower)."""
    return _sensitivity(a.key, b.key, noise, a, b)


@st.cache_resource(max_entries=32, show_spinner=False)
def _sensitivity(a_key: str, b_key: str, noise: bool, _a: Ready, _b: Ready) -> dc.Sensitivity:
    return dc.sensitivity(dna(_a), dna(_b)) if noise else dc.sensitivity(dna(_a), dna(_b), splits=0)


def part(whole: Ready, column: str, value: str) -> Ready:
    """Return the images of a dataset that have an attribute, as a dataset. Raises BadInput without sketches."""
    chosen, described = whole.dataset.split(column, value), _described(whole.dataset)
    found = replace(chosen, images=len(files(chosen)))
    key = workspace().store.dna_key(found, extractor())
    if key is None:
        raise dc.BadInput(f"“{found.name}” has no DNA yet. Extract {whole.name} on the Datasets page.")
    return Ready(found, f"{key}:{described}")  # which images are in it is the table's say


def ranking(
    dataset: Ready, reference: Ready | Image, unlike: Ready | Image | None = None, selection: dc.Selection | None = None
) -> pd.DataFrame:
    """Return a dataset's images by distance to a reference, nearest first: columns rank, path, distance (bins), index.

    From what is stored: nothing is extracted, and images without a sketch are left out. Raises BadInput.
    """
    keys = tuple(one.key if isinstance(one, Ready) else str(one) for one in (dataset, reference, unlike))
    return _ranking(keys, selection_key(selection), dataset, reference, unlike, selection)


@st.cache_resource(max_entries=48, show_spinner=False)
def _ranking(
    keys: tuple[str, ...],
    selection: str,
    _dataset: Ready,
    _reference: Ready | Image,
    _unlike: Ready | Image | None,
    _selection: dc.Selection | None,
) -> pd.DataFrame:
    sketches = sketches_of(_dataset)
    against, other = _as_reference(_reference), None if _unlike is None else _as_reference(_unlike)
    distances = retrieval.distances_to(sketches, against, other, _selection)
    return retrieval.table(_dataset.dataset.folder, files(_dataset.dataset), sketches, distances)


def sketches_of(dataset: Ready) -> Sketches:
    """Return the sketches of a dataset's images, in the order of its files. Raises BadInput where it has none."""
    return _sketches(dataset.key, workspace().files_key(dataset.dataset), dataset, extractor())


@st.cache_resource(max_entries=24, show_spinner=False)
def _sketches(key: str, files: str, _dataset: Ready, _label: str) -> Sketches:
    found = workspace().sketches(_dataset.dataset, _label)
    if found is None or not len(found):
        raise dc.BadInput(
            f"“{_dataset.name}” was extracted without sketches, so its images cannot be ranked. "
            "Extract it again with sketches."
        )
    return found


def _as_reference(what: Ready | Image) -> dc.DNA:
    if isinstance(what, Ready):
        return dna(what)
    if not isinstance(what, Image):
        return what.dna()
    return image_dna(what)


def image_dna(image: Image) -> dc.DNA:
    """Return the DNA of one image, counted from its sketch. Raises BadInput where it has none."""
    return _image_dna(image.dataset.key, image.index, image.dataset)


@st.cache_resource(max_entries=32, show_spinner=False)
def _image_dna(key: str, index: int, _dataset: Ready) -> dc.DNA:
    # From the image's sketch: its 16 quantiles per neuron stand for its histogram, and no network is loaded.
    rows, sketches = files(_dataset.dataset), sketches_of(_dataset)
    found = [place for place, at in enumerate(sketches.found) if rows[at].index == index]
    if not found:
        raise dc.BadInput("This image has no sketch, so nothing can be ranked against it. Extract its dataset again.")
    whole = dna(_dataset)
    name = rows[int(sketches.found[found[0]])].path
    return sketched_dna(sketches.select(np.array(found)), whole.calibration, whole.extractor, name)


def files(dataset: Dataset) -> list[FileRow]:
    """Return a dataset's files as of the last look at its folder. Shared: not to be changed."""
    known = workspace().files_key(dataset) if dataset.part is None else f"{dataset.name}:{_described(dataset)}"
    return _files(str(workspace().root), known, dataset)


@st.cache_resource(max_entries=60, show_spinner=False)
def _files(root: str, key: str, _dataset: Dataset) -> list[FileRow]:
    if _dataset.part is None:
        return workspace().files(_dataset)
    whole = replace(_dataset, name=parse_part(_dataset.name)[0], part=None)
    rows = files(whole)
    return [rows[at] for at in choose(_table(whole), _dataset.part, whole.name)]


def aspect(dataset: Dataset) -> float:
    """Return the width over height that suits most of a dataset's images."""
    return _aspect(dataset.id, dataset.images, dataset)


@st.cache_data(max_entries=200, show_spinner=False)
def _aspect(number: int, images: int, _dataset: Dataset) -> float:
    return thumbnails.aspect([_dataset.folder / row.path for row in files(_dataset)])


def attributes(dataset: Dataset) -> pd.DataFrame:
    """Return a dataset's attributes, one row per file as in `files`; empty where it has none or they are gone."""
    try:
        return _table(dataset)
    except dc.BadInput:
        return pd.DataFrame()


def _table(dataset: Dataset) -> pd.DataFrame:
    return _attributes(str(workspace().root), dataset.id, str(dataset.part or ""), _described(dataset), dataset)


@st.cache_resource(max_entries=40, show_spinner=False)
def _attributes(root: str, number: int, part: str, described: str, _dataset: Dataset) -> pd.DataFrame:
    return workspace().attributes(_dataset)


def _described(dataset: Dataset) -> str:
    """A short text that changes whenever a dataset's files or what its table says about them do."""
    csv = dataset.attributes
    try:
        stamp = csv.stat().st_mtime_ns if csv is not None else 0
    except OSError:  # gone: reading it says so
        stamp = -1
    return f"{workspace().files_key(dataset)}:{csv}:{stamp}"


@st.cache_data(ttl=15, show_spinner=False)
def workspace_size() -> int:
    """Return the bytes the workspace takes, at most some seconds old."""
    return workspace().size()


def selection_key(selection: dc.Selection | None) -> str:
    """Return a short text that tells selections apart, to key caches by."""
    if selection is None:
        return "all"
    return f"{hash(np.asarray(selection.flat).tobytes())}:{hash(np.asarray(selection.weights).tobytes())}"


@st.cache_resource(max_entries=32, show_spinner=False)
def _differences(a_key: str, b_key: str, metric: str, _a: Ready, _b: Ready) -> np.ndarray:
    return per_neuron(reads.dna(_a), reads.dna(_b), metric)


def differences(a: Ready, b: Ready, metric: str = "emd") -> np.ndarray:
    """Return (n_neurons,) how far two datasets are apart on every neuron: emd in bins, nfd in squared activation."""
    return reads.sensitivity(a, b).emd if metric == "emd" else _differences(a.key, b.key, metric, a, b)
