"""The DNA of a set of images: per neuron a histogram of its activations, and the moments of its spatial means.

Counts are integers, so DNAs of disjoint sets add exactly, and a part can be taken away again.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__, atomic
from .calibration import Calibration
from .errors import BadInput, Damaged, Mismatch

FORMAT, VERSION = "visual-dna", 1
SUFFIX = ".dna.npz"


@dataclass(frozen=True, eq=False)
class DNA:
    """Per neuron: B counts over the activation range, and mean and variance of the images' spatial means.

    histograms: (n_neurons, B) int64. outside: (n_neurons, 2) int64, activations below and above the range (they are
    counted in the end bins too). mean: (n_neurons,) float64, raw activation units; deviations: (n_neurons,) float64, the
    sum over images of squared deviations from that mean. images: how many images. rejected: [{"path", "reason"}].
    extractor: the specification that rebuilds the network. exact: False where the counts were taken from sketches.
    """

    histograms: np.ndarray
    outside: np.ndarray
    images: int
    mean: np.ndarray
    deviations: np.ndarray
    calibration: Calibration
    extractor: Mapping[str, Any]
    name: str = ""
    rejected: Sequence[Mapping[str, str]] = ()
    exact: bool = True
    source: Any = field(default=None, repr=False)  # where its images' sketches are, while this process knows

    def __post_init__(self) -> None:
        if self.histograms.shape[0] != self.calibration.n_neurons:
            raise BadInput(
                f"{self.histograms.shape[0]} histograms were given for {self.calibration.n_neurons} activation ranges."
            )

    @property
    def n_neurons(self) -> int:
        return self.histograms.shape[0]

    @property
    def bins(self) -> int:
        return self.histograms.shape[1]

    @property
    def layers(self) -> Mapping[str, int]:
        return self.calibration.layers

    @cached_property
    def cdf(self) -> np.ndarray:
        """(n_neurons, B) float64: the share of activations up to and including each bin."""
        running = np.cumsum(self.histograms, axis=1)
        return running / np.maximum(running[:, -1:], 1)

    @cached_property
    def variance(self) -> np.ndarray:
        """(n_neurons,) float64: variance of the images' spatial means, n - 1 in the denominator; NaN for one image."""
        if self.images < 2:
            return np.full(self.n_neurons, np.nan)
        return self.deviations / (self.images - 1)

    @property
    def saturation(self) -> np.ndarray:
        """(n_neurons,) float64: the share of activations outside the range."""
        return self.outside.sum(1) / np.maximum(self.histograms.sum(1), 1)

    def neuron(self, flat: int) -> tuple[str, int]:
        """The layer, and the index in it, of a flat neuron index."""
        return locate(self.layers, flat)

    def flat(self, layer: str, index: int) -> int:
        """The flat index of one neuron of a layer."""
        if layer not in self.layers:
            raise BadInput(f"There is no layer {layer}. The layers are {', '.join(self.layers)}.")
        if not 0 <= index < self.layers[layer]:
            raise BadInput(f"Layer {layer} has the neurons 0 to {self.layers[layer] - 1}, not {index}.")
        return layer_slices(self.layers)[layer].start + index

    def __add__(self, other: DNA) -> DNA:
        """The DNA of both sets of images together. Exact for the counts. Raises Mismatch."""
        check_comparable(self, other)
        if self.exact != other.exact:
            raise Mismatch(
                f"{_named(self)} and {_named(other)} cannot be added: one was counted from activations and the other "
                "from sketches. Extract both."
            )
        images = self.images + other.images
        shift = other.mean - self.mean
        return replace(
            self,
            histograms=self.histograms + other.histograms,
            outside=self.outside + other.outside,
            images=images,
            mean=self.mean + shift * (other.images / max(images, 1)),
            deviations=self.deviations + other.deviations + shift**2 * (self.images * other.images / max(images, 1)),
            name=" + ".join(filter(None, (self.name, other.name))),
            rejected=(*self.rejected, *other.rejected),
            source=None,
        )

    def __sub__(self, part: DNA) -> DNA:
        """The DNA without a part of its images. Raises BadInput if `part` is not a part of it."""
        check_comparable(self, part)
        histograms, outside = self.histograms - part.histograms, self.outside - part.outside
        images = self.images - part.images
        if images < 0 or (histograms < 0).any() or (outside < 0).any() or self.exact != part.exact:
            raise BadInput(f"{_named(part)} is not a part of {_named(self)}, so it cannot be taken away from it.")
        mean = (self.mean * self.images - part.mean * part.images) / max(images, 1)
        shift = part.mean - mean
        deviations = self.deviations - part.deviations - shift**2 * (images * part.images / max(self.images, 1))
        return replace(
            self,
            histograms=histograms,
            outside=outside,
            images=images,
            mean=mean if images else np.zeros_like(mean),
            deviations=np.maximum(deviations, 0.0),
            name=f"{self.name} - {part.name}" if self.name and part.name else self.name,
            rejected=tuple(r for r in self.rejected if r not in part.rejected),
            source=None,
        )

    def save(self, path: Path | str) -> Path:
        """Write one `.dna.npz` file; the suffix is added where it is missing. Returns the path."""
        path = with_suffix(Path(path))
        atomic.write(path, lambda file: _write(self, file))
        return path


def merge(parts: Sequence[DNA], name: str = "") -> DNA:
    """Add DNAs one after another. Raises BadInput when there is none."""
    if not parts:
        raise BadInput("There is no DNA to add up.")
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return replace(total, name=name)


def load_dna(path: Path | str) -> DNA:
    """Read a DNA file. Raises BadInput when there is none, Damaged when it is broken or of an unknown version."""
    path = with_suffix(Path(path)) if not Path(path).is_file() else Path(path)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if header.get("format") != FORMAT:
                raise Damaged(f"{path.name} is not a DNA file.")
            if header.get("version") != VERSION:
                raise Damaged(
                    f"{path.name} was written as version {header.get('version')}; this program reads version {VERSION}. "
                    "Use a newer version of the program."
                )
            layers = dict(header["layers"])
            calibration = Calibration(
                arrays["low"], arrays["high"], layers, header["extractor_fingerprint"],
                header["calibration"]["origin"], header["calibration"]["images"],
            )  # fmt: skip
            if calibration.fingerprint != header["calibration"]["fingerprint"]:
                raise Damaged(f"The activation ranges in {path.name} do not match their fingerprint.")
            return DNA(
                histograms=np.concatenate([arrays[f"counts/{layer}"].astype(np.int64) for layer in layers]),
                outside=arrays["outside"].astype(np.int64),
                images=header["images"],
                mean=arrays["mean"],
                deviations=arrays["deviations"],
                calibration=calibration,
                extractor=header["extractor"],
                name=header["name"],
                rejected=tuple(header["rejected"]),
                exact=header["exact"],
            )
    except FileNotFoundError as error:
        raise BadInput(f"There is no DNA file {path}.") from error
    except Damaged:
        raise
    except Exception as error:  # zipfile, zlib, json and numpy each have their own words for a broken file
        raise Damaged(f"The DNA file {path.name} is damaged ({error}). Extract it again.") from error


def check_comparable(a: DNA, b: DNA) -> None:
    """Raise Mismatch, naming both sides, unless the two DNAs mean the same thing neuron by neuron and bin by bin."""
    if a.calibration.extractor != b.calibration.extractor:
        one, two = (str(d.extractor.get("name", "an unknown network")) for d in (a, b))
        detail = "with other weights, layers or precision" if one == two else f"with {two}"
        raise Mismatch(
            f"{_named(a)} was made with {one} ({_settings(a)}) and {_named(b)} {detail} ({_settings(b)}). "
            "Extract both with the same network to compare them."
        )
    if a.calibration.fingerprint != b.calibration.fingerprint:
        raise Mismatch(
            f"{_named(a)} and {_named(b)} were binned over different activation ranges "
            f"({a.calibration.origin or a.calibration.fingerprint[:8]} and "
            f"{b.calibration.origin or b.calibration.fingerprint[:8]}). Extract one of them again under the other's."
        )
    if a.bins != b.bins:
        raise Mismatch(f"{_named(a)} has {a.bins} bins and {_named(b)} has {b.bins}. Extract one of them again.")


def layer_slices(layers: Mapping[str, int]) -> dict[str, slice]:
    """Where each layer's neurons lie in the flat index."""
    slices, at = {}, 0
    for layer, count in layers.items():
        slices[layer] = slice(at, at + count)
        at += count
    return slices


def locate(layers: Mapping[str, int], flat: int) -> tuple[str, int]:
    """The layer, and the index in it, of a flat neuron index. Raises BadInput."""
    for layer, where in layer_slices(layers).items():
        if where.start <= flat < where.stop:
            return layer, int(flat - where.start)
    raise BadInput(f"There is no neuron {flat}: they are numbered 0 to {sum(layers.values()) - 1}.")


def with_suffix(path: Path) -> Path:
    """`set.v1` becomes `set.v1.dna.npz`: nothing of a name is ever cut off."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def _write(dna: DNA, file: Any) -> None:
    header = {
        "format": FORMAT,
        "version": VERSION,
        "tool": __version__,
        "name": dna.name,
        "images": dna.images,
        "bins": dna.bins,
        "exact": dna.exact,
        "layers": list(dna.layers.items()),
        "extractor": dict(dna.extractor),
        "extractor_fingerprint": dna.calibration.extractor,
        "calibration": {
            "fingerprint": dna.calibration.fingerprint,
            "origin": dna.calibration.origin,
            "images": dna.calibration.images,
        },
        "saturation": float(dna.outside.sum() / max(int(dna.histograms.sum()), 1)),
        "rejected": [dict(r) for r in dna.rejected],
    }
    arrays = {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)}
    for layer, where in layer_slices(dna.layers).items():
        arrays[f"counts/{layer}"] = _smallest(dna.histograms[where])
    arrays |= {"outside": _smallest(dna.outside), "mean": dna.mean, "deviations": dna.deviations}
    arrays |= {"low": dna.calibration.low, "high": dna.calibration.high}
    # level 1: within a few percent of the default's size at a fifth of its time
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED, 1)


def _smallest(counts: np.ndarray) -> np.ndarray:
    largest = int(counts.max(initial=0))
    return counts.astype(next(t for t in (np.uint8, np.uint16, np.uint32, np.int64) if largest <= np.iinfo(t).max))


def _named(dna: DNA) -> str:
    return f"“{dna.name}”" if dna.name else "a DNA without a name"


def _settings(dna: DNA) -> str:
    return f"{dna.n_neurons:,} neurons, {dna.extractor.get('precision', 'fp32')}, {dna.calibration.extractor[:8]}"


