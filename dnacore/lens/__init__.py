"""The lens: what a neuron sees.

One analysis per module; each says as data what it needs of a network and what a person must give it, so that a page or
the command line can be driven from `ANALYSES` without knowing any of them. Nothing here opens a workspace: images,
sketches and DNAs are handed in. Importing this package alone costs no network library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dnacore.lens.analysis import NAMES, Analysis, Panel, Pictures, Request, Result, Watch

if TYPE_CHECKING:
    from dnacore.lens.registry import ANALYSES

__all__ = ["ANALYSES", "NAMES", "Analysis", "Panel", "Pictures", "Request", "Result", "Watch"]


def __getattr__(name: str) -> Any:
    """Import the analyses, and torch with them, only when somebody asks for them."""
    if name == "ANALYSES":
        from dnacore.lens.registry import ANALYSES

        return ANALYSES
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
