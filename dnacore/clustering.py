"""Putting sets of images in an order in which neighbours are alike."""

from __future__ import annotations

import numpy as np


def leaf_order(matrix: np.ndarray) -> np.ndarray:
    """Return the order of a hierarchical clustering in which neighbours are as near as its tree allows: (k,) int64.

    Average linkage, leaves ordered optimally (Bar-Joseph et al., 2001). matrix: (k, k) distances; what is above the
    diagonal counts, and the diagonal does not. Of the two directions, the one that starts nearer to the given first.
    """
    k = len(matrix)
    if k < 3:
        return np.arange(k)
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    apart = np.maximum(np.asarray(matrix, np.float64)[np.triu_indices(k, 1)], 0)  # KID falls below zero by chance
    order = leaves_list(optimal_leaf_ordering(linkage(apart, "average"), apart)).astype(np.int64)
    places = np.argsort(order)
    return order if places[: k // 2].mean() <= places[-(k // 2) :].mean() else order[::-1].copy()
