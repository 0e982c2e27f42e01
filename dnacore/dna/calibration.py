"""Activation ranges: measure them, keep them, and know them by a fingerprint.

A calibration belongs to one extractor. It says for every neuron which interval of raw activations is spread over the
histogram's bins (CVPR 2023, eq. 1); two DNAs can be compared only under the same one.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dnacore import atomic, versioned
from dnacore.dna import npz
from dnacore.errors import BadInput, Damaged, Mismatch
from dnacore.paths import ASSETS

if TYPE_CHECKING:
    from dnacore.extractors import Extractor


FORMAT = "visual-dna calibration"
VERSION = 1
SHIPPED = ASSETS / "calibrations"


@dataclass(frozen=True, eq=False)
class Calibration:
    """The activation range of every neuron of one extractor.

    low, high: (n_neurons,) float64, already widened, high > low everywhere.
    layers: {layer: neuron count} in the order of the flat index. origin: how the ranges came about, in words.
    left_out: [{"path", "reason"}], images that were not allowed to set them.
    """

    low: np.ndarray
    high: np.ndarray
    layers: Mapping[str, int]
    extractor: str
    origin: str = ""
    images: int = 0
    fingerprint: str = field(default="", compare=False)
    left_out: Sequence[Mapping[str, str]] = ()

    def __post_init__(self) -> None:
        low, high = (np.ascontiguousarray(bound, dtype=np.float64) for bound in (self.low, self.high))
        expected = (sum(self.layers.values()),)
        if low.shape != expected or high.shape != expected:
            raise BadInput(
                f"A calibration for {expected[0]} neurons needs as many bounds, not {low.shape} and {high.shape}."
            )
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (high > low).all()):
            raise BadInput("A calibration needs finite bounds with low < high for every neuron.")
        low.setflags(write=False)
        high.setflags(write=False)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)
        object.__setattr__(self, "layers", dict(self.layers))
        digest = hashlib.sha256(self.extractor.encode())
        digest.update(json.dumps(list(self.layers.items())).encode())
        digest.update(low.astype("<f8").tobytes() + high.astype("<f8").tobytes())
        object.__setattr__(self, "fingerprint", digest.hexdigest()[:32])

    @property
    def n_neurons(self) -> int:
        """The number of neurons over all layers."""
        return len(self.low)

    def save(self, path: Path) -> None:
        """Write one `.npz` file: the two arrays and a JSON header."""
        header = {
            "format": FORMAT,
            "version": VERSION,
            "extractor": self.extractor,
            "layers": list(self.layers.items()),
            "origin": self.origin,
            "images": self.images,
            "fingerprint": self.fingerprint,
            "left_out": [dict(row) for row in self.left_out],
        }
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, header=np.frombuffer(json.dumps(header).encode(), np.uint8), low=self.low, high=self.high
        )
        atomic.write_bytes(Path(path), buffer.getvalue())


def widen(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move each bound outward by 20 % of its magnitude; equal bounds get high = low + 1.

    low, high: (n,) smallest and largest activation seen. Returns two (n,) float64 arrays.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    low, high = low - 0.2 * np.abs(low), high + 0.2 * np.abs(high)
    # float32 binning cannot tell bounds apart that differ by less than its own resolution
    resolution = np.maximum(1e-6 * np.maximum(np.abs(low), np.abs(high)), np.finfo(np.float32).tiny)
    return low, np.where(high - low > resolution, high, low + 1.0)


def load_calibration(path: Path, extractor: Extractor | None = None) -> Calibration:
    """Read a calibration file, or for an extractor the ranges that the authors' library keeps as JSON.

    Raises BadInput when there is none or the JSON is not of that network, Damaged when it is broken or of another kind.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        from dnacore.dna.vdna import read_ranges  # lazy: that module stands above this one

        if extractor is None:
            raise BadInput(f"{path.name} names no network. Say for which one: load_calibration(path, extractor).")
        return read_ranges(path, extractor)
    with npz.opened(path, "calibration file", "Measure it again.") as archive:
        header = npz.header(archive)
        versioned.check(header, path.name, FORMAT, VERSION, "a calibration")
        layers = npz.layers_of(header["layers"])
        low, high = (npz.array(archive, name, (sum(layers.values()),), "f") for name in ("low", "high"))
        try:
            found = Calibration(
                low, high, layers, npz.text_of(header["extractor"]), npz.text_of(header.get("origin", "")),
                npz.count_of(header.get("images", 0)), left_out=npz.rejected_of(list(header.get("left_out", ()))),
            )  # fmt: skip
        except BadInput as error:
            raise ValueError(error) from error
    if found.fingerprint != header.get("fingerprint"):
        raise Damaged(f"The calibration {path.name} does not match its own fingerprint. Measure it again.")
    return found


def shipped(extractor: Extractor) -> Calibration | None:
    """The calibration that comes with the program for this extractor, or None."""
    path = SHIPPED / f"{extractor.name}.npz"
    if not path.is_file():
        return None
    found = load_calibration(path)
    return found if found.extractor == extractor.fingerprint else None


def check(calibration: Calibration, extractor: Extractor) -> None:
    """Raise Mismatch unless the calibration was made for this extractor."""
    if calibration.extractor != extractor.fingerprint:
        raise Mismatch(
            f"The calibration ({calibration.origin or calibration.fingerprint[:8]}) was measured with another network "
            f"than {extractor.name}. Choose one made for {extractor.name}, or measure it again."
        )
