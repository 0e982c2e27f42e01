"""Neurons by layer and number, and by their flat index over all layers."""

from __future__ import annotations

from collections.abc import Mapping

from dnacore.errors import BadInput


def layer_slices(layers: Mapping[str, int]) -> dict[str, slice]:
    """Where each layer's neurons lie in the flat index."""
    slices, at = {}, 0
    for layer, count in layers.items():
        slices[layer] = slice(at, at + count)
        at += count
    return slices


def locate(layers: Mapping[str, int], flat: int) -> tuple[str, int]:
    """The layer, and the index in it, of a flat neuron index. Raises BadInput."""
    for layer, where in layer_slices(layers).items():
        if where.start <= flat < where.stop:
            return layer, int(flat - where.start)
    raise BadInput(f"There is no neuron {flat}: they are numbered 0 to {sum(layers.values()) - 1}.")


def flat_index(layers: Mapping[str, int], layer: str, index: int) -> int:
    """The flat index of one neuron of a layer. Raises BadInput."""
    if layer not in layers:
        raise BadInput(f"There is no layer {layer}. The layers are {', '.join(layers)}.")
    if not 0 <= index < layers[layer]:
        raise BadInput(f"Layer {layer} has the neurons 0 to {layers[layer] - 1}, not {index}.")
    return layer_slices(layers)[layer].start + index
