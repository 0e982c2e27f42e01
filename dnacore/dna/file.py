"""DNA files: one `.dna.npz` with a JSON header and plain arrays, described in docs/format.md.

Counts of neighbouring bins are alike, so what is kept is their differences, cut into bytes of equal weight: 9,984
neurons x 1,000 bins of 70,000 images take about 10 MB instead of 16 MB for the compressed counts, and load faster.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dnacore import __version__, atomic, versioned
from dnacore.dna.calibration import Calibration
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Damaged
from dnacore.parallel import cores

if TYPE_CHECKING:
    from dnacore.dna.histogram import DNA


FORMAT, VERSION = "visual-dna", 1
SUFFIX = ".dna.npz"
BLOCK = 64  # neurons put together at once: what they need stays in the cache, six times as fast as a whole layer
LEVEL = 1  # of deflate; 6 saves 4 % of the size and takes three times as long


def with_suffix(path: Path) -> Path:
    """`set.v1` becomes `set.v1.dna.npz`: nothing of a name is ever cut off."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def save(dna: DNA | Gaussian, path: Path) -> Path:
    """Write one file; the suffix is added where it is missing. Returns the path. Raises Unavailable."""
    path = with_suffix(path)
    header, arrays = _gaussian_contents(dna) if isinstance(dna, Gaussian) else _histogram_contents(dna)
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    atomic.write(path, lambda file: _write(file, {"header": text} | arrays))
    return path


def load_dna(path: Path | str) -> DNA | Gaussian:
    """Read a DNA file: a DNA, or a Gaussian where it holds no histograms.

    Raises BadInput when there is none, Damaged when it is broken or of an unknown version.
    """
    path = with_suffix(Path(path)) if not Path(path).is_file() else Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(_array(archive, "header").tobytes())
            versioned.check(header, path.name, FORMAT, VERSION, "a DNA file")
            return _gaussian(archive, header) if header["kind"] == "gaussian" else _dna(archive, header, path.name)
    except FileNotFoundError as error:
        raise BadInput(f"There is no DNA file {path}.") from error
    except PermissionError as error:
        raise BadInput(f"There is no permission to read the DNA file {path}.") from error
    except Damaged:
        raise
    except Exception as error:  # zipfile, zlib, json and numpy each have their own words for a broken file
        raise Damaged(f"The DNA file {path.name} is damaged ({error}). Extract it again.") from error


def covariance_layers(path: Path) -> set[str]:
    """Layers whose covariance a file holds. Reads the table of contents alone; a broken file holds none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return set()
    return {name.removeprefix("scatter/").removesuffix(".npy") for name in names if name.startswith("scatter/")}


def differences(counts: np.ndarray) -> np.ndarray:
    """(n, B) counts -> (P, n, B) uint8: byte k of the differences between neighbouring bins, the first from zero.

    A difference d is kept as 2d, or -2d - 1 below zero, so that small ones have small bytes. P: as many as are needed.
    """
    steps = np.diff(counts, axis=1, prepend=0)
    code = (steps << 1) ^ (steps >> 63)
    planes = max(1, -(-int(code.max(initial=0)).bit_length() // 8))
    parts = code.astype("<i8", copy=False).view(np.uint8).reshape(*code.shape, 8)
    return np.ascontiguousarray(parts[:, :, :planes].transpose(2, 0, 1))


def counts_of(planes: np.ndarray, into: np.ndarray) -> None:
    """What `differences` was made of, written into (n, B) int64."""
    wide = np.int32 if len(planes) < 4 else np.int64
    for start in range(0, len(into), BLOCK):
        rows = slice(start, start + BLOCK)
        code: Any = planes[0, rows].astype(wide)
        for k in range(1, len(planes)):
            upper: Any = planes[k, rows].astype(wide)
            upper <<= 8 * k
            code |= upper
        sign = code & 1
        np.negative(sign, out=sign)
        code >>= 1
        code ^= sign
        np.cumsum(code, axis=1, out=into[rows])


def _common(dna: DNA | Gaussian, kind: str) -> dict[str, Any]:
    return {
        "format": FORMAT, "version": VERSION, "kind": kind, "tool": __version__, "name": dna.name, "images": dna.images,
        "layers": list(dna.layers.items()), "extractor": dict(dna.extractor), "extractor_fingerprint": dna.network,
        "rejected": [dict(r) for r in dna.rejected],
    }  # fmt: skip


def _histogram_contents(dna: DNA) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    header = _common(dna, "histogram") | {
        "bins": dna.bins,
        "exact": dna.exact,
        "calibration": {
            "fingerprint": dna.calibration.fingerprint,
            "origin": dna.calibration.origin,
            "images": dna.calibration.images,
        },
        "saturation": float(dna.outside.sum() / max(int(dna.histograms.sum()), 1)),
    }
    slices = layer_slices(dna.layers)
    arrays = {f"differences/{layer}": differences(dna.histograms[where]) for layer, where in slices.items()}
    arrays |= {"outside": dna.outside, "mean": dna.mean, "deviations": dna.deviations}
    arrays |= {"low": dna.calibration.low, "high": dna.calibration.high}
    return header, arrays | _triangles(dna.scatter)


def _gaussian_contents(dna: Gaussian) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    variance = dna.deviations / max(dna.images - 1, 1)
    arrays = {"mean": dna.mean.astype(np.float32), "variance": variance.astype(np.float32)}
    return _common(dna, "gaussian"), arrays | _triangles(dna.scatter)


def _triangles(scatter: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"scatter/{layer}": table[np.triu_indices(len(table))] for layer, table in scatter.items()}


def _write(file: BinaryIO, arrays: Mapping[str, np.ndarray]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getbuffer(), zipfile.ZIP_DEFLATED, LEVEL)


def _dna(archive: zipfile.ZipFile, header: Mapping[str, Any], name: str) -> DNA:
    from dnacore.dna.histogram import DNA

    layers = dict(header["layers"])
    about = header["calibration"]
    low, high = _array(archive, "low"), _array(archive, "high")
    calibration = Calibration(low, high, layers, header["extractor_fingerprint"], about["origin"], about["images"])
    if calibration.fingerprint != about["fingerprint"]:
        raise Damaged(f"The activation ranges in {name} do not match their fingerprint.")
    histograms = np.empty((sum(layers.values()), header["bins"]), np.int64)
    slices = layer_slices(layers)

    def read(layer: str) -> None:
        counts_of(_array(archive, f"differences/{layer}"), histograms[slices[layer]])

    with ThreadPoolExecutor(cores()) as pool:  # unpacking and adding up both let other threads run
        list(pool.map(read, layers))
    return DNA(
        histograms, _array(archive, "outside"), header["images"], _array(archive, "mean"),
        _array(archive, "deviations"), calibration, header["extractor"], header["name"], tuple(header["rejected"]), header["exact"],
        _scatter(archive, layers),
    )  # fmt: skip


def _gaussian(archive: zipfile.ZipFile, header: Mapping[str, Any]) -> Gaussian:
    layers, images = dict(header["layers"]), header["images"]
    return Gaussian(
        images, _array(archive, "mean").astype(np.float64),
        _array(archive, "variance") * np.float64(max(images - 1, 0)),
        layers, header["extractor"], header["extractor_fingerprint"], header["name"], tuple(header["rejected"]),
        _scatter(archive, layers),
    )  # fmt: skip


def _scatter(archive: zipfile.ZipFile, layers: Mapping[str, int]) -> dict[str, np.ndarray]:
    names, found = set(archive.namelist()), {}
    for layer, d in layers.items():
        if f"scatter/{layer}.npy" in names:
            table = np.empty((d, d))
            table[np.triu_indices(d)] = _array(archive, f"scatter/{layer}")
            found[layer] = np.triu(table) + np.triu(table, 1).T
    return found


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array of a file; its checksum is compared on the way."""
    return np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
