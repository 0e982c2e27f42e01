"""Sensitivity: how far each neuron moves between images with and without something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dnacore.distances.emd import emd
from dnacore.distances.permutation import SPLITS, Noise, noise_floor, ratios
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput
from dnacore.neurons.selection import Selection

ENOUGH = 20  # images a side; with fewer, only the coarsest difference passes the noise floor


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How strongly every neuron tells two sets of images apart.

    emd: (n_neurons,) float64, in bins. direction: (n_neurons,) +1 where `with_` activates more, -1 where less, 0 equal.
    noise: (n_neurons,) mean EMD over random splits of the union into the same sizes, or None without sketches.
    chance: (splits,) the largest noise ratio of any neuron in each random split, rising; None without sketches.
    """

    emd: np.ndarray
    direction: np.ndarray
    noise: np.ndarray | None
    layers: Mapping[str, int]
    extractor: str
    names: tuple[str, str]
    images: tuple[int, int]
    chance: np.ndarray | None = None

    @cached_property
    def order(self) -> np.ndarray:
        """(n_neurons,) flat indices, most sensitive first; equal ones by index."""
        return np.argsort(-self.emd, kind="stable")

    @cached_property
    def noise_ratio(self) -> np.ndarray | None:
        """(n_neurons,) EMD over the noise; 1 is what chance gives. 0/0 is 1."""
        return None if self.noise is None else ratios(self.emd, self.noise)

    @property
    def too_small(self) -> str:
        """A sentence where a side has too few images to tell a neuron from chance, else an empty text."""
        few = [f"“{name}” has {count}" for name, count in zip(self.names, self.images, strict=True) if count < ENOUGH]
        if not few:
            return ""
        return (
            f"{' and '.join(few)} image{'s' if few[1:] or min(self.images) != 1 else ''}: too few to tell most neurons "
            f"from chance, so more of them may see the difference. Use at least {ENOUGH} on each side."
        )

    def floor(self, rate: float = 0.05) -> float:
        """The noise ratio that any neuron passes by chance in a share `rate` of the cases at most.

        Raises BadInput without a noise floor, or for a rate that so few random splits cannot state.
        """
        if self.noise is None or self.chance is None:
            raise BadInput("There is no noise floor: it needs the sketches of both sets. Extract the images here.")
        return Noise(self.noise, self.chance).floor(rate)

    def above_noise(self, rate: float = 0.05) -> np.ndarray:
        """(k,) flat indices of the neurons above the noise floor of this rate, most sensitive first; perhaps none.

        Of two random halves of the same images, a share `rate` at most would show any neuron here. Raises BadInput.
        """
        floor, ratio = self.floor(rate), self.noise_ratio
        above = np.zeros(len(self.emd), bool) if ratio is None else ratio > floor
        return self.order[above[self.order]]

    def top(self, k: int, name: str = "") -> Selection:
        """The k most sensitive neurons, equally weighted."""
        if not 1 <= k <= len(self.emd):
            raise BadInput(f"Choose between 1 and {len(self.emd)} neurons, not {k}.")
        return Selection.of(self.order[:k], name=name, extractor=self.extractor, origin=self._origin() | {"top": k})

    def over_noise(self, rate: float = 0.05, name: str = "") -> Selection:
        """Every neuron above the noise floor of this rate, equally weighted. Raises BadInput when there is none."""
        flat = self.above_noise(rate)
        if not len(flat):
            raise BadInput(
                f"No neuron tells “{self.names[0]}” from “{self.names[1]}” better than chance would. "
                f"{self.too_small or 'Choose the most sensitive ones instead, or more images.'}"
            )
        origin = self._origin() | {"above_noise": rate, "floor": self.floor(rate)}
        return Selection.of(flat, name=name, extractor=self.extractor, origin=origin)

    def _origin(self) -> dict[str, Any]:
        return {"kind": "sensitivity", "with": self.names[0], "without": self.names[1], "images": list(self.images)}


def sensitivity(with_: DNA, without: DNA, splits: int = SPLITS, seed: int = 0) -> Sensitivity:
    """Per-neuron EMD between images with and without something (CVPR 2023, section 4.3).

    The noise floor needs the sketches of both sets; DNAs that were loaded from a file have none. Raises Mismatch.
    """
    distances = emd(with_, without)
    shift = with_.mean_bin - without.mean_bin
    sources = with_.source, without.source
    found = None
    if splits and all(s is not None and len(s) for s in sources):
        found = noise_floor(*sources, splits=splits, seed=seed)
        # Where only a sample of the images has sketches: chance falls as sqrt(1/n + 1/m), and the EMD is of all images.
        counts = [(max(dna.images, len(s)), len(s)) for dna, s in zip((with_, without), sources, strict=True)]
        whole, sample = (sum(1 / count for count in side) for side in zip(*counts, strict=True))
        found = replace(found, mean=found.mean * np.sqrt(whole / sample))
    return Sensitivity(
        distances, np.sign(shift).astype(np.int64), None if found is None else found.mean, with_.layers, with_.calibration.extractor,
        (with_.name, without.name), (with_.images, without.images), None if found is None else found.highest,
    )  # fmt: skip
