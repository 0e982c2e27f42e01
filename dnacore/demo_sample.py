"""A few drawn images of every demo dataset, so that a calibration has seen more than one kind of picture."""

from __future__ import annotations

from pathlib import Path

PER_DATASET = 8


def demo_sample(folder: Path) -> list[Path]:
    """Draw the sample into a folder and return the files."""
    from . import demo

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for dataset in demo.demo_datasets():
        for index in range(PER_DATASET):
            path = folder / f"{dataset.name}-{index}.png"
            demo.image(dataset.name, index)[0].save(path)
            paths.append(path)
    return paths
