"""The DNA of a set of images: per neuron a histogram of its activations, and the moments of its spatial means.

Counts are integers, so DNAs of disjoint sets add exactly, and a part can be taken away again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from dnacore.dna.calibration import Calibration
from dnacore.dna.comparable import check_comparable, named
from dnacore.dna.distribution import Distribution
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Mismatch


@dataclass(frozen=True, eq=False)
class DNA(Distribution):
    """Per neuron: B counts over the activation range, and mean and variance of the images' spatial means.

    histograms: (n_neurons, B) int64. outside: (n_neurons, 2) int64, activations below and above the range (they are
    counted in the end bins too). exact: False where the counts were taken from sketches. The other fields are those of
    `Distribution`.
    """

    histograms: np.ndarray
    outside: np.ndarray
    images: int
    mean: np.ndarray
    deviations: np.ndarray
    calibration: Calibration
    extractor: Mapping[str, Any]
    name: str = ""
    rejected: Sequence[Mapping[str, str]] = ()
    exact: bool = True
    scatter: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    source: Any = field(default=None, repr=False)  # the sketches of its images, where this process knows them

    def __post_init__(self) -> None:
        if self.histograms.shape[0] != self.calibration.n_neurons:
            raise BadInput(
                f"{self.histograms.shape[0]} histograms were given for {self.calibration.n_neurons} activation ranges."
            )

    @property
    def bins(self) -> int:
        """The number of bins B."""
        return self.histograms.shape[1]

    @property
    def layers(self) -> Mapping[str, int]:
        """Neurons per layer, in order."""
        return self.calibration.layers

    @property
    def network(self) -> str:
        """Fingerprint of the network."""
        return self.calibration.extractor

    def gaussian(self) -> Gaussian:
        """The small form: mean and variance of every neuron, and the covariances that were kept, without histograms."""
        return Gaussian(
            self.images, self.mean, self.deviations, self.layers, self.extractor, self.network, self.name,
            self.rejected, self.scatter,
        )  # fmt: skip

    @cached_property
    def cdf(self) -> np.ndarray:
        """(n_neurons, B) float64: the share of activations up to and including each bin."""
        running = np.cumsum(self.histograms, axis=1)
        return running / np.maximum(running[:, -1:], 1)

    @property
    def mean_bin(self) -> np.ndarray:
        """(n_neurons,) float64: the mean bin of each neuron's activations."""
        return (self.histograms @ np.arange(self.bins)) / np.maximum(self.histograms.sum(1), 1)

    @property
    def saturation(self) -> np.ndarray:
        """(n_neurons,) float64: the share of activations outside the range."""
        return self.outside.sum(1) / np.maximum(self.histograms.sum(1), 1)

    @property
    def layer_saturation(self) -> dict[str, float]:
        """{layer: share of its activations outside the range}."""
        return {
            layer: int(self.outside[where].sum()) / max(int(self.histograms[where].sum()), 1)
            for layer, where in layer_slices(self.layers).items()
        }

    def __add__(self, other: DNA) -> DNA:
        """The DNA of both sets of images together. Exact for the counts. Raises Mismatch."""
        check_comparable(self, other)
        if self.exact != other.exact:
            raise Mismatch(
                f"{named(self)} and {named(other)} cannot be added: one was counted from activations and the other "
                "from sketches. Extract both."
            )
        histograms, outside = self.histograms + other.histograms, self.outside + other.outside
        return self._joined(other, histograms=histograms, outside=outside, source=None)

    def __sub__(self, part: DNA) -> DNA:
        """The DNA without a part of its images. Raises BadInput if `part` is not a part of it."""
        check_comparable(self, part)
        histograms, outside = self.histograms - part.histograms, self.outside - part.outside
        counts = (histograms < 0).any() or (outside < 0).any()
        if counts or self.images < part.images or self.exact != part.exact:
            raise BadInput(f"{named(part)} is not a part of {named(self)}, so it cannot be taken away from it.")
        return self._without(part, histograms=histograms, outside=outside, source=None)


def merge(parts: Iterable[DNA], name: str = "") -> DNA:
    """Add DNAs one after another, of which two are held at a time. Raises BadInput when there is none."""
    total: DNA | None = None
    for part in parts:
        total = part if total is None else total + part
    if total is None:
        raise BadInput("There is no DNA to add up.")
    return replace(total, name=name)
