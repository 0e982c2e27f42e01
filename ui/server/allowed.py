"""Which image files the dashboard may show: a link, or a list of paths, inside a root must not lead out of the roots."""

from __future__ import annotations

import os
from pathlib import Path

from dnacore.errors import UnknownName
from dnacore.images import browse
from dnacore.workspace.workspace import Workspace


def image_path(workspace: Workspace, dataset: int, index: int) -> Path:
    """Return the file of one image, by numbers. Raises UnknownName where it is not there, or leads out of the roots.

    A dataset whose own folder lies outside the roots was added on the command line, by somebody who can read it anyway:
    its files are shown as they are.
    """
    path = workspace.image_path(dataset, index)
    source = workspace.dataset_by_id(dataset).source
    roots = [os.path.realpath(root) for root in browse.roots()]
    if is_inside(os.path.realpath(source.parent), roots) and not is_inside(
        os.path.realpath(path), [*roots, os.path.realpath(workspace.root)]
    ):
        raise UnknownName("There is no such image any more.")
    return path


def is_inside(path: str, folders: list[str]) -> bool:
    """Whether a path, free of links, is one of these folders or lies in one."""
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
