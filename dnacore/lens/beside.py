"""Beside: the same analysis of the same images by a second network, at the same depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from dnacore.dna.layers import flat_index
from dnacore.errors import BadInput
from dnacore.extractors.extractor import Extractor
from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.picture import batches
from dnacore.lens.sight import as_maps
from dnacore.lens.target import Target

IMAGES = 64  #: images of a dataset from which a neuron's counterpart is found
PLACES = 4  #: places along each axis at which maps are compared, since networks have maps of different sizes
WIDE = 700  #: pixels up to which two sheets stand side by side; wider ones stand one above the other


def same_depth(layer: str, one: Extractor, other: Extractor) -> str:
    """The other network's layer that lies as far between its first and last as this one does."""
    layers, others = list(one.layers), list(other.layers)
    if layer not in layers:
        raise BadInput(f"There is no layer {layer} in {one.name}. The layers are {', '.join(layers)}.")
    return others[round(layers.index(layer) / max(1, len(layers) - 1) * (len(others) - 1))]


def _maps(extractor: Extractor, layer: str, paths: Sequence[Path]) -> np.ndarray:
    """(C, N * places) of a layer over images, at few places; one place each where the layer has none."""
    found = []
    for _, batch in batches(list(paths), extractor):
        view = extractor.activations(batch)[layer].cpu()
        try:
            maps = torch.nn.functional.interpolate(as_maps(view, layer), (PLACES, PLACES), mode="area")
        except BadInput:
            maps = view.mean(2)[:, :, None, None].expand(-1, -1, PLACES, PLACES)
        found.append(maps.permute(1, 0, 2, 3).flatten(1).numpy())
    if not found:
        raise BadInput("None of the images can be read, so no counterpart of this neuron can be found.")
    return np.concatenate(found, 1).astype(np.float64)


def counterpart(
    layer: str, index: int, one: Extractor, other: Extractor, paths: Sequence[Path]
) -> tuple[str, int, float]:
    """The other network's neuron, at the same depth, whose maps over some images go most alongside this neuron's.

    Returns its layer, its index, and the correlation over images and places: -1 to 1.
    """
    there = same_depth(layer, one, other)
    own, theirs = _maps(one, layer, paths)[index], _maps(other, there, paths)
    own, theirs = own - own.mean(), theirs - theirs.mean(1, keepdims=True)
    sizes = np.linalg.norm(own) * np.linalg.norm(theirs, axis=1)
    alike = np.divide(theirs @ own, sizes, out=np.full(len(theirs), -1.0), where=sizes > 1e-9)
    best = int(alike.argmax())
    return there, best, float(alike[best])


def _paths(request: Request) -> list[Path]:
    if request.image is not None:
        return [request.image]
    if request.pictures is None or not len(request.pictures.paths):
        raise BadInput(
            "To find this neuron's counterpart in the other network, images are needed: --dataset NAME or --image FILE."
        )
    paths = list(request.pictures.paths)
    return [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, min(IMAGES, len(paths))).astype(int))]


def asked_of(other: Extractor, request: Request) -> tuple[Request, list[float]]:
    """The same question for the other network, and how alike each counterpart of a neuron is. Classes stay the same."""
    one, target, alike = request.extractor, request.target, []
    if target is not None and target.neurons:
        paths = _paths(request)
        found = [counterpart(layer, index, one, other, paths) for layer, index in target.neurons]
        flat = tuple(flat_index(other.layers, layer, index) for layer, index, _ in found)
        name = f"{found[0][0]}:{found[0][1]}" if len(found) == 1 else f"the counterparts of {target.name}"
        target = Target(tuple((layer, index) for layer, index, _ in found), target.weights, flat, name=name)
        alike = [share for _, _, share in found]
    elif target is not None and target.label is not None and one.classes != other.classes:
        raise BadInput(f"{one.name} and {other.name} do not know the same classes. Ask about a neuron instead.")
    layer = None if request.layer is None else same_depth(request.layer, one, other)
    pictures = request.pictures and replace(request.pictures, sketches=None, dna=None)
    return replace(request, extractor=other, target=target, layer=layer, pictures=pictures, words={}), alike


def run(analysis: Analysis, request: Request, other: Extractor) -> Result:
    """Run an analysis with both networks and show the results side by side. Raises BadInput as either does.

    The figures are the first network's; those of the other stand under `beside`.
    """
    if reason := analysis.why_not(other):
        raise BadInput(f"The analysis {analysis.name} cannot be done with {other.name}: {reason}")
    first = analysis.run(replace(request, watch=request.watch.within(request.extractor.name, 0, 2)))
    second_request, alike = asked_of(other, request)
    second = analysis.run(replace(second_request, watch=request.watch.within(other.name, 1, 2)))
    target = second_request.target
    figures = {
        "extractor": other.name, "layer": second_request.layer, "target": None if target is None else target.name,
        "alike": alike, "figures": dict(second.figures),
    }  # fmt: skip
    sheets = [one.sheet for one in (first, second)]
    panels = tuple(Panel(e.name, s) for e, s in zip((request.extractor, other), sheets, strict=True))
    match = (
        f" ({target.name}, whose maps correlate by {alike[0]:.2f})" if target is not None and len(alike) == 1 else ""
    )
    caption = f"{request.extractor.name}: {first.caption} Beside it {other.name}{match}: {second.caption}"
    columns = 2 if max(sheet.width for sheet in sheets) <= WIDE else 1
    return Result(panels, {**first.figures, "beside": figures}, caption, columns)
