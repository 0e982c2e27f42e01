"""The target: which neurons, or which class, an analysis asks about, as one number per image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dnacore.dna.layers import flat_index, locate
from dnacore.errors import BadInput
from dnacore.extractors.extractor import Extractor
from dnacore.lens.sight import Sight

REDUCE = ("peak", "mean")


@dataclass(frozen=True)
class Target:
    """Neurons (layer, index) with weights that add up to 1, or one class of the head."""

    neurons: tuple[tuple[str, int], ...] = ()
    weights: tuple[float, ...] = ()
    flat: tuple[int, ...] = ()
    label: int | None = None
    name: str = ""

    @classmethod
    def neuron(cls, extractor: Extractor, layer: str, index: int) -> Target:
        """One neuron. Raises BadInput where there is none."""
        flat = flat_index(extractor.layers, layer, index)
        return cls(((layer, index),), (1.0,), (flat,), name=f"{layer}:{index}")

    @classmethod
    def parse(cls, extractor: Extractor, text: str) -> Target:
        """One neuron from LAYER:INDEX. Raises BadInput."""
        layer, _, index = text.rpartition(":")
        if not layer or not index.isdecimal():
            raise BadInput(f"A neuron is written LAYER:INDEX, such as {next(iter(extractor.layers))}:0, not {text!r}.")
        return cls.neuron(extractor, layer, int(index))

    @classmethod
    def selection(
        cls,
        extractor: Extractor,
        flat: Sequence[int] | np.ndarray,
        weights: Sequence[float] | np.ndarray = (),
        name: str = "",
    ) -> Target:
        """Several neurons by flat index; equally weighted where no weights are given. Raises BadInput."""
        if not len(flat):
            raise BadInput("A selection needs at least one neuron.")
        numbers = tuple(int(i) for i in flat)
        shares = np.asarray(weights if len(weights) else np.ones(len(numbers)), np.float64)
        total = float(np.abs(shares).sum()) or 1.0
        neurons = tuple(locate(extractor.layers, i) for i in numbers)
        return cls(neurons, tuple(float(w) / total for w in shares), numbers, name=name or f"{len(numbers)} neurons")

    @classmethod
    def of_class(cls, extractor: Extractor, label: int) -> Target:
        """One class of the network's head. Raises BadInput."""
        if not 0 <= label < extractor.classes:
            there = f"has the classes 0 to {extractor.classes - 1}" if extractor.classes else "has no classifier head"
            raise BadInput(f"There is no class {label}: {extractor.name} {there}.")
        return cls(label=label, name=f"class {label}")

    @property
    def layers(self) -> list[str]:
        """The layers of its neurons, each once."""
        return list(dict.fromkeys(layer for layer, _ in self.neurons))

    @property
    def single(self) -> tuple[str, int]:
        """The layer and index of the only, or the first, neuron. Raises BadInput for a class."""
        if not self.neurons:
            raise BadInput("This analysis looks at a neuron, not at a class. Give one with --neuron LAYER:INDEX.")
        return self.neurons[0]

    def scores(
        self, sight: Sight, batch: torch.Tensor, reduce: str = "peak", before: bool = False, guided: bool = False,
        scales: torch.Tensor | None = None,
    ) -> torch.Tensor:  # fmt: skip
        """(N,) the weighted sum of the neurons' peaks or means over the image, or the class before the softmax.

        batch: as the network sees it. scales: (k,) divides each neuron's value, so that no loud one drowns the rest.
        """
        if self.label is not None:
            return sight.classes(batch, guided)[:, self.label]
        values = self.values(sight, batch, reduce, before, guided)
        if scales is not None:
            values = values / scales
        return values @ torch.tensor(self.weights, dtype=values.dtype, device=values.device)

    def values(
        self, sight: Sight, batch: torch.Tensor, reduce: str = "peak", before: bool = False, guided: bool = False
    ) -> torch.Tensor:
        """(N, k) every neuron's peak or mean over the image."""
        if reduce not in REDUCE:
            raise BadInput(f"There is no way {reduce!r} to sum up a map; choose one of {', '.join(REDUCE)}.")
        seen = sight.see(batch, self.layers, before, guided)
        reduced = {layer: view.amax(2) if reduce == "peak" else view.mean(2) for layer, view in seen.items()}
        return torch.stack([reduced[layer][:, index] for layer, index in self.neurons], 1)
