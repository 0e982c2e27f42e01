"""Maps of images that take a while, laid out in a process of their own: `python -m dnacore.analyses.umap_process VALUES POINTS`.

Compiling and laying out a UMAP keeps a whole interpreter busy, which nobody who is looking at a page should notice.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dnacore import atomic
from dnacore.analyses.projection import COMPONENTS, principal, umap
from dnacore.errors import BadInput, DnaError


def prepare(values: np.ndarray, path: Path) -> None:
    """Write what a map is laid out from: the first 50 principal components of (N, n) centred features."""
    start, _ = principal(values, COMPONENTS)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, lambda file: np.save(file, start.astype(np.float32), allow_pickle=False))


def lay_out(values: Path, points: Path, seed: int = 0) -> None:
    """Read what `prepare` wrote, lay it out, write the (N, 2) float32 points and remove what was read."""
    start = np.load(values, allow_pickle=False)
    found = umap(start.astype(np.float64), seed).points.astype(np.float32)
    atomic.write(points, lambda file: np.save(file, found, allow_pickle=False))
    values.unlink(missing_ok=True)


def load(points: Path, images: int) -> np.ndarray | None:
    """Return the (images, 2) points of a map that is done; None where it is not, or is damaged."""
    try:
        found = np.load(points, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found.astype(np.float64) if found.shape == (images, 2) and np.isfinite(found).all() else None


def main(arguments: list[str]) -> int:
    """Lay out the vectors of one file and write the points into another; returns the exit code."""
    if len(arguments) != 2:
        raise BadInput("Give the file to read and the file to write.")
    try:
        values, points = map(Path, arguments)
        lay_out(values, points)
    except DnaError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
