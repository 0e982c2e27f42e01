"""Sight: a network opened for gradients, and left exactly as it was found.

`Extractor.visit` runs under inference mode, which is right for extraction and useless here. A `Sight` holds the
extractor's lock, computes layers with a graph back to the input, and registers no hook that outlives a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from dnacore.errors import BadInput
from dnacore.extractors.extractor import Extractor, exact_kernels
from dnacore.extractors.taps import Tap, Taps, neuron_view
from dnacore.lens.inside.rectifiers import Rectifiers


class Sight:
    """A network inside `looking`. Batches are (N, 3, H, W) float32: as the network sees them (`normalised`), or
    pixels from 0 to 1 (`pixels`).
    """

    def __init__(self, extractor: Extractor) -> None:
        settings = extractor.recipe.preprocessing
        self.extractor = extractor
        self.device = extractor.device
        self.side = settings.size
        self._mean = torch.tensor(settings.mean, device=self.device)[:, None, None]
        self._std = torch.tensor(settings.std, device=self.device)[:, None, None]
        self._taps = {tap.layer: tap for tap in extractor.taps}

    @property
    def layers(self) -> list[str]:
        """The layers in the order of computing."""
        return list(self._taps)

    @property
    def resizable(self) -> bool:
        """Whether the network takes images of other sizes than its own."""
        return getattr(self.extractor.network, "fixed_input_size", None) is None

    def normalised(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pixels from 0 to 1 as the network sees them."""
        return (pixels - self._mean) / self._std

    def pixels(self, normalised: torch.Tensor) -> torch.Tensor:
        """What the network sees as pixels from 0 to 1."""
        return normalised * self._std + self._mean

    def see(
        self, batch: torch.Tensor, layers: Sequence[str], before: bool = False, guided: bool = False
    ) -> dict[str, torch.Tensor]:
        """{layer: (N, C, S)} of a batch as the network sees it; the forward stops after the last of these layers.

        before: what stands before a layer's last activation function, where it ends in one that cuts values off: its
        gradient lives where the layer's own is zero. guided: let gradients through rectifiers only where positive.
        """
        taps = self._in_order(layers)
        seen: dict[str, torch.Tensor] = {}
        with Rectifiers(guided) as rectifiers:

            def keep(layer: str, view: torch.Tensor) -> None:
                earlier = self._before(rectifiers, taps, layer, view) if before else None
                seen[layer] = view.clone() if earlier is None else earlier.clone()

            with exact_kernels(), Taps(self.extractor.network, taps, keep):
                self.extractor.network(self._placed(batch))
        return seen

    def maps(self, batch: torch.Tensor, layer: str) -> torch.Tensor:
        """(N, C, H, W) of one layer. Tokens of the whole image are left out. Raises BadInput where it has no places."""
        return as_maps(self.see(batch, [layer])[layer], layer)

    def classes(self, batch: torch.Tensor, guided: bool = False) -> torch.Tensor:
        """(N, classes) what the head says before the softmax."""
        if not self.extractor.classes:
            raise BadInput(f"The network {self.extractor.name} has no classifier head; choose one trained on classes.")
        with Rectifiers(guided), exact_kernels():
            return self.extractor.network(self._placed(batch))

    def classes_through(self, batch: torch.Tensor, layer: str) -> tuple[torch.Tensor, torch.Tensor, Tap]:
        """(N, classes) what the head says, the layer's output on the way there in its own shape, and its tap."""
        tap = self._taps[self.check_layer(layer)]
        kept: list[torch.Tensor] = []

        def keep(module: object, inputs: object, output: Any) -> Any:
            kept.append(output if tap.part is None else output[tap.part])
            passed = kept[0].clone()  # the next module may overwrite its input
            return passed if tap.part is None else [*output[: tap.part], passed, *output[tap.part + 1 :]]

        handle = self.extractor.network.get_submodule(tap.module).register_forward_hook(keep)
        try:
            scores = self.classes(batch)
        finally:
            handle.remove()
        return scores, kept[0], tap

    def check_layer(self, layer: str) -> str:
        """The same name. Raises BadInput where no layer has it."""
        if layer not in self._taps:
            raise BadInput(
                f"There is no layer {layer} in {self.extractor.name}. The layers are {', '.join(self._taps)}."
            )
        return layer

    def _in_order(self, layers: Sequence[str]) -> list[Tap]:
        wanted = {self.check_layer(layer) for layer in layers}
        return [tap for tap in self.extractor.taps if tap.layer in wanted]

    @staticmethod
    def _before(rectifiers: Rectifiers, taps: Sequence[Tap], layer: str, view: torch.Tensor) -> torch.Tensor | None:
        earlier = rectifiers.before(view)
        if earlier is None:
            return None
        return neuron_view(earlier, next(tap for tap in taps if tap.layer == layer))

    def _placed(self, batch: torch.Tensor) -> torch.Tensor:
        size = getattr(self.extractor.network, "fixed_input_size", None)
        if size is not None and tuple(batch.shape[2:]) != (size, size):
            raise BadInput(f"{self.extractor.name} takes images of {size} x {size} pixels only.")
        form = (
            torch.channels_last if self.extractor.recipe.memory_format == "channels_last" else torch.contiguous_format
        )
        return batch.to(self.device, memory_format=form)


@contextmanager
def looking(extractor: Extractor) -> Iterator[Sight]:
    """A sight of this extractor's network; the network belongs to this thread until the block ends.

    Raises BadInput in half precision, where gradients vanish.
    """
    if extractor.precision != "fp32":
        raise BadInput(
            f"Gradients need full precision, and {extractor.name} was loaded in {extractor.precision}: use fp32."
        )
    with extractor.held(), torch.inference_mode(False), torch.enable_grad():
        yield Sight(extractor)


def as_maps(view: torch.Tensor, layer: str = "") -> torch.Tensor:
    """(N, C, S) as (N, C, H, W), square; tokens that stand before the patches (class, registers) are left out."""
    side = int(view.shape[2] ** 0.5)
    if side < 2:
        raise BadInput(f"The layer {layer} sees the image as a whole and has no places. Choose an earlier layer.")
    return view[:, :, view.shape[2] - side * side :].reshape(*view.shape[:2], side, side)
