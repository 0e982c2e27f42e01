"""Mean, variance and covariance of the images' spatial means, kept so that sets can be added and taken away again.

Instead of the covariance, the sum of products of deviations (the scatter) is kept: it adds up by one rank-one term
(Chan, Golub and LeVeque, 1979), and dividing by n - 1 is left to whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput


@dataclass(frozen=True, eq=False)
class Moments:
    """images: how many. mean, deviations: (n_neurons,) float64, the mean of the images' spatial means and the sum of
    their squared deviations from it. layers: {layer: neuron count} in the order of the flat index.
    scatter: {layer: (d, d) float64}, for some layers, the sum over images of products of deviations.
    """

    images: int
    mean: np.ndarray
    deviations: np.ndarray
    layers: Mapping[str, int]
    scatter: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def variance(self) -> np.ndarray:
        """(n_neurons,) float64, n - 1 in the denominator; NaN for fewer than two images."""
        if self.images < 2:
            return np.full(len(self.mean), np.nan)
        return self.deviations / (self.images - 1)

    def covariance(self, layer: str) -> np.ndarray:
        """(d, d) float64, n - 1 in the denominator. Raises BadInput where it was not kept, or for a single image."""
        if layer not in self.scatter:
            raise BadInput(f"The covariance of layer {layer} was not kept. Extract with covariance=[{layer!r}].")
        if self.images < 2:
            raise BadInput(f"A covariance needs at least two images, not {self.images}.")
        return self.scatter[layer] / (self.images - 1)

    def __add__(self, other: Moments) -> Moments:
        """The moments of both sets of images together. Layers whose scatter only one side has lose it."""
        images = self.images + other.images
        shift = other.mean - self.mean
        weight = self.images * other.images / max(images, 1)
        return Moments(
            images,
            self.mean + shift * (other.images / max(images, 1)),
            self.deviations + other.deviations + shift**2 * weight,
            self.layers,
            {layer: self.scatter[layer] + other.scatter[layer] + weight * np.outer(d, d)
             for layer, d in self._in_layers(shift, other).items()},
        )  # fmt: skip

    def __sub__(self, part: Moments) -> Moments:
        """The moments without a part of the images: the rest, up to rounding. Raises BadInput for too large a part."""
        images = self.images - part.images
        if images < 0:
            raise BadInput(f"{part.images:,} images cannot be taken away from {self.images:,}.")
        mean = (self.mean * self.images - part.mean * part.images) / max(images, 1)
        shift = part.mean - mean
        weight = images * part.images / max(self.images, 1)
        kept = self._in_layers(shift, part) if images else {}
        return Moments(
            images,
            mean if images else np.zeros_like(mean),
            np.maximum(self.deviations - part.deviations - shift**2 * weight, 0.0),
            self.layers,
            {layer: self.scatter[layer] - part.scatter[layer] - weight * np.outer(d, d) for layer, d in kept.items()},
        )

    def _in_layers(self, values: np.ndarray, other: Moments) -> dict[str, np.ndarray]:
        """The layers whose scatter both sides have, with their part of `values`."""
        where = layer_slices(self.layers)
        return {layer: values[where[layer]] for layer in self.scatter if layer in other.scatter}
