"""Where in an image a neuron reacted most, as shares of the picture's height and width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from dnacore.dna.comparable import named
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import locate
from dnacore.errors import BadInput
from dnacore.sketches.sketches import Sketches


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


def places(sketches: Sketches, position: int, neurons: Sequence[int] | np.ndarray, dna: DNA) -> list[Place]:
    """Where one image activated each of these neurons most. dna: an extracted DNA of the same network.

    The map's size follows from the DNA, which counts every place of every image. Maps of the network's square input are
    square; the tokens before a square number of patches (class, registers) stand for the whole image. Raises BadInput.
    """
    one = sketches.select(np.array([position]))
    found = one.places(np.asarray(neurons, np.int64))[:, 0]
    return [place(int(at), spots(dna, int(flat))) for at, flat in zip(found, neurons, strict=True)]


def spots(dna: DNA, flat: int) -> int:
    """How many places of an image a neuron's map has. Raises BadInput for a DNA that was counted from sketches."""
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
    spread evenly over its place. Neurons that look at the whole image do not count.
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
