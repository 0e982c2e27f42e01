"""DNA files: one `.dna.npz` with a JSON header and plain arrays, described in docs/format.md.

Counts of neighbouring bins are alike, so what is kept is their differences, cut into bytes of equal weight: 9,984
neurons x 1,000 bins of 70,000 images take about 10 MB instead of 16 MB for the compressed counts, and load faster.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dnacore import __version__, atomic, versioned
from dnacore.dna import npz
from dnacore.dna.calibration import Calibration
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Damaged, unavailable_now
from dnacore.parallel import cores

if TYPE_CHECKING:
    from dnacore.dna.histogram import DNA


FORMAT, VERSION = "visual-dna", 1
SUFFIX = ".dna.npz"
MOST_BINS, MOST_IMAGES = 65_535, 10**11
BLOCK = 64  # neurons at a time: their bytes stay in the cache, which is six times as fast as a whole layer at once
LEVEL = 1  # of deflate; 6 saves 4 % of the size and takes three times as long


def with_suffix(path: Path) -> Path:
    """`set.v1` becomes `set.v1.dna.npz`: the suffix is added, nothing is replaced."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def save(dna: DNA | Gaussian, path: Path) -> Path:
    """Write one file; the suffix is added where it is missing. Returns the path. Raises Unavailable."""
    path = with_suffix(path)
    header, arrays = _gaussian_contents(dna) if isinstance(dna, Gaussian) else _histogram_contents(dna)
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    atomic.write(path, lambda file: _write(file, {"header": text} | arrays))
    return path


def load_dna(path: Path | str, most: int | None = None) -> DNA | Gaussian:
    """Read a DNA file: a DNA, or a Gaussian where it holds no histograms.

    most: counts that it may hold at most, for a file of unknown origin; BadInput above. Raises BadInput when there
    is none, Damaged when it is broken, made up or of an unknown version, and Unavailable where it cannot be read for a
    reason that says nothing of its bytes.
    """
    path = Path(path) if os.path.isfile(path) else with_suffix(Path(path))
    with opened(path, npz.MOST_HEADER if most is None else npz.FOREIGN_HEADER) as (archive, header):
        if most is not None:
            _check_size(path, header, most)
        return _gaussian(archive, header) if header["kind"] == "gaussian" else _dna(archive, header, path.name)


def about(path: Path) -> Mapping[str, Any]:
    """What a DNA file says of itself, without any of its counts. Raises as `load_dna` does."""
    with opened(path, npz.FOREIGN_HEADER) as (_, header):
        return header


@contextmanager
def opened(path: Path, most_header: int = npz.MOST_HEADER) -> Iterator[tuple[zipfile.ZipFile, Mapping[str, Any]]]:
    """The archive of a DNA file and its header. Raises as `npz.opened` does, in the block too."""
    with npz.opened(path, "DNA file", "Extract it again.") as archive:
        header = npz.header(archive, most=most_header)
        versioned.check(header, path.name, FORMAT, VERSION, "a DNA file")
        if header.get("kind") not in ("gaussian", "histogram"):
            raise Damaged(f"{path.name} holds a DNA of an unknown kind. Use a newer version of the program.")
        yield archive, header


def _check_size(path: Path, header: Mapping[str, Any], most: int) -> None:
    layers = npz.layers_of(header["layers"])
    cells = sum(layers.values()) * (npz.count_of(header["bins"], MOST_BINS) if header["kind"] == "histogram" else 1)
    if path.stat().st_size > 16 * most or cells > most or sum(d * d for d in layers.values()) > 16 * most:
        raise BadInput(
            f"{path.name} says it holds {cells:,} counts in {len(layers):,} layers. That is more than a file from "
            f"elsewhere may hold: {most:,} counts, and no layer whose covariance would not fit."
        )


def covariance_layers(path: Path) -> set[str]:
    """Layers whose covariance a file holds; none where it is broken. Reads its table of contents only."""
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
    blocks = [slice(start, start + BLOCK) for start in range(0, len(counts), BLOCK)]
    most = max((int(_coded(counts[rows]).max(initial=0)) for rows in blocks), default=0)
    planes = np.empty((max(1, -(-most.bit_length() // 8)), *counts.shape), np.uint8)
    for rows in blocks:  # two passes over small blocks: a whole layer at eight bytes a count would take much memory
        code = _coded(counts[rows])
        for k, plane in enumerate(planes):
            plane[rows] = code >> 8 * k
    return planes


def _coded(counts: np.ndarray) -> np.ndarray:
    steps = np.diff(counts, axis=1, prepend=0)
    return (steps << 1) ^ (steps >> 63)


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

    layers, bins = npz.layers_of(header["layers"]), npz.count_of(header["bins"], MOST_BINS)
    images, n = npz.count_of(header["images"], MOST_IMAGES), sum(layers.values())
    calibration = calibration_in(archive, header, name)
    histograms = np.empty((n, bins), np.int64)
    slices = layer_slices(layers)

    def read(layer: str) -> None:
        planes = npz.array(archive, f"differences/{layer}", (-1, layers[layer], bins), "u")
        counts_of(planes, histograms[slices[layer]])
        if not len(planes) or histograms[slices[layer]].min(initial=0) < 0:
            raise ValueError(f"layer {layer} holds counts below zero")

    with ThreadPoolExecutor(cores()) as pool:  # unpacking and adding up both release the interpreter lock
        try:
            reading = [pool.submit(read, layer) for layer in layers]
        except RuntimeError as error:  # no thread could be started, which says nothing about the file
            raise unavailable_now(name, error) from error
        for one in reading:
            one.result()
    outside = npz.array(archive, "outside", (n, 2), "iu").astype(np.int64, copy=False)
    totals = histograms.sum(1)
    if (outside < 0).any() or (outside.sum(1) > totals).any():
        raise ValueError("its counts do not add up")
    mean, deviations = (npz.array(archive, name, (n,), "f") for name in ("mean", "deviations"))
    return DNA(
        histograms, outside, images, mean, deviations, calibration, dict(header["extractor"]),
        npz.text_of(header["name"]), npz.rejected_of(header["rejected"]), bool(header["exact"]),
        scatter_in(archive, layers),
    )  # fmt: skip


def calibration_in(archive: zipfile.ZipFile, header: Mapping[str, Any], name: str) -> Calibration:
    """The activation ranges in an opened file. Raises Damaged where they are not those it names."""
    layers, said = npz.layers_of(header["layers"]), header["calibration"]
    low, high = (npz.array(archive, which, (sum(layers.values()),), "f") for which in ("low", "high"))
    found = Calibration(low, high, layers, header["extractor_fingerprint"], said["origin"], said["images"])
    if found.fingerprint != said["fingerprint"]:
        raise Damaged(f"The activation ranges in {name} do not match their fingerprint.")
    return found


def _gaussian(archive: zipfile.ZipFile, header: Mapping[str, Any]) -> Gaussian:
    layers, images = npz.layers_of(header["layers"]), npz.count_of(header["images"], MOST_IMAGES)
    mean, variance = (npz.array(archive, name, (sum(layers.values()),), "f") for name in ("mean", "variance"))
    if (variance < 0).any():
        raise ValueError("it holds a variance below zero")
    return Gaussian(
        images, mean.astype(np.float64), variance * np.float64(max(images - 1, 0)),
        layers, dict(header["extractor"]), npz.text_of(header["extractor_fingerprint"]), npz.text_of(header["name"]),
        npz.rejected_of(header["rejected"]),
        scatter_in(archive, layers),
    )  # fmt: skip


def scatter_in(archive: zipfile.ZipFile, layers: Mapping[str, int]) -> dict[str, np.ndarray]:
    """The sums of products of deviations in an opened file, of the layers that have them."""
    names, found = set(archive.namelist()), {}
    for layer, d in layers.items():
        if f"scatter/{layer}.npy" in names:
            if archive.getinfo(f"scatter/{layer}.npy").file_size < 4 * d * (d + 1) // 2:
                raise ValueError(f"the covariance of {layer} is not as long as it says")
            table = np.empty((d, d))
            table[np.triu_indices(d)] = npz.array(archive, f"scatter/{layer}", (d * (d + 1) // 2,), "f")
            found[layer] = np.triu(table) + np.triu(table, 1).T
    return found
