"""What is tried under faults: small pieces of real work on a small workspace, and how to tell what state it is in."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

import dnacore as dc
from dnacore.extraction.extraction import Report, extract_dataset
from dnacore.extractors.preprocessing import preprocess
from dnacore.extractors.spec import Preprocessing
from dnacore.sources.exchange import import_dna
from dnacore.workspace.workspace import Workspace
from tests.small_world import draw

SAID = "some images could not be got at, and are listed"
LAYERS = {"sum": 3, "difference": 2}


class Network:
    """As much of an extractor as extraction needs: activations that are exact, and the same in any batch."""

    name, precision, weights_file, input_size = "tiny", "fp32", None, 8
    layers, n_neurons, fingerprint = LAYERS, 5, "f" * 32
    spec = {"name": "tiny", "fingerprint": "f" * 32}  # noqa: RUF012 - read only
    device, names_images = torch.device("cpu"), False
    prepared = Preprocessing(8, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))

    def preprocess(self, source: Any) -> torch.Tensor:
        return preprocess(source, self.prepared)

    def visit(self, batch: torch.Tensor, see: Callable[[str, torch.Tensor], None], *_: Any, **__: Any) -> None:
        flat = batch.flatten(2)
        see("sum", flat)
        see("difference", flat[:, :2] - flat[:, 1:])


@cache
def calibration() -> dc.Calibration:
    return dc.Calibration(np.full(5, -3.0), np.full(5, 3.0), LAYERS, Network.fingerprint, "test")


def extract(ws: Workspace, name: str) -> Report:
    return extract_dataset(ws, ws.dataset(name), Network(), calibration(), batch_size=4, bins=20)  # type: ignore[arg-type]


def content(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:12]


def state(root: Path) -> dict[str, Any]:
    """All that a person can see of the workspace in `root`/home."""
    ws = Workspace.open(root / "home")
    found: dict[str, Any] = {"selections": sorted(s.name for s in ws.selections())}
    imports = (root / "home" / "imports").glob("[!.]*")
    found["imports"] = sorted((p.name, content(dc.load_dna(p).histograms)) for p in imports)
    found["calibration"] = getattr(ws.calibration(Network.fingerprint), "fingerprint", None)
    for dataset in ws.datasets():
        dna = ws.dna(dataset, "tiny")
        sketches = ws.sketches(dataset, "tiny")
        if dna is not None and any(r.passing for r in ws.rejected(dataset, "tiny")):
            found[dataset.name] = (len(ws.files(dataset)), SAID, SAID)  # images are missing from it, and listed
            continue
        found[dataset.name] = (
            [(f.path, f.hash) for f in ws.files(dataset)] if dna is not None else len(ws.files(dataset)),
            None if dna is None else (dna.images, content(dna.histograms), content(dna.outside)),
            None if sketches is None else (len(sketches), content(sketches.quantiles(slice(None)))),
        )
    return found


@dataclass(frozen=True)
class Work:
    """prepare: makes the state before. act: the work; running it again must be allowed and change nothing."""

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path], None]


def _open(root: Path) -> Workspace:
    return Workspace.open(root / "home")


def _images(root: Path) -> None:
    draw(root / "in", 5)


def _added(root: Path) -> None:
    _images(root)
    _open(root).add_dataset("d", root / "in")


def _extracted(root: Path) -> None:
    _added(root)
    extract(_open(root), "d")


def _grown(root: Path) -> None:
    _extracted(root)
    draw(root / "in" / "more", 3, seed=3)


def _merged(root: Path) -> None:
    _grown(root)
    extract(_open(root), "d")


def _unmerged(root: Path) -> None:
    _merged(root)
    for path in (root / "home" / "dna").glob("*"):
        path.unlink()


def _zipped(root: Path) -> None:
    draw(root / "zipped", 4)
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        for path in sorted((root / "zipped").iterdir()):
            archive.write(path, path.name)
    _open(root)


def _unpacked(root: Path) -> None:
    _zipped(root)
    _open(root).add_dataset("z", root / "set.zip")


def _dna_file(root: Path) -> None:
    _merged(root)
    found = _open(root).dna("d", "tiny")
    assert found is not None
    found.save(root / "other.dna.npz")


def _rename(root: Path) -> None:
    ws = _open(root)
    if "d" in {d.name for d in ws.datasets()}:
        ws.rename_dataset("d", "e")


def _remove(name: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        ws = _open(root)
        if name in {d.name for d in ws.datasets()}:
            ws.remove_dataset(name)

    return act


def _compare(root: Path) -> None:
    _open(root).dna("d", "tiny")


def _scan(root: Path) -> None:
    ws = _open(root)
    ws.scan(ws.dataset("d"))


def _lose_catalogue(root: Path) -> None:
    _merged(root)
    (root / "home" / "catalogue.sqlite").unlink()


WORKS = (
    Work("add", _images, lambda root: _open(root).add_dataset("d", root / "in") and None),
    Work("add a zip", _zipped, lambda root: _open(root).add_dataset("z", root / "set.zip") and None),
    Work("scan", _grown, _scan),
    Work("extract", _added, lambda root: extract(_open(root), "d")),
    Work("extract what is new", _grown, lambda root: extract(_open(root), "d")),
    Work("merge", _unmerged, _compare),
    Work("compare", _merged, _compare),
    Work("calibrate", _added, lambda root: _open(root).choose_calibration(calibration())),
    Work("save", _added, lambda root: _open(root).save_selection(dc.Selection.of([1, 2], name="mine"))),
    Work("rename", _merged, _rename),
    Work("remove", _merged, _remove("d")),
    Work("remove a zip", _unpacked, _remove("z")),
    Work("import", _dna_file, lambda root: import_dna(_open(root), root / "other.dna.npz") and None),
    Work("find a lost catalogue", _lose_catalogue, lambda root: _open(root) and None),
)
