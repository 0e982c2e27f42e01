"""Draw demo datasets, each into a folder of its own: `python -m dnacore.demo FOLDER NAME...`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dnacore.demo import draw

FIRST = 2  # datasets of which the first heatmap is made; what comes after them must not keep those waiting


def main(folder: str, *names: str) -> None:
    """Draw the datasets of these names; those that nobody waits for yield to the rest of the machine."""
    for place, name in enumerate(names):
        if place == FIRST and hasattr(os, "nice"):
            os.nice(5)
        draw(name, Path(folder, name))


if __name__ == "__main__":
    main(*sys.argv[1:])
