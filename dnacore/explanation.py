"""Explanations: a distance is a sum over neurons, so every neuron's and every layer's part of it can be told.

Nothing is estimated: the parts are w_n * d_n of CVPR 2023, eq. 5 (w_n = 1/N without a selection), and add up to the
distance. For an image, the sketch also says where in the picture each of those neurons was most active.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from .comparable import named
from .distances import per_neuron
from .dna import DNA
from .errors import BadInput
from .moments import layer_slices, locate
from .retrieval import MOST_TABLES, image_distances
from .selection import Selection, check_selection
from .sketches import Sketches


@dataclass(frozen=True, eq=False)
class Explanation:
    """A distance and what it is made of, in the distance's unit.

    distance: the sum of all parts. neurons: (k,) flat indices, the largest part first; parts: (k,) float64, theirs.
    layers: {layer: the sum over its neurons}. names: what was compared with what.
    direction: (k,) +1 where the first activates more than the second, -1 where less, 0 equal.
    """

    distance: float
    neurons: np.ndarray
    parts: np.ndarray
    direction: np.ndarray
    layers: Mapping[str, float]
    names: tuple[str, str]
    extractor: str = ""

    def top(self, k: int, name: str = "") -> Selection:
        """The neurons of the k largest parts, equally weighted. Raises BadInput."""
        if not 1 <= k <= len(self.neurons):
            raise BadInput(f"Choose between 1 and {len(self.neurons)} neurons, not {k}.")
        origin = {"kind": "explanation", "of": self.names[0], "against": self.names[1], "top": k}
        return Selection.of(self.neurons[:k], name=name, extractor=self.extractor, origin=origin)


@dataclass(frozen=True)
class Place:
    """Where in an image a neuron was most active: row and column of the middle of that place, as shares (0: top or
    left, 1: bottom or right) of what the network saw, and the size of one place. A token that stands for the whole
    image has neither (`whole`).
    """

    row: float
    column: float
    height: float
    width: float
    whole: bool = False


def explain(a: DNA, b: DNA, selection: Selection | None = None, metric: str = "emd") -> Explanation:
    """What the distance between two DNAs is made of (emd in bins, or nfd in squared activation). Raises Mismatch."""
    distances = per_neuron(a, b, metric)
    if metric == "emd":
        shift = (b.cdf - a.cdf).sum(1)
    else:
        shift = a.mean - b.mean
    return _explanation(distances, shift, a, selection, (a.name, b.name))


def explain_image(
    sketches: Sketches, position: int, reference: DNA, unlike: DNA | None = None, selection: Selection | None = None,
    name: str = "",
) -> Explanation:  # fmt: skip
    """What the distance of one image to a reference is made of: the number that `distances_to` ranks it by, in bins.

    position: of the image among the sketches. With `unlike`, the parts are differences and may be negative.
    """
    one = sketches.select(np.array([position]))
    everything = slice(0, sketches.n_neurons)
    distances = _distances(one, reference)
    if unlike is not None:
        distances = distances - _distances(one, unlike)
    bins = np.arange(reference.bins)
    expected = (reference.histograms @ bins) / np.maximum(reference.histograms.sum(1), 1)
    shift = one.quantiles(everything)[:, 0].mean(1) - expected
    against = reference.name if unlike is None else f"{reference.name} rather than {unlike.name}"
    return _explanation(distances, shift, reference, selection, (name, against))


def _distances(one: Sketches, reference: DNA) -> np.ndarray:
    """(n_neurons,) EMD of a single image to a reference, a few neurons at a time: their look-up tables are large."""
    starts = range(0, one.n_neurons, MOST_TABLES)
    rows = (slice(start, min(start + MOST_TABLES, one.n_neurons)) for start in starts)
    return np.concatenate([image_distances(one, reference, row)[:, 0] for row in rows])


def _explanation(
    distances: np.ndarray, shift: np.ndarray, dna: DNA, selection: Selection | None, names: tuple[str, str]
) -> Explanation:
    weights = np.full(len(distances), 1 / len(distances))
    flat = np.arange(len(distances))
    if selection is not None:
        check_selection(selection, len(distances), dna.network)
        flat, weights = selection.flat, selection.weights
    parts = distances[flat] * weights
    order = np.argsort(-np.abs(parts), kind="stable")
    whole = np.zeros(len(distances))
    np.add.at(whole, flat, parts)
    layers = {layer: float(whole[where].sum()) for layer, where in layer_slices(dna.layers).items()}
    direction = np.where(np.abs(shift) > 1e-9, np.sign(shift), 0).astype(np.int64)
    return Explanation(
        float(parts.sum()), flat[order], parts[order], direction[flat][order], layers, names, dna.network
    )


def places(sketches: Sketches, position: int, neurons: Sequence[int] | np.ndarray, dna: DNA) -> list[Place]:
    """Where one image activated each of these neurons most. dna: an extracted DNA of the same network.

    The map's size follows from the DNA, which counts every place of every image. Maps of the network's square input are
    square; the tokens before a square number of patches (class, registers) stand for the whole image. Raises BadInput.
    """
    one = sketches.select(np.array([position]))
    found = one.places(np.asarray(neurons, np.int64))[:, 0]
    return [place(int(at), spots(dna, int(flat))) for at, flat in zip(found, neurons, strict=True)]


def spots(dna: DNA, flat: int) -> int:
    """How many places of an image a neuron looks at. Raises BadInput for a DNA that was counted from sketches."""
    if not dna.exact or not dna.images:
        raise BadInput(
            f"{named(dna)} does not tell how large the maps of its layers are. Give the DNA of a whole dataset."
        )
    locate(dna.layers, flat)
    return int(dna.histograms[flat].sum()) // dna.images


def place(at: int, count: int) -> Place:
    """The place of number `at` among `count` of them: row-major over a square, after tokens of the whole image if
    any.
    """
    side = isqrt(count)
    before = count - side * side
    if at < before or count < 1:
        return Place(0.5, 0.5, 1.0, 1.0, whole=True)
    row, column = divmod(at - before, side)
    return Place((row + 0.5) / side, (column + 0.5) / side, 1 / side, 1 / side)


def on_picture(found: Place, width: int, height: int, crop: str = "squash") -> Place:
    """A place of what the network saw, as a place of the picture: shares of its height and width.

    width, height: of the upright picture, in pixels. crop: how it got the network's square shape; with "center" the
    longer side was cut, so that what the network saw is a square in the picture's middle.
    """
    if crop != "center":
        return found
    side = min(width, height)
    down, across = side / height, side / width
    return Place(
        (1 - down) / 2 + found.row * down, (1 - across) / 2 + found.column * across, found.height * down,
        found.width * across, found.whole,
    )  # fmt: skip


def heat(found: Sequence[Place], parts: np.ndarray, side: int = 28) -> np.ndarray:
    """Where in a picture a distance comes from: (side, side) float64, row-major, adding up to 1, or all 0.

    found: one place a neuron, on the picture. parts: (k,) what each adds to the distance; only what adds to it counts,
    spread evenly over its place. Neurons that look at the whole image say nothing about where.
    """
    out = np.zeros((side, side))
    edges = np.linspace(0, 1, side + 1)
    for spot, part in zip(found, np.asarray(parts, np.float64), strict=True):
        if spot.whole or part <= 0:
            continue
        shares = []
        for middle, length in ((spot.row, spot.height), (spot.column, spot.width)):
            low, high = max(0.0, middle - length / 2), min(1.0, middle + length / 2)
            inside = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None)
            shares.append(inside / inside.sum() if inside.sum() else inside)
        out += part * np.outer(*shares)
    total = out.sum()
    return out / total if total else out
