"""The lens: what a neuron sees.

One analysis per module; each says as data what it needs of a network and what a person must give it, so that a page or
the command line can be driven from `ANALYSES` without knowing any of them. Nothing here opens a workspace: images,
sketches and DNAs are handed in. Importing this package alone imports none of them: `--help` needs only their names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dnacore.lens.names import NAMES

if TYPE_CHECKING:
    from dnacore.lens.analysis import Analysis, Panel, Pictures, Request, Result, Watch
    from dnacore.lens.registry import ANALYSES

__all__ = ["ANALYSES", "NAMES", "Analysis", "Panel", "Pictures", "Request", "Result", "Watch"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{'registry' if name == 'ANALYSES' else 'analysis'}"), name)
