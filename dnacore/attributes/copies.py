"""Copies: neurons with the same number in successive blocks that carry the same channel, counted as one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from dnacore.dna.layers import layer_slices
from dnacore.sketches.sketches import Sketches

ALIKE = 0.9  #: correlation from which a channel is the same in the next block; measured, see docs/decisions.md
MOST = 1000  # images that are used, evenly spread
FEWEST = 20  # with fewer, chance alone gives such correlations
_NUMBERED = re.compile(r"(?P<stage>.*?)(?P<number>\d+)")


def follows(one: str, other: str) -> bool:
    """Whether a layer's name is that of the next block in the same stage: `block_3_0` and `block_3_1`."""
    first, second = _NUMBERED.fullmatch(one), _NUMBERED.fullmatch(other)
    if first is None or second is None or first["stage"] != second["stage"]:
        return False
    return int(second["number"]) == int(first["number"]) + 1


def copies(parts: Sequence[Sketches], layers: Mapping[str, int], alike: float = ALIKE) -> np.ndarray:
    """For every neuron the first neuron that it is a copy of, as a flat index; its own where it is none.

    A block with a residual connection adds to what it gets, so a channel lives on in the next block of its stage under
    the same number. It counts as the same where its spatial means correlate (Pearson's) at least `alike` over the images.
    Each part is centred by its own means (a pooled within-group correlation): two neurons are no copies merely because both
    see how the parts differ.

    parts: the sketches of each dataset that is used. layers: {layer: neurons}, from input to output.
    Returns (n_neurons,) int64. With fewer than 20 images nothing is a copy.
    """
    slices = layer_slices(layers)
    first = np.arange(sum(layers.values()), dtype=np.int64)
    images = sum(map(len, parts))
    if images < FEWEST:
        return first
    step = -(-images // MOST)
    looked = [part.select(np.arange(0, len(part), step)) for part in parts if len(part)]
    for one, other in pairwise(layers):
        if layers[one] != layers[other] or not follows(one, other):
            continue
        before, after = (_standard([part.means(slices[name]) for part in looked]) for name in (one, other))
        same = (before * after).sum(1) >= alike
        first[slices[other]][same] = first[slices[one]][same]
    return first


def rows(order: np.ndarray, first: np.ndarray, count: int) -> list[list[int]]:
    """The first rows of a ranking in which all copies of a channel are one row, each with its neurons as they rank.

    order: (k,) flat indices, the foremost first. first: of every neuron, as `copies` returns them.
    """
    channels = first[order]
    _, places = np.unique(channels, return_index=True)
    heads = channels[np.sort(places)[:count]]
    return [order[channels == head].tolist() for head in heads]


def _standard(parts: Sequence[np.ndarray]) -> np.ndarray:
    """(k, N) of parts (k, N_i), each with mean 0 in every row, together of length 1; zeros where a row varies in none."""
    values = [part.astype(np.float64) for part in parts]
    centred = np.concatenate([part - part.mean(1, keepdims=True) for part in values], axis=1)
    length = np.sqrt((centred**2).sum(1, keepdims=True))
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-12)
