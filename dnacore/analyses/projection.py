"""Flat maps: points in a plane, near each other where sets or images are alike.

A map of datasets is classical scaling of their distances; a map of images is PCA, t-SNE or UMAP of the spatial means
that the sketches keep, every neuron scaled to unit spread so that no loud one drowns the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches

MOST = 20_000  # images on one map
COMPONENTS = 50  # principal components that UMAP and t-SNE work on: the others are mostly noise, and take time
FEWEST = 5  # images of a UMAP or t-SNE
NEIGHBOURS = 15
PERPLEXITY = 30.0
BUDGET = 40_000_000  # numbers that a map is made from; above it only every second neuron counts, or every third


@dataclass(frozen=True, eq=False)
class Plane:
    """points: (k, 2) float64. kept: the share (0..1) of the spread that lies in the plane; None where unknown."""

    points: np.ndarray
    kept: float | None = None


def of_distances(matrix: np.ndarray) -> Plane:
    """Classical multidimensional scaling (Torgerson, 1952). matrix: (k, k) distances; kept: of the positive spread."""
    apart = np.maximum(np.asarray(matrix, np.float64), 0)
    k = len(apart)
    if k < 3:
        return Plane(np.array([[0.0, 0.0], [float(apart[0, -1]), 0.0]])[:k], 1.0)
    centre = np.eye(k) - 1 / k
    values, vectors = np.linalg.eigh(-0.5 * centre @ apart**2 @ centre)
    values = np.maximum(values[::-1], 0)
    points = _turned(vectors[:, ::-1][:, :2] * np.sqrt(values[:2]))
    total = float(values.sum())
    return Plane(points, float(values[:2].sum()) / total if total else None)


def counted(neurons: int, images: int) -> int:
    """Every how many-th neuron counts on a map of so many images: 1 means all."""
    return max(1, -(-neurons * images // BUDGET))


def features(parts: Sequence[Sketches], neurons: np.ndarray | None = None) -> np.ndarray:
    """Spatial means of the images of several sets, one after another: (N, n) float32, every neuron standardised.

    neurons: flat indices, where not all count. Of very many, some are passed over evenly (`counted`). Neurons that are
    the same in every image are left out. Raises BadInput.
    """
    images = sum(map(len, parts))
    if images < 2:
        raise BadInput("A map needs at least two images.")
    every = np.arange(parts[0].n_neurons) if neurons is None else np.sort(np.asarray(neurons, np.int64))
    step = counted(len(every), images)
    rows = slice(0, len(every)) if neurons is None and step == 1 else every[::step]
    found = np.concatenate([np.asarray(part.means(rows), np.float32).T for part in parts])
    found -= found.mean(0, dtype=np.float64).astype(np.float32)
    spread = found.std(0, dtype=np.float64)
    there = spread > 1e-12
    return np.ascontiguousarray(found[:, there] / spread[there].astype(np.float32))


def principal(values: np.ndarray, count: int = 2) -> tuple[np.ndarray, float]:
    """The first principal components of (N, n) centred features: (N, count), and their share of the spread."""
    count = min(count, *values.shape)
    if count < 1:
        raise BadInput("These images are the same to every neuron, so there is nothing to lay out.")
    from sklearn.utils.extmath import randomized_svd

    left, sizes, _ = randomized_svd(values, count, random_state=0)
    total = float(np.linalg.norm(values)) ** 2
    return left * sizes, min(1.0, float((sizes**2).sum()) / total)


def pca(values: np.ndarray) -> Plane:
    """The plane in which (N, n) centred features spread most."""
    points, kept = principal(values, 2)
    points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
    return Plane(_turned(points), kept)


def umap(values: np.ndarray, seed: int = 0) -> Plane:
    """UMAP (McInnes et al., 2018) of (N, n) centred features, by their first 50 principal components.

    Seeded, so that the same images give the same map. Slow when first used: it compiles. Raises BadInput below 5
    images.
    """
    components, start = _components(values, seed, "UMAP")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap warns that a seed means a single thread; that is intended
        from umap import UMAP

        layout = UMAP(n_neighbors=min(NEIGHBOURS, len(values) - 1), min_dist=0.15, random_state=seed, init=start)
        return Plane(_turned(np.asarray(layout.fit_transform(components), np.float64)))


def tsne(values: np.ndarray, seed: int = 0) -> Plane:
    """t-SNE (van der Maaten and Hinton, 2008) of (N, n) centred features, by their first 50 principal components.

    Starts from the first two of them, as Kobak and Berens (2019) advise, so that the large shape of the map means
    something. Raises BadInput below 5 images.
    """
    components, start = _components(values, seed, "t-SNE")
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    layout = TSNE(perplexity=perplexity, init=1e-4 * start, random_state=seed)
    return Plane(_turned(np.asarray(layout.fit_transform(components), np.float64)))


def _components(values: np.ndarray, seed: int, called: str) -> tuple[np.ndarray, np.ndarray]:
    """The first principal components of (N, n) features, and (N, 2) where their points start, of unit spread."""
    if len(values) < FEWEST:
        raise BadInput(f"A {called} needs at least {FEWEST} images, not {len(values)}. Choose PCA, or more datasets.")
    components, _ = principal(values, COMPONENTS)
    start = np.random.default_rng(seed).normal(0, 0.01, (len(values), 2))  # a single neuron has one component only
    start[:, : components.shape[1]] += components[:, :2] / max(float(components[:, 0].std()), 1e-12)
    return components, start.astype(np.float32)


def sample(counts: Sequence[int], most: int = MOST, seed: int = 0) -> list[np.ndarray]:
    """Which images of several sets go on one map: all, or a proportional random sample of each; positions ascend."""
    total = sum(counts)
    if total <= most:
        return [np.arange(count) for count in counts]
    random = np.random.default_rng(seed)
    shares = [max(1, int(count * most / total)) if count else 0 for count in counts]
    return [np.sort(random.choice(count, share, replace=False)) for count, share in zip(counts, shares, strict=True)]


def _turned(points: np.ndarray) -> np.ndarray:
    # A map and its mirror image are equally good; always the same of the two is taken, so that it does not flip.
    points = points - points.mean(0)
    for axis in range(points.shape[1]):
        if points[np.argmax(np.abs(points[:, axis])), axis] < 0:
            points[:, axis] *= -1
    return points


def leaf_order(matrix: np.ndarray) -> np.ndarray:
    """Return the order of a hierarchical clustering in which neighbours are as near as its tree allows: (k,) int64.

    Average linkage, leaves ordered optimally (Bar-Joseph et al., 2001). matrix: (k, k) distances; only what is above the
    diagonal counts. Of the two directions, the one that starts nearer to the first given is taken.
    """
    k = len(matrix)
    if k < 3:
        return np.arange(k)
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    apart = np.maximum(np.asarray(matrix, np.float64)[np.triu_indices(k, 1)], 0)  # KID can fall below zero by chance
    order = leaves_list(optimal_leaf_ordering(linkage(apart, "average"), apart)).astype(np.int64)
    places = np.argsort(order)
    return order if places[: k // 2].mean() <= places[-(k // 2) :].mean() else order[::-1].copy()
