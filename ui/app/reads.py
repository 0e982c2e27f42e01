"""Cached access to the workspace: everything a page reads goes through here.

Caches are keyed by the short texts the engine hands out for a stored DNA, which change whenever it does; arrays are
never hashed. What is returned is shared between sessions and must not be changed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

import numpy as np
import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.dna.from_sketches import sketched_dna
from dnacore.extractors import ExtractorInfo, available
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.images import thumbnails
from dnacore.sketches.sketches import Sketches
from dnacore.workspace.attribute_table import choose
from dnacore.workspace.datasets import Dataset, Part, own_first, parse_part
from dnacore.workspace.saved import custom_extractors, imported
from dnacore.workspace.store.shard_plan import FileRow
from dnacore.workspace.upkeep.absence import why_absent
from dnacore.workspace.workspace import Workspace
from ui.app import words

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
    """A dataset with a DNA under the extractor in use; `stored` changes whenever that DNA does."""

    dataset: Dataset
    stored: str

    @property
    def key(self) -> str:
        """What caches are keyed by: results bear the names of what they were made of, which can be renamed."""
        return f"{self.stored}:{self.name}"

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def said(self) -> str:
        """What it is called in sentences: `faces with hat`."""
        return words.dataset(self.name)


@dataclass(frozen=True)
class Image:
    """One image of a dataset, as a reference."""

    dataset: Ready
    index: int

    def __str__(self) -> str:
        return f"{listed(self.dataset)}#{self.index}"


class Average(Protocol):
    """Images that were picked by hand, as a reference; `str` of it changes whenever they or their DNAs do."""

    @property
    def name(self) -> str: ...

    def dna(self) -> dc.DNA:
        """Return the average of the images."""
        ...


Reference = Ready | Image | Average


def ready(label: str | None = None) -> list[Ready]:
    """Return the datasets that have a DNA under an extractor: own ones first, as every page offers them."""
    store, label = workspace().store, label or extractor()
    ordered = own_first(workspace().datasets(), workspace().root)
    found = ((dataset, store.dna_key(dataset, label)) for dataset in ordered)
    return [Ready(dataset, key) for dataset, key in found if key is not None]


def listed(one: Ready) -> str:
    """Return a short text that changes whenever a dataset's DNA or its list of files does, to key caches by.

    What names images by their numbers or shows them by their names is keyed by this: files may be renamed under a DNA
    that stays what it was.
    """
    return f"{one.stored}/{workspace().files_key(one.dataset)}"


def key_of(what: Reference | None) -> str:
    """Return a short text that changes whenever what images are compared with does; "" for nothing."""
    return "" if what is None else what.key if isinstance(what, Ready) else str(what)


def dna(one: Ready) -> dc.DNA:
    """Return a dataset's DNA."""
    return _dna(one.key, one.dataset, extractor())


@st.cache_resource(max_entries=12, show_spinner=False)
def _dna(key: str, _dataset: Dataset, _label: str) -> dc.DNA:
    found = imported.load(_dataset) if _dataset.imported else workspace().store.dna(_dataset, _label, sampled=True)
    if found is None:
        raise dc.UnknownName(f"“{_dataset.name}” has no DNA any more. Extract it again on the Datasets page.")
    return found


def part(whole: Ready, column: str, value: str, also: Part | None = None) -> Ready:
    """Return the images of a dataset that have an attribute, and are in a further part. Raises BadInput without sketches."""
    chosen, described = whole.dataset.within(Part(column, value, also)), table_key(whole.dataset)
    found = replace(chosen, images=len(files(chosen)))
    key = workspace().store.dna_key(found, extractor())
    if key is None:
        raise dc.BadInput(f"“{found.name}” has no DNA yet. Extract {whole.name} on the Datasets page.")
    return Ready(found, f"{key}:{described}")  # the table decides which images are in it


def whole_of(part: Dataset) -> Dataset:
    """Return the dataset that a part is of."""
    return replace(part, name=parse_part(part.name)[0], part=None)


def sketches_of(dataset: Ready) -> Sketches:
    """Return the sketches of a dataset's images, in the order of its files. Raises BadInput where it has none."""
    return _sketches(listed(dataset), dataset, extractor())


@st.cache_resource(max_entries=24, show_spinner=False)
def _sketches(key: str, _dataset: Ready, label: str) -> Sketches:
    # By the network, too: where nothing but parts was extracted, the key of the whole says nothing of it.
    if _dataset.dataset.part is not None:  # read once for all parts: finding 100,000 images in the files takes seconds
        found: Sketches | None = _part_of(_dataset.dataset, label)
    else:
        found = workspace().sketches(_dataset.dataset, label)
    if found is None or not len(found):
        why = "came without its images" if _dataset.dataset.imported else "was extracted without sketches"
        what = "Add their folder" if _dataset.dataset.imported else "Extract it again with sketches"
        raise dc.BadInput(f"“{_dataset.name}” {why}, so they cannot be ranked. {what} on the Datasets page.")
    return found


def _part_of(part: Dataset, label: str) -> Sketches:
    dataset = whole_of(part)
    whole = sketches_of(Ready(dataset, workspace().store.dna_key(dataset, label) or ""))
    every, rows = files(dataset), files(part)
    places = {every[at].index: place for place, at in enumerate(whole.found.tolist())}
    there = [at for at, row in enumerate(rows) if row.index in places]
    found = whole.select(np.array([places[rows[at].index] for at in there], np.int64))
    found.found = np.array(there, np.int64)
    return found


def as_dna(what: Reference) -> dc.DNA:
    """Return what images are compared with, as a DNA."""
    if isinstance(what, Ready):
        return dna(what)
    return image_dna(what) if isinstance(what, Image) else what.dna()


def image_dna(image: Image) -> dc.DNA:
    """Return the DNA of one image, counted from its sketch. Raises BadInput where it has none."""
    return _image_dna(listed(image.dataset), image.index, image.dataset)


# Each is as large as a dataset's DNA, 40 MB with its CDF: going through a gallery must not fill the memory.
@st.cache_resource(max_entries=3, show_spinner=False)
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
    return _files(str(workspace().root), files_known(dataset), dataset)


def files_known(dataset: Dataset) -> str:
    """Return a short text that changes whenever `files` does."""
    return workspace().files_key(dataset) if dataset.part is None else f"{dataset.name}:{table_key(dataset)}"


@st.cache_resource(max_entries=60, show_spinner=False)
def _files(root: str, key: str, _dataset: Dataset) -> list[FileRow]:
    if _dataset.part is None:
        return workspace().files(_dataset)
    whole = whole_of(_dataset)
    rows = files(whole)
    return [rows[at] for at in choose(_table(whole), _dataset.part, whole.name)]


def aspect(dataset: Dataset) -> float:
    """Return the width over height that suits most of a dataset's images."""
    return _aspect(str(workspace().root), workspace().files_key(dataset), str(dataset.part or ""), dataset)


@st.cache_data(max_entries=200, show_spinner=False)
def _aspect(root: str, known: str, part: str, _dataset: Dataset) -> float:
    rows = files(_dataset)
    some = rows[:: max(1, len(rows) // thumbnails.SAMPLE)]
    return thumbnails.aspect([_dataset.folder / row.path for row in some[: thumbnails.SAMPLE]])


def attributes(dataset: Dataset) -> pd.DataFrame:
    """Return a dataset's attributes and what the network sees first in each image (`sees`), one row per file as in
    `files`; empty where it has none or they are gone.
    """
    try:
        return _table(dataset)
    except dc.BadInput:
        return pd.DataFrame()


def _table(dataset: Dataset) -> pd.DataFrame:
    return _attributes(str(workspace().root), dataset.id, str(dataset.part or ""), table_key(dataset), dataset)


@st.cache_resource(max_entries=40, show_spinner=False)
def _attributes(root: str, number: int, part: str, described: str, _dataset: Dataset) -> pd.DataFrame:
    if _dataset.part is None:
        return workspace().described(_dataset)
    whole = whole_of(_dataset)
    table = _table(whole)  # read once, whatever is filtered
    return table.iloc[choose(table, _dataset.part, whole.name)]


def table_key(dataset: Dataset) -> str:
    """Return a short text that changes whenever a dataset's files or what its table says about them do."""
    return workspace().described_key(dataset)


def selection_key(selection: dc.Selection | None) -> str:
    """Return a short text that tells selections apart, to key caches by."""
    if selection is None:
        return "all"
    return f"{hash(np.asarray(selection.flat).tobytes())}:{hash(np.asarray(selection.weights).tobytes())}"
