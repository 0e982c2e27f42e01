"""Exchange with the authors' library `vdna`: its pairs of a `.json` and a `.npz` file, and its activation ranges.

A pair says which network it comes from by name alone. So a DNA read from one belongs to "that network, as the authors
ran it": such DNAs compare with each other, and with ours only where the reader vouches for network and ranges.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dnacore import atomic
from dnacore.dna import npz
from dnacore.dna.calibration import Calibration, widen
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Damaged, Mismatch, unreadable

if TYPE_CHECKING:
    from dnacore.extractors import Extractor


KINDS = ("histogram", "gaussian", "layer-gaussian")
VDNA_VERSION = "0.1.1"  # whose files these are
_THEIR_NAMES = {
    "dino_vitb16": "dino_vit_base", "clip_vitb16": "clip_im_vit_b16", "inception_fid": "inception",
}  # fmt: skip
_OUR_NAMES = {theirs: ours for ours, theirs in _THEIR_NAMES.items()}
_RANGE_SCALE = 1.2


def is_peer(path: Path) -> bool:
    """Whether a `.json` file is the first of such a pair."""
    try:
        about = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and {"neurons_list", "feature_extractor_name", "num_images", "name"} <= about.keys()


def write_peer(dna: DNA | Gaussian, path: Path, kind: str = "histogram") -> tuple[Path, Path]:
    """Write a pair that `vdna` loads; returns both paths. kind: histogram, gaussian or layer-gaussian.

    The suffixes .json and .npz are added to the whole name, so that `set.v1` never becomes `set`. Raises BadInput where
    the DNA does not hold what the kind needs.
    """
    if kind not in KINDS:
        raise BadInput(f"There is no kind {kind!r} of DNA; choose {', '.join(KINDS)}.")
    arrays = _CONTENTS[kind](dna)
    about = _about(dna, kind)
    stem = path.with_name(path.name.removesuffix(".json").removesuffix(".npz"))
    first, second = (stem.with_name(stem.name + suffix) for suffix in (".json", ".npz"))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    atomic.write_bytes(second, buffer.getvalue())
    atomic.write_bytes(first, json.dumps(about, indent=4).encode())
    return first, second


def read_peer(
    path: Path, extractor: Extractor | None = None, calibration: Calibration | None = None, most: int | None = None
) -> DNA | Gaussian:
    """Read a pair; `path` is its `.json`. most: numbers that it may hold at most, for a pair of unknown origin.

    extractor, calibration: what the reader vouches for. With both, a histogram compares with ours made under them; with
    an extractor alone, Gaussians do. Raises BadInput when a file is missing, Damaged when one is broken, Mismatch when
    it is not of that extractor.
    """
    second = path.with_name(path.name.removesuffix(".json") + ".npz")
    try:
        about = json.loads(path.read_text("utf-8"))
        layers = {str(layer): int(count) for layer, count in about["neurons_list"].items()}
        # in Gaussian files, an empty Python object stands under each layer's bare name; it is never read
        prefixes = ("mu-", "var-", "sigma-") if "gaussian" in str(about["name"]) else ("",)
        contents = _contents(second, {prefix + layer for prefix in prefixes for layer in layers}, most)
        images, theirs, kind = int(about["num_images"]), str(about["feature_extractor_name"]), str(about["name"])
        if kind.partition("-")[0] != "histogram" and kind not in KINDS:
            raise BadInput(f"{path.name} holds {kind!r}; only {', '.join(KINDS)} can be read.")
        name = _OUR_NAMES.get(theirs, theirs)
        if extractor is not None and dict(extractor.layers) != layers:
            raise Mismatch(
                f"{path.name} was made with {theirs} ({len(layers)} layers, {sum(layers.values()):,} neurons), not "
                f"with {extractor.name} ({len(extractor.layers)} layers, {extractor.n_neurons:,} neurons)."
            )
        crop = about.get("data_settings", {}).get("crop_to_square_pre_resize", "none")
        network = extractor.fingerprint if extractor else f"vdna:{theirs}:{crop}"
        spec = extractor.spec if extractor else {"name": name, "from": "vdna", "crop": crop, "precision": "fp32"}
        title = path.name.removesuffix(".json")
        if kind in KINDS[1:]:
            return _gaussian(contents, layers, images, spec, network, title, kind)
        histograms = np.concatenate([_counts(contents[layer], count) for layer, count in layers.items()])
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {error.filename}; a DNA of vdna is a pair of a .json and a .npz.") from error
    except (BadInput, Damaged, Mismatch):
        raise
    except Exception as error:  # zipfile, zlib, json and numpy each have their own words for a broken file
        sentence = f"The pair {path.name} and {second.name} is damaged ({error}). Get it again."
        raise unreadable(second.name, error, sentence) from error
    n = len(histograms)
    if calibration is None:
        origin = f"the ranges of vdna for {theirs}, scaled to -1 and 1"
        calibration = Calibration(np.full(n, -1.0), np.full(n, 1.0), layers, network, origin)
    elif calibration.extractor != network or dict(calibration.layers) != layers:
        raise Mismatch(f"The activation ranges ({calibration.origin}) are not of {path.name}'s network ({theirs}).")
    nothing = np.full(n, np.nan)
    return DNA(histograms, np.zeros((n, 2), np.int64), images, nothing, nothing, calibration, spec, title)


def read_ranges(path: Path, extractor: Extractor, literal: bool = False) -> Calibration:
    """Activation ranges that `vdna` keeps as JSON: {"mins_per_neuron": {layer: {index: value}}, "maxs_...": ...}.

    They are widened by our rule, outward always. literal=True widens by theirs, both bounds times 1.2, which shrinks
    ranges that do not contain zero: the ranges over which histograms of theirs were counted. Raises BadInput when a
    layer or neuron of the extractor is missing.
    """
    try:
        data = json.loads(Path(path).read_text("utf-8"))
        low, high = (_per_neuron(data[f"{end}s_per_neuron"], extractor, path.name) for end in ("min", "max"))
    except BadInput:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path.name} holds no activation ranges of vdna ({error}). Choose another file.") from error
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low <= high).all()):
        raise BadInput(f"{path.name} holds bounds that are not finite, or a minimum above its maximum.")
    if literal:
        low, high = low * _RANGE_SCALE, high * _RANGE_SCALE
        low, high = np.where(high > low, low, low - 1e-8), np.where(high > low, high, high + 1e-8)
        return Calibration(low, high, extractor.layers, extractor.fingerprint, f"{path.name}, both bounds times 1.2")
    origin = f"{path.name} of vdna, widened outward"
    return Calibration(*widen(low, high), extractor.layers, extractor.fingerprint, origin)


def _per_neuron(data: Mapping[str, Mapping[str, float]], extractor: Extractor, name: str) -> np.ndarray:
    values: list[float] = []
    for layer, count in extractor.layers.items():
        if layer not in data:
            raise BadInput(
                f"{name} has no layer {layer} of {extractor.name}; it has {', '.join(data)}. "
                "It belongs to another network."
            )
        if len(data[layer]) != count or any(str(i) not in data[layer] for i in range(count)):
            raise BadInput(f"{name} has {len(data[layer])} neurons in layer {layer}; {extractor.name} has {count}.")
        values += [float(data[layer][str(i)]) for i in range(count)]
    return np.array(values)


def _contents(path: Path, wanted: set[str], most: int | None) -> dict[str, np.ndarray]:
    """The arrays of these names in an `.npz`, `most` bytes of counts at most. Raises BadInput before any is read."""
    with zipfile.ZipFile(path) as archive:
        sizes = {e.filename.removesuffix(".npy"): e.file_size for e in archive.infolist()}
        names = sorted(wanted & sizes.keys())
        if most is not None and (size := sum(sizes[name] for name in names)) > 8 * most:
            raise BadInput(
                f"{path.name} unpacks to {size:,} bytes; a file from elsewhere may hold {8 * most:,} at most."
            )
        return {name: npz.whole(archive, name) for name in names}


def _counts(array: np.ndarray, neurons: int) -> np.ndarray:
    if array.ndim != 2 or len(array) != neurons or array.dtype.kind not in "iu":
        raise Damaged(f"A layer holds an array {array.dtype} {array.shape} instead of counts of {neurons} neurons.")
    if (array < 0).any():
        raise Damaged("A count is below zero: vdna wraps those beyond 2,147,483,647 in its files. Extract again.")
    return array.astype(np.int64)


def _gaussian(
    arrays: Mapping[str, np.ndarray], layers: Mapping[str, int], images: int, spec: Mapping[str, Any], network: str,
    title: str, kind: str,
) -> Gaussian:  # fmt: skip
    mean = np.concatenate([arrays[f"mu-{layer}"] for layer in layers]).astype(np.float64)
    scatter: dict[str, np.ndarray] = {}
    if kind == "layer-gaussian":
        scatter = {layer: arrays[f"sigma-{layer}"].astype(np.float64) * max(images - 1, 0) for layer in layers}
        # For a constant neuron, subtracting the means leaves a rounding error of either sign.
        deviations = np.maximum(np.concatenate([np.diag(table) for table in scatter.values()]), 0.0)
    else:
        variance = np.concatenate([arrays[f"var-{layer}"] for layer in layers])
        deviations = variance.astype(np.float64) * max(images - 1, 0)
    return Gaussian(images, mean, deviations, layers, spec, network, title, scatter=scatter)


def _histogram_arrays(dna: DNA | Gaussian) -> dict[str, np.ndarray]:
    # their reader takes any integer; only where int32 would wrap, as theirs does, is it not used
    kind = np.int32 if dna.histograms.max(initial=0) <= np.iinfo(np.int32).max else np.int64
    return {layer: dna.histograms[where].astype(kind) for layer, where in layer_slices(dna.layers).items()}


def _gaussian_arrays(dna: DNA | Gaussian) -> dict[str, np.ndarray]:
    variance = np.nan_to_num(dna.variance) if dna.images == 1 else dna.variance
    arrays: dict[str, np.ndarray] = {}
    for layer, where in layer_slices(dna.layers).items():
        arrays[f"mu-{layer}"] = dna.mean[where].astype(np.float32)
        arrays[f"var-{layer}"] = variance[where].astype(np.float32)
    return arrays


def _layer_gaussian_arrays(dna: DNA | Gaussian) -> dict[str, np.ndarray]:
    missing = [layer for layer in dna.layers if layer not in dna.scatter]
    if missing:
        raise BadInput(
            f"A layer-gaussian needs the covariance of every layer; {missing[0]} has none. Extract with "
            "--covariance all."
        )
    arrays: dict[str, np.ndarray] = {}
    for layer, where in layer_slices(dna.layers).items():
        arrays[f"mu-{layer}"], arrays[f"sigma-{layer}"] = dna.mean[where], dna.covariance(layer)
    return arrays


_CONTENTS = {"histogram": _histogram_arrays, "gaussian": _gaussian_arrays, "layer-gaussian": _layer_gaussian_arrays}


def _about(dna: DNA | Gaussian, kind: str) -> dict[str, Any]:
    ours = str(dna.extractor.get("name", ""))
    crop = dna.extractor.get("crop") or dna.extractor.get("preprocessing", {}).get("crop", "squash")
    bins = dna.bins if kind == "histogram" else 0
    return {
        "time_of_compute": datetime.now().strftime("%I:%M%p on %B %d, %Y"),
        "vdna_version": VDNA_VERSION,
        "distribution": {"hist_nb_bins": bins} if bins else {},
        "type": kind,
        "name": f"histogram-{bins}" if bins else kind,
        "data_settings": {
            "source": dna.name,
            "crop_to_square_pre_resize": "center" if crop == "center" else "none",
            "resize_mode": "clean",
            "shuffle_files": False,
            "num_images": -1,
        },
        "extraction_settings": {
            "average_feats_spatially": not bins,
            "accumulate_spatial_feats_in_hist": bool(bins),
            "accumulate_sample_feats_in_hist": bool(bins),
            "normalise_feats": bool(bins),
            "hist_nb_bins": bins,
            "device": "cpu",
        },
        "num_images": dna.images,
        "feature_extractor_name": _THEIR_NAMES.get(ours, ours),
        "neurons_list": dict(dna.layers),
    }
