"""Why an image lies where it does: its picture with the places that count, and the neurons that count beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image as Pillow

import dnacore as dc
from dnacore.analyses.explanation import Explanation, explain_image
from dnacore.analyses.places import Place, heat, on_picture, places
from dnacore.images import thumbnails
from dnacore.images.tars import open_file
from dnacore.workspace.store.shard_plan import FileRow
from ui.app import capture, reads, words
from ui.app.reads import Image
from ui.choices import choices
from ui.choices import reference as ranking
from ui.choices.reference import Reference
from ui.components import wall
from ui.components.component import component
from ui.components.wall import pictures

SHOWN = 8  # neurons beside the picture
POINTED = 3  # at least so many of them have a place in the picture, if any have
CURVE = 50  # columns of a small histogram
_TURNED = 5  # EXIF orientations from this one on swap height and width

_component = component(__file__, "why.js", reports=("go", "neuron"))


@dataclass(frozen=True, eq=False)
class Told:
    """An image's distance to a reference, taken apart.

    places: of every neuron in `found.neurons`' order, on the picture; empty where the maps' sizes are not known.
    shown: which of them stand beside the picture. curves: the image's and the reference's histogram of each of those.
    """

    found: Explanation
    places: tuple[Place, ...]
    shown: tuple[int, ...]
    curves: tuple[tuple[list[float], list[float]], ...]


def row_of(image: Image) -> FileRow:
    """Return the file of an image. Raises UnknownName."""
    found = next((row for row in reads.files(image.dataset.dataset) if row.index == image.index), None)
    if found is None:
        raise dc.UnknownName(f"This image of “{image.dataset.name}” is not there any more. Choose another.")
    return found


def tell(image: Image, reference: Reference, unlike: Reference | None, selection: dc.Selection | None) -> Told:
    """Return why an image lies where it does. Raises BadInput for an image without a sketch."""
    keys = (str(image), reads.key_of(reference), reads.key_of(unlike))
    return _told(keys, reads.selection_key(selection), image, reference, unlike, selection)


@st.cache_resource(max_entries=24, show_spinner=False)
def _told(
    keys: tuple[str, ...],
    selection: str,
    _image: Image,
    _reference: Reference,
    _unlike: Reference | None,
    _selection: dc.Selection | None,
) -> Told:
    rows, sketches = reads.files(_image.dataset.dataset), reads.sketches_of(_image.dataset)
    position = next((at for at, place in enumerate(sketches.found) if rows[place].index == _image.index), None)
    if position is None:
        raise dc.BadInput("This image has no sketch, so its distance cannot be taken apart. Extract its dataset again.")
    against = reads.as_dna(_reference)
    other = None if _unlike is None else reads.as_dna(_unlike)
    found = explain_image(sketches, position, against, other, _selection, rows[int(sketches.found[position])].path)
    whole = reads.dna(_image.dataset)
    spots: tuple[Place, ...] = ()
    if whole.exact:
        width, height = size(_image)
        crop = str(whole.extractor.get("preprocessing", {}).get("crop", "squash"))
        seen = places(sketches, position, found.neurons, whole)
        spots = tuple(on_picture(spot, width, height, crop) for spot in seen)
    shown = _shown(found, spots)
    top = found.neurons[list(shown)]
    own = sketches.select(np.array([position])).quantiles(top)[:, 0]
    curves = tuple(
        (_shares(np.bincount(np.minimum(bins, against.bins - 1), minlength=against.bins)), _shares(counts))
        for bins, counts in zip(own, against.histograms[top], strict=True)
    )
    return Told(found, spots, shown, curves)


def _shown(found: Explanation, spots: tuple[Place, ...]) -> tuple[int, ...]:
    """The largest parts, in order; some of the last give way to the largest that have a place in the picture."""
    largest = list(range(min(SHOWN, len(found.neurons))))
    side = -1.0 if found.distance < 0 else 1.0  # of a difference, what makes it as it is
    pointed = [
        at
        for at, spot in enumerate(spots)
        if found.direction[at] >= 0 and side * found.parts[at] > 0 and not spot.whole
    ]
    missing = [at for at in pointed[:POINTED] if at not in largest]
    return tuple(sorted(largest[: len(largest) - len(missing)] + missing))


def size(image: Image) -> tuple[int, int]:
    """Return width and height of an image as people see it; 1 by 1 where it cannot be read any more."""
    path = image.dataset.dataset.folder / row_of(image).path
    try:
        with open_file(path) as file, Pillow.open(file) as opened:
            width, height = opened.size
            turned = opened.getexif().get(thumbnails.ORIENTATION, 1) >= _TURNED
    except Exception:
        return 1, 1
    return (height, width) if turned else (width, height)


def draw(
    image: Image, told: Told, *, colour: str, before: bool, after: bool, place: str, key: str = "why"
) -> dict[str, Any]:
    """Draw the picture, the places and the neurons. Returns what was asked for: `go` (before, after, back), `neuron`.

    colour: of the reference. place: where the image stands in the ranking, in words.
    """
    row = row_of(image)
    found, whole = told.found, reads.dna(image.dataset)
    share, side = abs(found.distance) or 1.0, -1.0 if found.distance < 0 else 1.0
    neurons = []
    for at, (own, others) in zip(told.shown, told.curves, strict=True):
        flat = int(found.neurons[at])
        spot = told.places[at] if told.places else None
        up, part = int(found.direction[at]), float(found.parts[at])
        tells = up >= 0 and spot is not None and not spot.whole
        neurons.append(
            {
                "name": words.short(whole, flat),
                "part": f"{words.significant(part)} bins ({words.percent(abs(part) / share)})",
                "said": _said(up, spot),
                "box": _box(spot) if tells and spot is not None else None,
                "image": own,
                "reference": others,
                "code": choices.neuron_code(whole, flat),
            }
        )
    warm = (
        heat(told.places, np.where(found.direction >= 0, side * found.parts, 0.0)) if told.places else np.zeros((0, 0))
    )
    _note(image, row, neurons, place)
    dataset = image.dataset.dataset
    version = thumbnails.stamp(dataset.folder / row.path, row.size, row.mtime_ns)[:12]
    result = _component(
        key=key,
        data={
            "url": wall.image_url(dataset.id, image.index, version),
            "name": row.path.rsplit("/", 1)[-1],
            "heat": [round(float(value), 6) for value in warm.ravel()] if warm.any() else [],
            "neurons": neurons,
            "colour": colour,
            "before": before,
            "after": after,
            "place": place,
        },
    )
    return {"go": (result.get("go") or {}).get("name"), "neuron": result.get("neuron")}


def _note(image: Image, row: FileRow, neurons: list[dict[str, Any]], place: str) -> None:
    """Record the picture and the neurons, which only the browser draws, for reports."""
    (picture,) = pictures.plain(image.dataset.dataset, [row])
    capture.images("The image", [replace(picture, left=place)])
    lines = [(one["name"], one["part"], one["said"]) for one in neurons]
    columns = pd.Index(["Neuron", "Part of the distance", "What it says"])
    capture.table(pd.DataFrame(lines, columns=columns), "The neurons that count most")


def _said(up: int, spot: Place | None) -> str:
    if up < 0:
        return "less active than in the reference"
    more = "more active than in the reference" if up > 0 else "as active, but differently spread"
    return more if spot is None or not spot.whole else f"{more}; it sees the image as a whole"


def _box(spot: Place) -> list[float]:
    """Top, left, height and width of a place, as shares of the picture, never too small to see."""
    height, width = max(spot.height, 0.04), max(spot.width, 0.04)
    return [spot.row - height / 2, spot.column - width / 2, height, width]


def _shares(counts: np.ndarray) -> list[float]:
    """The shares of a histogram in a few broad columns, as square roots: rare values stay visible."""
    edges = np.linspace(0, len(counts), CURVE + 1).astype(int)
    shares = np.add.reduceat(counts, edges[:-1]) / max(int(counts.sum()), 1)
    return [round(float(value), 4) for value in np.sqrt(shares)]


def place_of(image: Image, order: list[int]) -> int:
    """Return the place of an image in a ranking (its indices, nearest first); -1 where it is not in it."""
    return order.index(image.index) if image.index in order else -1


def sentence(
    image: Image, told: Told, reference: Reference, unlike: Reference | None, place: int, count: int, among: str
) -> tuple[str, str]:
    """Return the headline about an image, and the numbers behind it. place: among the `count` images of `among`, nearest first."""
    name, target = row_of(image).path.rsplit("/", 1)[-1], ranking.name_of(reference)
    layer, part = max(told.found.layers.items(), key=lambda pair: abs(pair[1]))
    share = abs(part) / max(sum(abs(value) for value in told.found.layers.values()), 1e-12)
    exact = (
        f"{words.significant(abs(told.found.distance))} bins; {words.layer(layer)} adds most ({words.percent(share)})."
    )
    if unlike is not None:
        side = (target, ranking.name_of(unlike)) if told.found.distance < 0 else (ranking.name_of(unlike), target)
        return f"{name} is more like {side[0]} than like {side[1]}", f"Nearer by {exact}"
    if place < 0 or count < 2:
        return f"{name} beside {target}", f"Apart by {exact}"
    return f"{name} is {_standing(place, count, among, target)}", f"Apart by {exact}"


def _standing(place: int, count: int, dataset: str, target: str) -> str:
    """Say where an image stands among the `count` of its dataset, those nearest to a target first."""
    if place in (0, count - 1):
        return f"the {'nearest to' if place == 0 else 'farthest from'} {target} of the {count:,} images of {dataset}"
    farther = place / (count - 1)
    if farther >= 0.5:
        return f"farther from {target} than {round(100 * min(farther, 0.99))} of 100 images of {dataset}"
    return f"nearer to {target} than {round(100 * min(1 - farther, 0.99))} of 100 images of {dataset}"
