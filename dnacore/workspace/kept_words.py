"""Words beside what they are compared with: of a dataset, of a part of one, and in the order of its sketches."""

from __future__ import annotations

from dnacore.sketches.sketches import Sketches
from dnacore.sketches.words import Words
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.workspace import Workspace


def words_of(workspace: Workspace, dataset: Dataset) -> Words | None:
    """What the network says of the images that a dataset has now, in the order of its files; None without any.

    The network is the last used one that has words of it. Images whose words are not kept are left out.
    """
    setting = workspace.store.words_setting(dataset)
    words = None if setting is None else workspace.store.words(dataset, setting)
    if words is None:
        return None
    found = words.of([f.hash for f in workspace.files(dataset)])[1]
    return found if len(found) else None


def with_words(workspace: Workspace, dataset: Dataset, label: str) -> tuple[Sketches, Words] | None:
    """The sketches of a dataset's images under a network with that network's own words, in one order; None without."""
    setting = workspace.store.find_setting(label)
    words = None if setting is None else workspace.store.words(dataset, setting)
    sketches = workspace.sketches(dataset, label)
    if words is None or sketches is None:
        return None
    hashes = [f.hash for f in workspace.files(dataset)]
    found, own = words.of([hashes[i] for i in sketches.found])
    return (sketches.select(found), own) if len(found) else None
