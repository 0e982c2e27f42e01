"""Selections: named sets of neurons with weights, and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dnacore import versioned
from dnacore.dna.histogram import DNA
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Damaged, Mismatch

FORMAT, VERSION = "visual-dna selection", 1
MOST_NEURONS, MOST_WEIGHT = 1 << 24, 1_000_000  # beyond these, a file is a mistake or made up


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
            "format": FORMAT, "version": VERSION, "name": self.name, "extractor": self.extractor,
            "flat": self.flat.tolist(), "weights": self.weights.tolist(), "origin": dict(self.origin),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Selection:
        """Read what `to_json` wrote. Raises BadInput for anything else."""
        if not versioned.fits(data, FORMAT, VERSION):
            raise BadInput("This is not a selection this version can read (version 1).")
        try:
            if not all(type(number) is int and 0 <= number < MOST_NEURONS for number in data["flat"]):
                raise BadInput("A selection names neurons by whole numbers from 0 on.")
            flat, weights = np.asarray(data["flat"], np.int64), np.asarray(data["weights"], np.float64)
            if flat.ndim != 1 or flat.shape != weights.shape or not len(flat):
                raise BadInput("A selection needs as many weights as neurons, and at least one.")
            if len(np.unique(flat)) != len(flat):
                raise BadInput("A selection names each neuron once.")
            if not (np.abs(weights) <= MOST_WEIGHT).all():
                raise BadInput(
                    f"A selection's weights are finite numbers between -{MOST_WEIGHT:,} and {MOST_WEIGHT:,}."
                )
            return cls(flat, weights, str(data["name"]), str(data["extractor"]), dict(data["origin"]))
        except BadInput:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadInput(f"This is not a selection: {error} is missing or of the wrong kind.") from error


def load_selection(path: Path) -> Selection:
    """The selection that a JSON file holds. Raises BadInput."""
    try:
        return Selection.from_json(versioned.parsed(path.read_bytes(), path.name))
    except (OSError, Damaged) as error:
        raise BadInput(f"{path.name} is not a selection file ({error}).") from error


def check_selection(selection: Selection, n_neurons: int, extractor: str = "") -> None:
    """Raise unless every neuron of the selection exists, and belongs to that extractor where one is named."""
    if selection.extractor and extractor and selection.extractor != extractor:
        raise Mismatch(
            f"The selection “{selection.name}” names neurons of another network. "
            "Make it again with this one, or switch the extractor."
        )
    if selection.flat.min() < 0 or selection.flat.max() >= n_neurons:
        raise BadInput(f"The selection “{selection.name}” names neuron {selection.flat.max()} of {n_neurons}.")


def weighed(selection: Selection | None, n_neurons: int, extractor: str) -> tuple[np.ndarray, np.ndarray]:
    """The neurons that count, (k,) flat indices, and their weights; without a selection all of them, alike.

    Raises as `check_selection` does.
    """
    if selection is None:
        return np.arange(n_neurons), np.full(n_neurons, 1 / n_neurons)
    check_selection(selection, n_neurons, extractor)
    return selection.flat, selection.weights


def of_layer(dna: DNA, layer: str) -> Selection:
    """All neurons of one layer. Raises BadInput."""
    where = layer_slices(dna.layers).get(layer)
    if where is None:
        raise BadInput(f"There is no layer {layer}. The layers are {', '.join(dna.layers)}.")
    return Selection.of(
        np.arange(where.start, where.stop), name=layer, extractor=dna.calibration.extractor,
        origin={"kind": "layer", "layer": layer},
    )  # fmt: skip
