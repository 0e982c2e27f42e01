"""What a DNA and its small form share: the moments of the images' spatial means, and their origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dnacore.dna.layers import flat_index, locate
from dnacore.dna.moments import Moments


class Distribution:
    """Per neuron mean and variance of the images' spatial means, in raw activation units, of one network.

    images: how many. mean, deviations: (n_neurons,) float64, the mean and the sum over images of squared deviations
    from it. layers: {layer: neuron count} in the order of the flat index. extractor: the specification that rebuilds
    the network; network: its fingerprint. scatter: {layer: (d, d) float64}, sums of products of deviations, for the
    layers whose covariance was kept. rejected: [{"path", "reason"}].
    """

    if TYPE_CHECKING:  # types only: at run time the two dataclasses would take them for defaults of their fields

        @property
        def images(self) -> int: ...

        @property
        def mean(self) -> np.ndarray: ...

        @property
        def deviations(self) -> np.ndarray: ...

        @property
        def layers(self) -> Mapping[str, int]: ...

        @property
        def extractor(self) -> Mapping[str, Any]: ...

        @property
        def network(self) -> str: ...

        @property
        def name(self) -> str: ...

        @property
        def rejected(self) -> Sequence[Mapping[str, str]]: ...

        @property
        def scatter(self) -> Mapping[str, np.ndarray]: ...

    @property
    def n_neurons(self) -> int:
        """The number of neurons over all layers."""
        return len(self.mean)

    @property
    def moments(self) -> Moments:
        """Mean, squared deviations and scatter, which add up over parts."""
        return Moments(self.images, self.mean, self.deviations, self.layers, self.scatter)

    @cached_property
    def variance(self) -> np.ndarray:
        """(n_neurons,) float64: variance of the images' spatial means, n - 1 in the denominator; NaN for one image."""
        return self.moments.variance

    def covariance(self, layer: str) -> np.ndarray:
        """(d, d) float64, n - 1 in the denominator. Raises BadInput where it was not kept."""
        return self.moments.covariance(layer)

    def neuron(self, flat: int) -> tuple[str, int]:
        """The layer, and the index in it, of a flat neuron index."""
        return locate(self.layers, flat)

    def flat(self, layer: str, index: int) -> int:
        """The flat index of one neuron of a layer."""
        return flat_index(self.layers, layer, index)

    def save(self, path: Path | str) -> Path:
        """Write one `.dna.npz` file; the suffix is added where it is missing. Returns the path."""
        from dnacore.dna.file import save  # above this module: it reads and writes both kinds

        return save(self, Path(path))  # type: ignore[arg-type]  # there are two kinds, DNA and Gaussian

    def _joined(self, other: Self, **parts: Any) -> Self:
        """Both sets of images together."""
        name = " + ".join(filter(None, (self.name, other.name)))
        return self._with(self.moments + other.moments, name, (*self.rejected, *other.rejected), **parts)

    def _without(self, part: Self, **parts: Any) -> Self:
        """The images without some of them."""
        name = f"{self.name} - {part.name}" if self.name and part.name else self.name
        rejected = tuple(r for r in self.rejected if r not in part.rejected)
        return self._with(self.moments - part.moments, name, rejected, **parts)

    def _with(self, moments: Moments, name: str, rejected: Sequence[Mapping[str, str]], **parts: Any) -> Self:
        fields = {
            "images": moments.images,
            "mean": moments.mean,
            "deviations": moments.deviations,
            "scatter": moments.scatter,
        }
        parts |= fields | {"name": name, "rejected": rejected}
        return replace(self, **parts)  # type: ignore[type-var]  # both children are dataclasses
