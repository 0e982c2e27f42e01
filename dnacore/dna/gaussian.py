"""The small form of a DNA: per neuron a Gaussian, and for chosen layers one with the full covariance.

It holds raw activations' moments and no bins, so it belongs to a network and to no calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dnacore.dna.comparable import check_same_network, named
from dnacore.dna.distribution import Distribution
from dnacore.errors import BadInput

_OF_HISTOGRAMS = frozenset({"histograms", "bins", "cdf", "outside", "saturation", "layer_saturation", "calibration"})


@dataclass(frozen=True, eq=False)
class Gaussian(Distribution):
    """Per neuron mean and variance of the images' spatial means, in raw activation units.

    The fields are those of `Distribution`.
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
    def exact(self) -> bool:
        """Always: moments come from all images, never from sketches."""
        return True

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

    def __add__(self, other: Gaussian) -> Gaussian:
        """The Gaussians of both sets of images together. Raises Mismatch."""
        check_same_network(self, other)
        return self._joined(other)

    def __sub__(self, part: Gaussian) -> Gaussian:
        """The Gaussians without a part of the images. Raises Mismatch, and BadInput for what cannot be a part."""
        check_same_network(self, part)
        if part.images > self.images:
            raise BadInput(f"{named(part)} is not a part of {named(self)}, so it cannot be taken away from it.")
        return self._without(part)
