"""How much of the long nets runs: all of it under `make test-long`, else a sample that another day's seed changes."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

WHOLE = os.environ.get("VISUAL_DNA_LONG", "") not in ("", "0")
TIMES = int(os.environ.get("VISUAL_DNA_SAMPLE", "1"))  # how many times the usual sample
SEED = int(os.environ.get("VISUAL_DNA_SEED", "20"))
T = TypeVar("T")


def sample(points: Sequence[T], count: int, salt: str = "") -> list[T]:
    """All points in the long run, else `count` of them, the same for the same seed."""
    count *= TIMES
    if WHOLE or len(points) <= count:
        return list(points)
    return random.Random(f"{SEED}{salt}").sample(list(points), count)
