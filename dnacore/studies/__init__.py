"""Studies: the experiments of the Visual DNA paper (CVPR 2023) on anybody's data, one module each.

A study takes datasets as their sketches and DNAs (`Request`) and gives a sentence, a table and figures (`Result`). It
knows no workspace: whoever runs it finds the datasets and keeps the result.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from dnacore.errors import UnknownName

if TYPE_CHECKING:
    from dnacore.studies.frame.study import Study

NAMES = (
    "sample-size",
    "realism",
    "transfer",
    "retrieval",
    "ignore",
    "changes",
    "photo-drawing",
    "drift",
    "footprint",
)


def find(name: str) -> Study:
    """The study of that name. Raises UnknownName."""
    if name not in NAMES:
        raise UnknownName(f"There is no study {name!r}. There are: {', '.join(NAMES)}.")
    return importlib.import_module(f"dnacore.studies.{name.replace('-', '_')}").STUDY


def every() -> list[Study]:
    """All studies, in the order in which a page offers them."""
    return [find(name) for name in NAMES]
