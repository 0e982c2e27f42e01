"""How many fault points were tried, and at how many something was lost."""

from __future__ import annotations

from collections import Counter

tried: Counter[str] = Counter()
lost: Counter[str] = Counter()


def note(work: str, kept: bool) -> None:
    """Count one point."""
    tried[work] += 1
    lost[work] += not kept
