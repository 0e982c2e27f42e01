"""Exporting DNAs and selections to files, and importing them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from numpy import array_equal

from dnacore import atomic
from dnacore.dna.calibration import load_calibration
from dnacore.dna.file import SUFFIX, load_dna
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.histogram import DNA
from dnacore.dna.vdna import is_peer, read_peer, read_ranges, write_peer
from dnacore.errors import BadInput, Damaged
from dnacore.neurons.selection import Selection, load_selection
from dnacore.paths import discard
from dnacore.workspace.datasets import clean_name, free_name
from dnacore.workspace.saved import cards, imported
from dnacore.workspace.workspace import Workspace

if TYPE_CHECKING:  # types only: the import of a file needs no network library
    from dnacore.sources.resolver import Sources

MOST_COUNTS = 1 << 26  #: counts of a DNA from elsewhere: 67,000 neurons of 1,000 bins, read with under 2 GB
FORMATS, KINDS = ("ours", "peer"), ("histogram", "gaussian", "layer-gaussian")


def export(sources: Sources, name: str, to: Path, format_: str = "ours", kind: str = "histogram") -> list[Path]:
    """Write a dataset's DNA or a selection to files and return them. A `.json` without a format is a selection's."""
    if format_ == "ours" and kind == "histogram" and to.suffix.lower() == ".json":
        chosen = sources.workspace.selection(name)
        atomic.write_bytes(to, json.dumps(chosen.to_json(), indent=1).encode())
        return [to]
    dna = sources.dna(name)
    if format_ == "peer":
        if isinstance(dna, Gaussian) and kind == "histogram":
            kind = "gaussian"
        return list(write_peer(dna, to, kind))
    if kind == "histogram":
        return [dna.save(to)]
    small = dna.gaussian()
    if kind == "gaussian":
        small = replace(small, scatter={})
    elif not small.scatter:
        raise BadInput(f"No covariance of “{name}” was kept. Extract it with --covariance LAYER (or all).")
    return [small.save(to)]


def import_selection(workspace: Workspace, path: Path) -> Selection:
    """Take a selection file into the workspace. Raises BadInput."""
    chosen = load_selection(path)
    workspace.save_selection(chosen)
    return chosen


def holds_dna(path: Path) -> bool:
    """Whether a file is a DNA, ours or the authors' pair; else it is a selection."""
    return path.suffix.lower() != ".json" or is_peer(path)


def import_dna(
    workspace: Workspace,
    path: Path,
    sources: Sources | None = None,
    ranges: Path | None = None,
    replacing: str = "",
    apart: bool = False,
) -> DNA | Gaussian:
    """Take a DNA file into the workspace under a free name, and return it under that name.

    sources: where the network is that a pair of the authors' is vouched to be of; ranges: the activation ranges it was
    counted over (their JSON, or a calibration file). replacing: an import whose place and name it takes. apart: also
    where the same DNA is here already; else that one's name is kept, unless it came from a shared gallery.
    """  # fmt: skip
    if path.suffix.lower() == ".json":
        extractor = sources.extractor if sources else None
        if ranges is not None and extractor is None:
            raise BadInput("Say with --extractor which network the activation ranges are of.")
        calibration = None
        if ranges is not None:
            if ranges.suffix.lower() == ".json" and extractor is not None:
                calibration = read_ranges(ranges, extractor, literal=True)
            else:
                calibration = load_calibration(ranges)
        dna = read_peer(path, extractor, calibration, MOST_COUNTS)
    else:
        dna = load_dna(path, most=MOST_COUNTS)
    with imported.alone(workspace):
        if not replacing or workspace.imported(replacing) is None:
            wanted = clean_name(dna.name or path.name.removesuffix(SUFFIX))
            replacing = _free(workspace, wanted, dna, apart)
        dna = replace(dna, name=replacing)
        dna.save(cards.beside(workspace, replacing, SUFFIX))
    return dna


def _free(workspace: Workspace, wanted: str, dna: DNA | Gaussian, apart: bool) -> str:
    """A name for a DNA under which no other DNA is replaced: a free one, or that of the same DNA."""
    there = {name: cards.beside(workspace, name, SUFFIX) for name in imported.names(workspace)}
    others = {  # only DNAs whose names begin alike need to be read
        name
        for name, path in there.items()
        if apart or not name.startswith(wanted) or cards.beside(workspace, name).exists() or not _same(path, dna)
    }
    name = free_name(wanted, {d.name for d in workspace.datasets()} | others)
    if name not in there:  # a card that an earlier removal could not delete does not belong to this DNA
        for ending in (cards.ENDING, cards.PICTURE):
            discard(cards.beside(workspace, name, ending))
    return name


def _same(path: Path, dna: DNA | Gaussian) -> bool:
    try:
        found = load_dna(path, most=MOST_COUNTS)
    except (BadInput, Damaged):
        return False
    if isinstance(found, Gaussian) or isinstance(dna, Gaussian):
        return (
            type(found) is type(dna) and found.network == dna.network and array_equal(found.mean, dna.mean.astype("f4"))
        )
    same_ranges = found.calibration.fingerprint == dna.calibration.fingerprint
    return same_ranges and array_equal(found.histograms, dna.histograms)
