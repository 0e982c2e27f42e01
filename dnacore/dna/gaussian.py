"""The small form of a DNA: per neuron a Gaussian, and for chosen layers one with the full covariance.

It holds raw activations' moments and no bins, so it belongs to a network and to no calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dnacore.dna.comparable import check_same_network, named
from dnacore.dna.layers import flat_index, locate
from dnacore.dna.moments import Moments
from dnacore.errors import BadInput

_OF_HISTOGRAMS = frozenset({"histograms", "bins", "cdf", "outside", "saturation", "layer_saturation", "calibration"})


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Per neuron mean and variance of the images' spatial means, in raw activation units.

    images: how many. mean, deviations: (n_neurons,) float64, as in a DNA. layers: {layer: neuron count}.
    extractor: the specification that rebuilds the network; network: its fingerprint.
    scatter: {layer: (d, d) float64}, sums of products of deviations, for the layers whose covariance was kept.
    """

    images: int
    mean: np.ndarray
    deviations: np.ndarray
    layers: Mapping[str, int]
    extractor: Mapping[str, Any]
    network: str
    name: str = ""
    rejected: Sequence[Mapping[str, str]] = ()
    scatter: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = sum(self.layers.values())
        if len(self.mean) != n or len(self.deviations) != n:
            raise BadInput(f"Gaussians of {n} neurons need as many means and variances, not {len(self.mean)}.")

    @property
    def n_neurons(self) -> int:
        return len(self.mean)

    @property
    def exact(self) -> bool:
        """Moments are taken from all images, never from sketches."""
        return True

    @property
    def moments(self) -> Moments:
        return Moments(self.images, self.mean, self.deviations, self.layers, self.scatter)

    @cached_property
    def variance(self) -> np.ndarray:
        """(n_neurons,) float64, n - 1 in the denominator; NaN for one image."""
        return self.moments.variance

    def covariance(self, layer: str) -> np.ndarray:
        """(d, d) float64, n - 1 in the denominator. Raises BadInput where it was not kept."""
        return self.moments.covariance(layer)

    def gaussian(self) -> Gaussian:
        """Itself."""
        return self

    def __getattr__(self, name: str) -> Any:
        if name in _OF_HISTOGRAMS:
            raise BadInput(
                f"{named(self)} holds a mean and a variance per neuron and no histograms. Compare it by nfd or fd, or "
                "get the file with histograms."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def neuron(self, flat: int) -> tuple[str, int]:
        """The layer, and the index in it, of a flat neuron index."""
        return locate(self.layers, flat)

    def flat(self, layer: str, index: int) -> int:
        """The flat index of one neuron of a layer."""
        return flat_index(self.layers, layer, index)

    def __add__(self, other: Gaussian) -> Gaussian:
        """The Gaussians of both sets of images together. Raises Mismatch."""
        check_same_network(self, other)
        name = " + ".join(filter(None, (self.name, other.name)))
        return self._with(self.moments + other.moments, name, (*self.rejected, *other.rejected))

    def __sub__(self, part: Gaussian) -> Gaussian:
        """The Gaussians without a part of the images. Raises Mismatch, and BadInput for what cannot be a part."""
        check_same_network(self, part)
        if part.images > self.images:
            raise BadInput(f"{named(part)} is not a part of {named(self)}, so it cannot be taken away from it.")
        name = f"{self.name} - {part.name}" if self.name and part.name else self.name
        return self._with(self.moments - part.moments, name, tuple(r for r in self.rejected if r not in part.rejected))

    def _with(self, moments: Moments, name: str, rejected: Sequence[Mapping[str, str]]) -> Gaussian:
        return replace(
            self, images=moments.images, mean=moments.mean, deviations=moments.deviations, scatter=moments.scatter,
            name=name, rejected=rejected,
        )  # fmt: skip

    def save(self, path: Path | str) -> Path:
        """Write one `.dna.npz` file; the suffix is added where it is missing. Returns the path."""
        from dnacore.dna.file import save

        return save(self, Path(path))
