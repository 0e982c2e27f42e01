"""Clusters of a map get the word that tells them from the rest, and no word that all images share."""

from __future__ import annotations

import numpy as np

from dnacore.analyses.clusters import named_clusters


def test_clusters_bear_the_word_that_tells_them_from_the_rest() -> None:
    rng = np.random.default_rng(0)
    middles = {"dog": (0, 0), "house": (10, 0), "horse": (0, 10)}
    points = np.concatenate([rng.normal(middle, 0.5, (40, 2)) for middle in middles.values()])
    words = [[word, "photograph"] if at % 4 else ["noise"] for word in middles for at in range(40)]
    found = {one.name: one for one in named_clusters(points, words)}
    assert set(found) == set(middles)
    for word, middle in middles.items():
        assert np.hypot(*(np.array(found[word].place) - middle)) < 0.5
        assert (found[word].share, found[word].overall) == (0.75, 0.25)


def test_nothing_is_named_without_words_or_a_dense_region() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(0, 1, (60, 2))
    assert named_clusters(points, [[] for _ in points]) == []
    assert named_clusters(points[:5], [["dog"]] * 5) == []
    assert named_clusters(points, [["dog"]] * 60) == []
