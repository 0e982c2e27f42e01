"""Neurons that matter: their sensitivity to a difference, and named selections of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .dna import DNA, layer_slices
from .errors import BadInput, Mismatch
from .noise import SPLITS, Noise, noise_floor, ratios

ENOUGH = 20  # images a side; below, the noise floor lies so high that only the coarsest difference passes it


@dataclass(frozen=True, eq=False)
class Selection:
    """A set of neurons with weights.

    flat: (k,) int64 flat indices, in the order of their rank. weights: (k,) float64, 1/k each unless given.
    extractor: fingerprint of the network whose neurons these are. origin: how the selection came about.
    """

    flat: np.ndarray
    weights: np.ndarray
    name: str = ""
    extractor: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, flat: Sequence[int] | np.ndarray, **more: Any) -> Selection:
        """A plain selection: every neuron weighs 1/k. Raises BadInput when it is empty or names a neuron twice."""
        flat = np.asarray(flat, np.int64)
        if not len(flat):
            raise BadInput("A selection needs at least one neuron.")
        if len(np.unique(flat)) != len(flat):
            raise BadInput("A selection names each neuron once.")
        return cls(flat, np.full(len(flat), 1 / len(flat)), **more)

    def __len__(self) -> int:
        return len(self.flat)

    def to_json(self) -> dict[str, Any]:
        """A small JSON-able form, for files and the workspace."""
        return {
            "format": "visual-dna selection", "version": 1, "name": self.name, "extractor": self.extractor,
            "flat": self.flat.tolist(), "weights": self.weights.tolist(), "origin": dict(self.origin),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Selection:
        """Read what `to_json` wrote. Raises BadInput for anything else."""
        try:
            if data["format"] != "visual-dna selection" or data["version"] != 1:
                raise BadInput("This is not a selection this version can read (version 1).")
            flat, weights = np.asarray(data["flat"], np.int64), np.asarray(data["weights"], np.float64)
            if flat.ndim != 1 or flat.shape != weights.shape or not len(flat) or not np.isfinite(weights).all():
                raise BadInput("A selection needs as many finite weights as neurons, and at least one.")
            return cls(flat, weights, str(data["name"]), str(data["extractor"]), dict(data["origin"]))
        except (KeyError, TypeError) as error:
            raise BadInput(f"This is not a selection: {error} is missing or of the wrong kind.") from error


def check_selection(selection: Selection, n_neurons: int, extractor: str = "") -> None:
    """Raise unless every neuron of the selection exists, and belongs to that extractor where one is named."""
    if selection.extractor and extractor and selection.extractor != extractor:
        raise Mismatch(
            f"The selection “{selection.name}” names neurons of another network. "
            "Make it again with this one, or switch the extractor."
        )
    if selection.flat.min() < 0 or selection.flat.max() >= n_neurons:
        raise BadInput(f"The selection “{selection.name}” names neuron {selection.flat.max()} of {n_neurons}.")


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
        """A sentence when one side has too few images to tell a neuron from chance; empty otherwise."""
        few = [f"“{name}” has {count}" for name, count in zip(self.names, self.images, strict=True) if count < ENOUGH]
        if not few:
            return ""
        return (
            f"{' and '.join(few)} image{'s' if few[1:] or min(self.images) != 1 else ''}: too few to tell most neurons "
            f"from chance. Use at least {ENOUGH} on each side."
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
        above = self.noise_ratio > self.floor(rate)
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
    from .distances import emd

    distances = emd(with_, without)
    centre = np.arange(with_.bins)
    shift = (with_.histograms @ centre) / np.maximum(with_.histograms.sum(1), 1)
    shift -= (without.histograms @ centre) / np.maximum(without.histograms.sum(1), 1)
    sources = with_.source, without.source
    found = None
    if splits and all(s is not None and len(s) for s in sources):
        found = noise_floor(*sources, splits=splits, seed=seed)
    return Sensitivity(
        distances, np.sign(shift).astype(np.int64), found and found.mean, with_.layers, with_.calibration.extractor,
        (with_.name, without.name), (with_.images, without.images), found and found.highest,
    )  # fmt: skip


def of_layer(dna: DNA, layer: str) -> Selection:
    """All neurons of one layer. Raises BadInput."""
    where = layer_slices(dna.layers).get(layer)
    if where is None:
        raise BadInput(f"There is no layer {layer}. The layers are {', '.join(dna.layers)}.")
    return Selection.of(
        np.arange(where.start, where.stop), name=layer, extractor=dna.calibration.extractor,
        origin={"kind": "layer", "layer": layer},
    )  # fmt: skip
