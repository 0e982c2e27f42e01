"""Groups of datasets: a person's own, and those of the demo."""

from __future__ import annotations

from functools import cache

from dnacore.demo import demo_datasets
from dnacore.workspace.datasets import Dataset

NAMES = {"all": "All", "own": "My datasets", "demo": "Demo"}


def is_demo(dataset: Dataset) -> bool:
    """Return whether a dataset is one of the demo's."""
    return dataset.name.partition("[")[0] in _demos()


def holds(group: str, dataset: Dataset) -> bool:
    """Return whether a dataset belongs to a group."""
    return group == "all" or is_demo(dataset) == (group == "demo")


@cache
def _demos() -> frozenset[str]:
    return frozenset(one.name for one in demo_datasets())
