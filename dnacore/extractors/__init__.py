"""Extractors: a frozen network, its preprocessing and the list of layers that count.

`available()` answers from a table and imports no network library; `load_extractor` and `Extractor` do, on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registry import ExtractorInfo, available

if TYPE_CHECKING:
    from .extractor import Extractor
    from .loader import fetch, from_spec, load_extractor

__all__ = ["Extractor", "ExtractorInfo", "available", "fetch", "from_spec", "load_extractor"]


def __getattr__(name: str) -> Any:
    """Import what needs torch on first use."""
    if name == "Extractor":
        from .extractor import Extractor

        return Extractor
    if name in ("fetch", "from_spec", "load_extractor"):
        from dnacore.extractors import loader

        return getattr(loader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
