"""The images a neuron reacts to most and least, with the place in the image where it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest

import numpy as np

import dnacore as dc
from dnacore.analyses.places import Place, place, spots
from ui.app import capture, reads, words
from ui.app.reads import Ready
from ui.components import wall
from ui.components.component import component
from ui.components.wall import Picture, sketched

_component = component(__file__, "peaks.js", reports=("opened",))


@dataclass(frozen=True)
class Peak:
    """An image, how strongly a neuron reacts to it, and where; None where its sketch does not say."""

    picture: Picture
    value: float
    place: Place | None


def strongest(one: Ready, flat: int, count: int, whole: dc.DNA | None) -> list[Peak]:
    """Return the images with the largest single activation of a neuron, largest first; equal ones by their mean.

    Many are equal where a layer's output has a ceiling, as ReLU6 has: then the mean says which image is full of it.
    whole: a DNA that was counted from activations, which tells how large the neuron's map is; None where there is none.
    """
    sketches, every = reads.sketches_of(one), sketched.pictures_of(one)
    rows = np.array([flat])
    peaks, at = sketches.peaks(rows)[0], sketches.places(rows)[0]
    size = spots(whole, flat) if whole is not None else 0
    order = np.lexsort((-sketches.means(rows)[0], -peaks))[:count]
    return [Peak(every[i], float(peaks[i]), place(int(at[i]), size) if size else None) for i in order]


def weakest(one: Ready, flat: int, count: int) -> list[Peak]:
    """Return the images with the smallest mean activation of a neuron, smallest first."""
    every = sketched.pictures_of(one)
    means = reads.sketches_of(one).means(np.array([flat]))[0]
    return [Peak(every[i], float(means[i]), None) for i in np.argsort(means, kind="stable")[:count]]


def tiles(
    peaks: Sequence[Peak],
    *,
    key: str,
    title: str,
    crop: str,
    aspect: float,
    columns: int = 6,
    heats: Sequence[np.ndarray | None] = (),
) -> Picture | None:
    """Draw the images; return the one just opened, if any.

    heats: (side, side) each, 0 to 1, what is laid over each image: where in what the network saw of it something is.
    """
    capture.images(title, [peak.picture for peak in peaks])
    result = _component(
        key=key,
        data={
            "base": wall.base_url(),
            "columns": columns,
            "aspect": aspect,
            "crop": crop,
            "empty": "No images.",
            "items": [
                {
                    "dataset": peak.picture.dataset,
                    "index": peak.picture.index,
                    "name": peak.picture.name,
                    "version": peak.picture.version,
                    "value": words.significant(peak.value),
                    "place": asdict(peak.place) if peak.place else None,
                    "heat": [round(255 * float(one)) for one in heat.ravel()] if heat is not None else None,
                }
                for peak, heat in zip_longest(peaks, heats[: len(peaks)])
            ],
        },
    )
    opened = result.get("opened")
    return peaks[opened].picture if isinstance(opened, int) and 0 <= opened < len(peaks) else None
