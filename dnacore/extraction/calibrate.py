"""Measuring activation ranges: on images of the user's, and on a few drawn ones of every demo dataset.

A calibration that has seen more than one kind of picture serves more datasets (see `dna.calibration` for the value).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from dnacore import demo
from dnacore.dna.calibration import Calibration, shipped, widen
from dnacore.errors import BadInput
from dnacore.extraction.batches import feed
from dnacore.extraction.finite import NOT_FINITE
from dnacore.extraction.outliers import Extremes
from dnacore.extraction.progress import Progress, Stop, Watch, lock_file, report_or_stop
from dnacore.images import files, tars

if TYPE_CHECKING:
    import torch

    from dnacore.extractors import Extractor
    from dnacore.workspace.datasets import Dataset
    from dnacore.workspace.workspace import Workspace

PER_DATASET = 8  #: drawn images of every demo dataset that a calibration sees
MAX_IMAGES = 1000


def demo_sample(folder: Path) -> list[Path]:
    """Draw the sample into a folder and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for dataset in demo.demo_datasets():
        for index in range(PER_DATASET):
            path = folder / f"{dataset.name}-{index}.png"
            demo.image(dataset.name, index)[0].save(path)
            paths.append(path)
    return paths


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
    groups: list[list[Path]] = []
    for source in map(Path, sources):
        if tars.is_file(source) and source.suffix.lower() not in (".txt", tars.SUFFIX):
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
    seen, left_out = Extremes.nothing(extractor.n_neurons), []
    for batch in feed(extractor, paths, batch_size):
        if batch.tensor is not None:
            found, broken = _extremes(extractor, batch.tensor, [str(paths[i]) for i in batch.kept])
            seen += found
            left_out += [{"path": path, "reason": NOT_FINITE} for path in broken]
        if progress is not None:
            progress(min(batch.end, len(paths)), len(paths))
    if not seen.images and left_out:
        raise BadInput(
            f"{extractor.name} gives activations that are not finite on all {len(left_out)} images that could be read: its "
            "weights are damaged, or of another network. Get them again, or choose another network."
        )
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
    fine = np.isfinite(smallest).all(1) & np.isfinite(largest).all(1)  # amin and amax propagate NaN
    kept = [name for name, good in zip(names, fine, strict=True) if good]
    return Extremes.of(smallest[fine], largest[fine], kept), [name for name in names if name not in kept]


def calibration_for(
    workspace: Workspace, extractor: Extractor, datasets: Sequence[Dataset], progress: Watch | None = None,
    stop: Stop | None = None,
) -> Calibration:  # fmt: skip
    """The workspace's calibration for a network: the chosen one, else the shipped one, else measured now and kept.

    Measured on up to 1,000 images spread evenly over the demo's and these datasets.
    """
    found = workspace.calibration(extractor.fingerprint)
    if found is not None:
        return found
    with FileLock(lock_file(workspace, f"calibration-{extractor.fingerprint[:16]}")):
        found = workspace.calibration(extractor.fingerprint) or shipped(extractor)
        if found is None:
            say, names = progress or (lambda _: None), ", ".join(d.name for d in datasets)
            folder = workspace.root / "calibrations" / f"sample-{extractor.fingerprint[:8]}"
            try:
                groups = [demo_sample(folder)]
                for dataset in datasets:
                    scan = workspace.scan(replace(dataset, part=None), hashes=False)
                    groups.append([dataset.folder / f.path for f in scan.files])

                def watch(done: int, total: int) -> None:
                    report_or_stop(
                        stop or (lambda: False), say, Progress("measuring the activation ranges", names, done, total)
                    )

                paths = spread(groups)
                found = measure(
                    extractor, paths, progress=watch,
                    origin=f"measured on {len(paths)} images of the demo and of {names}",
                )  # fmt: skip
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        workspace.choose_calibration(found)
    return found
