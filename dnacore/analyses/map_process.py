"""Maps of images that take a while, laid out in a process of their own.

`python -m dnacore.analyses.map_process METHOD VALUES POINTS SEED`, with METHOD umap or tsne. Laying one out keeps a whole
interpreter busy, which nobody who is looking at a page should notice.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dnacore import atomic
from dnacore.analyses.projection import COMPONENTS, principal, tsne, umap
from dnacore.errors import BadInput, DnaError

METHODS = {"umap": umap, "tsne": tsne}


def prepare(values: np.ndarray, path: Path) -> None:
    """Write what a map is laid out from: the first 50 principal components of (N, n) centred features."""
    start, _ = principal(values, COMPONENTS)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, lambda file: np.save(file, start.astype(np.float32), allow_pickle=False))


def lay_out(method: str, values: Path, points: Path, seed: int = 0) -> None:
    """Read what `prepare` wrote, lay it out, write the (N, 2) float32 points and remove what was read."""
    start = np.load(values, allow_pickle=False)
    found = METHODS[method](start.astype(np.float64), seed).points.astype(np.float32)
    atomic.write(points, lambda file: np.save(file, found, allow_pickle=False))
    values.unlink(missing_ok=True)


def load(points: Path, images: int) -> np.ndarray | None:
    """Return the (images, 2) points of a finished map; None where there is none, or it is damaged."""
    try:
        found = np.load(points, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found.astype(np.float64) if found.shape == (images, 2) and np.isfinite(found).all() else None


def main(arguments: list[str]) -> int:
    """Lay out the vectors of one file and write the points into another; returns the exit code."""
    try:
        if len(arguments) != 4 or arguments[0] not in METHODS or not arguments[3].isdecimal():
            raise BadInput(f"Give one of {', '.join(METHODS)}, the file to read, the file to write and a seed.")
        lay_out(arguments[0], Path(arguments[1]), Path(arguments[2]), int(arguments[3]))
    except DnaError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
