"""Traits: what a network has or lacks, so that only meaningful analyses are offered for it."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable

import torch
from torch import nn

from dnacore.errors import BadInput
from dnacore.extractors.extractor import Extractor
from dnacore.lens.inside.rectifiers import Rectifiers
from dnacore.lens.sight import as_maps, looking

_kinds: weakref.WeakKeyDictionary[Extractor, Counter[str]] = weakref.WeakKeyDictionary()


def front_convolution(extractor: Extractor) -> nn.Conv2d | None:
    """The convolution that takes the image itself; None where the network begins otherwise."""
    for module in extractor.network.modules():
        if isinstance(module, nn.Conv2d):
            return module if module.in_channels == 3 and min(module.kernel_size) > 1 else None
    return None


def activation_functions(extractor: Extractor) -> Counter[str]:
    """How often one forward calls a rectifier (ReLU, ReLU6) and how often a smooth function (GELU, SiLU)."""
    if extractor not in _kinds:
        with extractor.held(), torch.inference_mode(), Rectifiers() as rectifiers:
            side = extractor.input_size
            example = torch.zeros(
                1, 3, side, side, device=extractor.device, dtype=next(extractor.network.parameters()).dtype
            )
            extractor.network(example)
        _kinds[extractor] = rectifiers.kinds
    return _kinds[extractor]


def last_spatial_layer(extractor: Extractor) -> str | None:
    """The deepest layer that still has several places; None where no layer has."""
    side = extractor.input_size
    with looking(extractor) as sight, torch.no_grad():
        seen = sight.see(torch.zeros(1, 3, side, side), sight.layers)
    for layer in reversed(seen):
        try:
            as_maps(seen[layer], layer)
        except BadInput:
            continue
        return layer
    return None


def _gradients(extractor: Extractor) -> str | None:
    if extractor.precision != "fp32":
        return f"gradients need full precision, and it was loaded in {extractor.precision}. Use fp32."
    return None


def _filters(extractor: Extractor) -> str | None:
    if front_convolution(extractor) is None:
        return "it does not begin with a convolution over the image's three colours, so it has no filters to draw."
    return None


def _rectifiers(extractor: Extractor) -> str | None:
    found = activation_functions(extractor)
    if not found["rectifier"]:
        return "it has no ReLU, so there is nothing to guide: the picture would be a plain gradient. Ask for gradient."
    if found["smooth"]:
        return (
            f"only {found['rectifier']} of its {found.total()} activation functions are ReLUs, so it would be guided "
            "in part. Ask for gradient."
        )
    return None


def _head(extractor: Extractor) -> str | None:
    return None if extractor.classes else "it has no classifier head, so there is no class to ask about."


def _places(extractor: Extractor) -> str | None:
    return None if last_spatial_layer(extractor) else "none of its layers tells one place of the image from another."


#: What an analysis may need of a network; each gives None where the network has it, else why not ("it ...").
TRAITS: dict[str, Callable[[Extractor], str | None]] = {
    "gradients": _gradients, "filters": _filters, "rectifiers": _rectifiers, "head": _head, "places": _places,
}  # fmt: skip


def why_not(need: str, extractor: Extractor) -> str | None:
    """A sentence that says why the network does not meet this need; None where it does."""
    return TRAITS[need](extractor)
