"""Which numbers to compare and exchange, in order, so that any numbers end up sorted, whatever they are."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SORTED = 256  # positions up to which sorting is quicker than counting


@lru_cache(maxsize=64)
def comparisons(length: int) -> np.ndarray:
    """(K, 2) int32: which pairs to compare and exchange, in order, so that any `length` numbers end up sorted.

    Knuth, The Art of Computer Programming, volume 3, Algorithm 5.2.2M (merge exchange). Empty above SORTED.
    """
    pairs = []
    top = p = 1 << max(length - 1, 1).bit_length() - 1
    while p > 0 and length <= SORTED:
        q, r, d = top, 0, p
        while True:
            pairs += [(i, i + d) for i in range(length - d) if i & p == r]
            if q == p:
                break
            q, r, d = q >> 1, p, q - p
        p >>= 1
    return np.array(pairs, np.int32).reshape(-1, 2)
