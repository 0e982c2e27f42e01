"""The DNA of a set of images: per neuron a histogram of its activations, and the moments of its spatial means.

Counts are integers, so DNAs of disjoint sets add exactly, and a part can be taken away again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dnacore.dna.calibration import Calibration
from dnacore.dna.comparable import check_comparable, named
from dnacore.dna.file import SUFFIX, load_dna
from dnacore.dna.gaussian import Gaussian
from dnacore.dna.layers import flat_index, layer_slices, locate
from dnacore.dna.moments import Moments
from dnacore.errors import BadInput, Mismatch

__all__ = ["DNA", "SUFFIX", "check_comparable", "layer_slices", "load_dna", "locate", "merge"]


@dataclass(frozen=True, eq=False)
class DNA:
    """Per neuron: B counts over the activation range, and mean and variance of the images' spatial means.

    histograms: (n_neurons, B) int64. outside: (n_neurons, 2) int64, activations below and above the range (they are
    counted in the end bins too). mean: (n_neurons,) float64, raw activation units; deviations: (n_neurons,) float64,
    the sum over images of squared deviations from that mean. images: how many images. rejected: [{"path", "reason"}].
    extractor: the specification that rebuilds the network. exact: False where the counts were taken from sketches.
    scatter: {layer: (d, d) float64}, sums of products of deviations, for the layers whose covariance was kept.
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
    source: Any = field(default=None, repr=False)  # where its images' sketches are, while this process knows

    def __post_init__(self) -> None:
        if self.histograms.shape[0] != self.calibration.n_neurons:
            raise BadInput(
                f"{self.histograms.shape[0]} histograms were given for {self.calibration.n_neurons} activation ranges."
            )

    @property
    def n_neurons(self) -> int:
        return self.histograms.shape[0]

    @property
    def bins(self) -> int:
        return self.histograms.shape[1]

    @property
    def layers(self) -> Mapping[str, int]:
        return self.calibration.layers

    @property
    def network(self) -> str:
        """Fingerprint of the network."""
        return self.calibration.extractor

    @property
    def moments(self) -> Moments:
        return Moments(self.images, self.mean, self.deviations, self.layers, self.scatter)

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

    @cached_property
    def variance(self) -> np.ndarray:
        """(n_neurons,) float64: variance of the images' spatial means, n - 1 in the denominator; NaN for one image."""
        return self.moments.variance

    def covariance(self, layer: str) -> np.ndarray:
        """(d, d) float64, n - 1 in the denominator. Raises BadInput where it was not kept."""
        return self.moments.covariance(layer)

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

    def neuron(self, flat: int) -> tuple[str, int]:
        """The layer, and the index in it, of a flat neuron index."""
        return locate(self.layers, flat)

    def flat(self, layer: str, index: int) -> int:
        """The flat index of one neuron of a layer."""
        return flat_index(self.layers, layer, index)

    def __add__(self, other: DNA) -> DNA:
        """The DNA of both sets of images together. Exact for the counts. Raises Mismatch."""
        check_comparable(self, other)
        if self.exact != other.exact:
            raise Mismatch(
                f"{named(self)} and {named(other)} cannot be added: one was counted from activations and the other "
                "from sketches. Extract both."
            )
        return self._with(
            self.moments + other.moments, self.histograms + other.histograms, self.outside + other.outside,
            " + ".join(filter(None, (self.name, other.name))), (*self.rejected, *other.rejected),
        )  # fmt: skip

    def __sub__(self, part: DNA) -> DNA:
        """The DNA without a part of its images. Raises BadInput if `part` is not a part of it."""
        check_comparable(self, part)
        histograms, outside = self.histograms - part.histograms, self.outside - part.outside
        counts = (histograms < 0).any() or (outside < 0).any()
        if counts or self.images < part.images or self.exact != part.exact:
            raise BadInput(f"{named(part)} is not a part of {named(self)}, so it cannot be taken away from it.")
        return self._with(
            self.moments - part.moments, histograms, outside,
            f"{self.name} - {part.name}" if self.name and part.name else self.name,
            tuple(r for r in self.rejected if r not in part.rejected),
        )  # fmt: skip

    def _with(
        self, moments: Moments, histograms: np.ndarray, outside: np.ndarray, name: str,
        rejected: Sequence[Mapping[str, str]],
    ) -> DNA:  # fmt: skip
        return replace(
            self, histograms=histograms, outside=outside, images=moments.images, mean=moments.mean,
            deviations=moments.deviations, scatter=moments.scatter, name=name, rejected=rejected, source=None,
        )  # fmt: skip

    def save(self, path: Path | str) -> Path:
        """Write one `.dna.npz` file; the suffix is added where it is missing. Returns the path."""
        from dnacore.dna.file import save

        return save(self, Path(path))


def merge(parts: Iterable[DNA], name: str = "") -> DNA:
    """Add DNAs one after another, of which two are held at a time. Raises BadInput when there is none."""
    total: DNA | None = None
    for part in parts:
        total = part if total is None else total + part
    if total is None:
        raise BadInput("There is no DNA to add up.")
    return replace(total, name=name)
