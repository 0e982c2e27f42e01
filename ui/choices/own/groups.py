"""Groups of datasets: a person's own, and those of the demo."""

from __future__ import annotations

from dnacore.workspace.datasets import Dataset, of_demo
from ui.app import reads

NAMES = {"all": "All", "own": "My datasets", "demo": "Demo"}


def is_demo(dataset: Dataset) -> bool:
    """Return whether a dataset was drawn as one of the demo's, whatever it is called."""
    return of_demo(dataset, reads.workspace().root)


def holds(group: str, dataset: Dataset) -> bool:
    """Return whether a dataset belongs to a group."""
    return group == "all" or is_demo(dataset) == (group == "demo")
