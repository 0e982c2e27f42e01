"""Names in figures: shown literally, never as markup, and shortened so that they stay distinct."""

from __future__ import annotations

from collections.abc import Sequence


def short(name: str, length: int) -> str:
    """Return a name cut to a length, with an ellipsis where something is missing."""
    return name if len(name) <= length else f"{name[: length - 1]}…"


def distinct(names: Sequence[str], length: int) -> list[str]:
    """Return names cut to a length so that different ones stay different.

    The end goes first; where that makes two of them alike the middle goes instead, and where that does too the names
    stay as they are.
    """
    found = list(names)
    cuts = (lambda name: short(name, length), lambda name: _middle(name, length), lambda name: name)
    for cut in cuts:
        found = [cut(name) for name in names]
        if len(set(found)) == len(set(names)):
            return found
    return found


def _middle(name: str, length: int) -> str:
    tail = (length - 1) // 2
    return name if len(name) <= length else f"{name[: length - 1 - tail]}…{name[-tail:]}"


def plain(text: str) -> str:
    """Return text that plotly shows as it stands: it renders a subset of HTML, and names come from users."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
