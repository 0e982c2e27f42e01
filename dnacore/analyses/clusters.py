"""Clusters of a map of images that name themselves: dense regions, each with the word that is commonest in it for its size."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_POINTS = 4000  # among which clusters are looked for; more points find the same large ones
FEWEST, PARTS = 8, 40  # fewest images of a cluster: eight, or a fortieth of all
SHARE, LIFT = 0.2, 2.0  # a word names a cluster from this share of its images on, and this many times its share of all


@dataclass(frozen=True)
class Cluster:
    """A dense region of a map.

    place: its middle. images: how many. name: its word. share, overall: of its images, and of all, that show the word.
    """

    place: tuple[float, float]
    images: int
    name: str
    share: float
    overall: float


def named_clusters(points: np.ndarray, words: Sequence[Sequence[str]], seed: int = 0) -> list[Cluster]:
    """The dense regions of a plane that have a word of their own, the largest first.

    points: (N, 2) where each image lies; words: what each shows, several or none. Clusters are found by HDBSCAN (Campello et
    al., 2013). Where one word would name two clusters, the larger gets it.
    """
    if len(points) < 2 * FEWEST or not any(words):
        return []
    from sklearn.cluster import HDBSCAN

    chosen = np.arange(len(points))
    if len(chosen) > MOST_POINTS:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, MOST_POINTS, replace=False))
    found = HDBSCAN(min_cluster_size=max(FEWEST, len(chosen) // PARTS), copy=True).fit_predict(points[chosen])
    overall = Counter(word for at in chosen.tolist() for word in set(words[at]))
    clusters: list[Cluster] = []
    for label, size in Counter(found[found >= 0].tolist()).most_common():
        inside = chosen[found == label]
        counts = Counter(word for at in inside.tolist() for word in set(words[at]))
        names = [
            (share * math.log(share / whole), word, share, whole)
            for word, count in counts.items()
            if (share := count / size) >= SHARE
            and share >= LIFT * (whole := overall[word] / len(chosen))
            and word not in {cluster.name for cluster in clusters}
        ]
        if names:
            _, name, share, whole = max(names)
            x, y = np.median(points[inside], axis=0).tolist()
            clusters.append(Cluster((x, y), size, name, share, whole))
    return clusters
