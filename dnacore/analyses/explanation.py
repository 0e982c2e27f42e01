"""Explanations: a distance is a sum over neurons, so it can be split into the parts of single neurons and layers.

Nothing is estimated: the parts are w_n * d_n of CVPR 2023, eq. 5 (w_n = 1/N without a selection), and add up to the
distance. For an image, the sketch also says where in the picture each of those neurons was most active.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dnacore import parallel
from dnacore.analyses.ranking import MOST_TABLES, image_distances
from dnacore.distances.emd import per_neuron
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection, weighed
from dnacore.sketches.sketches import Sketches


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


def explain(a: DNA, b: DNA, selection: Selection | None = None, metric: str = "emd") -> Explanation:
    """What the distance between two DNAs is made of (emd in bins, or nfd in squared activation). Raises Mismatch."""
    distances = per_neuron(a, b, metric)
    shift = (b.cdf - a.cdf).sum(1) if metric == "emd" else a.mean - b.mean
    return _explanation(distances, shift, a, selection, (a.name, b.name))


def explain_image(
    sketches: Sketches, position: int, reference: DNA, unlike: DNA | None = None, selection: Selection | None = None,
    name: str = "",
) -> Explanation:  # fmt: skip
    """What the distance of one image to a reference is made of: the number that `distances_to` ranks it by, in bins.

    position: of the image among the sketches. With `unlike`, the parts are differences and may be negative.
    """
    one = sketches.select(np.array([position]))
    distances = _distances(one, reference)
    if unlike is not None:
        distances = distances - _distances(one, unlike)
    shift = one.quantiles(slice(0, sketches.n_neurons))[:, 0].mean(1) - reference.mean_bin
    against = reference.name if unlike is None else f"{reference.name} rather than {unlike.name}"
    return _explanation(distances, shift, reference, selection, (name, against))


def _distances(one: Sketches, reference: DNA) -> np.ndarray:
    """(n_neurons,) EMD of a single image to a reference, a few neurons at a time: their look-up tables are large."""
    blocks = parallel.blocks(one.n_neurons, MOST_TABLES)
    return np.concatenate([image_distances(one, reference, rows)[:, 0] for rows in blocks])


def _explanation(
    distances: np.ndarray, shift: np.ndarray, dna: DNA, selection: Selection | None, names: tuple[str, str]
) -> Explanation:
    flat, weights = weighed(selection, len(distances), dna.network)
    parts = distances[flat] * weights
    order = np.argsort(-np.abs(parts), kind="stable")
    whole = np.zeros(len(distances))
    np.add.at(whole, flat, parts)
    layers = {layer: float(whole[where].sum()) for layer, where in layer_slices(dna.layers).items()}
    direction = np.where(np.abs(shift) > 1e-9, np.sign(shift), 0).astype(np.int64)
    return Explanation(
        float(parts.sum()), flat[order], parts[order], direction[flat][order], layers, names, dna.network
    )
