"""Activation ranges: measure them, keep them, and know them by a fingerprint.

A calibration belongs to one extractor. It says for every neuron which interval of raw activations is spread over the
histogram's bins (CVPR 2023, eq. 1); two DNAs can be compared only under the same one.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import atomic
from .errors import BadInput, Damaged, Mismatch
from .extremes import Extremes

if TYPE_CHECKING:
    import torch

    from .extractors import Extractor

FORMAT = "visual-dna calibration"
VERSION = 1
MAX_IMAGES = 1000
SHIPPED = Path(__file__).resolve().parent.parent / "assets" / "calibrations"


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
    resolution = 1e-6 * np.maximum(np.abs(low), np.abs(high))
    return low, np.where(high - low > resolution, high, low + 1.0)


def load_calibration(path: Path, extractor: Extractor | None = None) -> Calibration:
    """Read a calibration file, or for an extractor the ranges that the authors' library keeps as JSON.

    Raises BadInput when there is none or the JSON is not of that network, Damaged when it is broken or of another kind.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        from .peer import read_ranges

        if extractor is None:
            raise BadInput(f"{path.name} names no network. Say for which one: load_calibration(path, extractor).")
        return read_ranges(path, extractor)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if header.get("format") != FORMAT:
                raise Damaged(f"{path.name} is not a calibration.")
            if header.get("version") != VERSION:
                raise Damaged(
                    f"The calibration {path.name} was written as version {header.get('version')}; this program reads "
                    f"version {VERSION}. Use a newer version of the program."
                )
            found = Calibration(
                arrays["low"],
                arrays["high"],
                dict(header["layers"]),
                header["extractor"],
                header.get("origin", ""),
                header.get("images", 0),
                left_out=tuple(header.get("left_out", ())),
            )
    except FileNotFoundError as error:
        raise BadInput(f"There is no calibration file {path}.") from error
    except PermissionError as error:
        raise BadInput(f"There is no permission to read the calibration file {path}.") from error
    except Damaged:
        raise
    except Exception as error:  # zipfile, zlib, json and numpy each have their own words for a broken file
        raise Damaged(f"The calibration {path.name} is damaged ({error}). Measure it again.") from error
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


def spread(paths: Sequence[Sequence[Path]], limit: int = MAX_IMAGES) -> list[Path]:
    """Up to `limit` paths taken evenly from several lists: each list its fair share, evenly spaced inside it."""
    chosen: list[Path] = []
    room = limit
    by_size = sorted((list(group) for group in paths if len(group)), key=len)
    for position, group in enumerate(by_size):
        share = min(len(group), room // (len(by_size) - position))
        chosen += [group[int((i + 0.5) * len(group) / share)] for i in range(share)]
        room -= share
    return chosen


def calibrate(
    extractor: Extractor,
    sources: Iterable[Path | str],
    images: int = MAX_IMAGES,
    batch_size: int = 16,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Measure the activation ranges of `extractor` on up to `images` images spread evenly over `sources`.

    sources: folders, text files of paths, or single images. Files that cannot be read are left out, and so is one image
    that alone would stretch the ranges (`Calibration.left_out` says which and why).
    Raises BadInput when nothing can be read. CVPR 2023, section 3.2.
    """
    from . import images as files  # here, because finding files needs no network and the other way round

    groups: list[list[Path]] = []
    for source in map(Path, sources):
        if source.is_file() and source.suffix.lower() != ".txt":
            groups.append([source])
            continue
        folder = files.image_folder(source)
        groups.append([folder / found.path for found in files.find_images(source)[0]])
    return measure(extractor, spread(groups, images), batch_size=batch_size, progress=progress)


def measure(
    extractor: Extractor,
    paths: Sequence[Path],
    batch_size: int = 16,
    progress: Callable[[int, int], None] | None = None,
    origin: str | None = None,
) -> Calibration:
    """Measure the activation ranges of `extractor` on these very image files. Raises BadInput if none can be read.

    One pass. An image with an activation that is not finite is left out, and so is one that stretches the ranges like
    no other: `left_out` of the result says which and why.
    """
    from .feed import feed  # torch is imported only when images are really fed to a network

    seen, left_out = Extremes.nothing(extractor.n_neurons), []
    for batch in feed(extractor, paths, batch_size):
        if batch.tensor is not None:
            found, broken = _extremes(extractor, batch.tensor, [str(paths[i]) for i in batch.kept])
            seen += found
            left_out += [{"path": path, "reason": "an activation is not finite"} for path in broken]
        if progress is not None:
            progress(min(batch.end, len(paths)), len(paths))
    if not seen.images:
        raise BadInput("No image could be read, so there is nothing to measure the activation ranges on.")
    wild = seen.wild()
    count = len(seen.images) - (wild is not None)
    origin = origin or f"measured on {count} images"
    if wild is not None:
        reason = f"it alone would make the ranges {wild.stretch:.1f} times as wide"
        left_out.append({"path": wild.image, "reason": reason})
        origin += f" without {Path(wild.image).name}: {reason}"
    bounds = widen(*seen.bounds(without=wild.image if wild else None))
    return Calibration(*bounds, extractor.layers, extractor.fingerprint, origin, count, left_out=tuple(left_out))


def _extremes(extractor: Extractor, batch: torch.Tensor, names: Sequence[str]) -> tuple[Extremes, list[str]]:
    """The extremes of a batch (N, 3, H, W), without the images that have an activation which is not finite."""
    low: dict[str, np.ndarray] = {}
    high: dict[str, np.ndarray] = {}

    def see(layer: str, activations: torch.Tensor) -> None:  # (N, C, S)
        low[layer], high[layer] = (x.float().cpu().numpy() for x in (activations.amin(2), activations.amax(2)))

    extractor.visit(batch, see)
    smallest, largest = (np.concatenate([part[layer] for layer in extractor.layers], axis=1) for part in (low, high))
    fine = np.isfinite(smallest).all(1) & np.isfinite(largest).all(1)  # amin and amax hand NaN on
    kept = [name for name, good in zip(names, fine, strict=True) if good]
    return Extremes.of(smallest[fine], largest[fine], kept), [name for name in names if name not in kept]
