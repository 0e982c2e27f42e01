"""Near copies of an image: the same picture at another size, slightly cropped, or saved again."""

from __future__ import annotations

import numpy as np

from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches

# Share of the usual distance. On photographs of faces: saved again as JPEG 0.18 to 0.23, mirrored 0.20 to 0.46, half size
# 0.26 to 0.43, cut by a tenth 0.33 to 0.59; the nearest other face 0.73 and more.
NEAR = 0.62
BLOCK = 32  # images compared at a time
NEURONS = 512  # spread over all layers; with more the order looks the same


def near_copies(sketches: Sketches, place: int, near: float = NEAR) -> list[tuple[int, float]]:
    """The images that are far nearer to an image than images usually are, nearest first.

    sketches: of N images. place: the image's, 0 to N - 1. Returns (place, distance) each; the distance is the root mean
    square difference of the standardised spatial means over `NEURONS` neurons, as a share of its median over all images.
    Raises BadInput for a place that is none.
    """
    if not 0 <= place < len(sketches):
        raise BadInput("There is no such image among these sketches.")
    if len(sketches) < 3:
        return []
    neurons = np.unique(np.linspace(0, sketches.n_neurons - 1, NEURONS).astype(int))
    total = np.zeros(len(sketches))
    for some in np.array_split(neurons, -(-len(neurons) // BLOCK)):  # all at once would take gigabytes
        means = np.asarray(sketches.means(some), np.float64)
        spread = means.std(1, keepdims=True)
        means -= means[:, [place]]
        total += (np.divide(means, spread, out=np.zeros_like(means), where=spread > 0) ** 2).sum(0)
    apart = np.sqrt(total / len(neurons))
    usual = float(np.median(np.delete(apart, place)))
    if usual <= 0:
        return []
    share = apart / usual
    order = [int(at) for at in np.argsort(share, kind="stable") if at != place and share[at] < near]
    return [(at, float(share[at])) for at in order]
