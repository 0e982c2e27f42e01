"""The Extractor: a frozen network, its preprocessing and its layers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import nn

from dnacore.errors import BadInput
from dnacore.extractors.forward.finding import Pair
from dnacore.extractors.forward.folding import Folded
from dnacore.extractors.labels import KEPT, may_have_head
from dnacore.extractors.preprocessing import preprocess, preprocess_for_labels
from dnacore.extractors.spec import Recipe
from dnacore.extractors.taps import See, Tap, Taps

Named = Callable[[torch.Tensor, torch.Tensor], None]
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


class Extractor:
    """A frozen network with named layers; made by `load_extractor`.

    `layers` maps layer to neuron count in the order of computing; `spec` is JSON-able and enough for `from_spec` to
    build the same extractor again; two extractors with one `fingerprint` give the same activations.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: nn.Module,
        taps: list[Tap],
        weights_hash: str,
        device: torch.device,
        weights_file: Path | None = None,
        pairs: Sequence[Pair] = (),
    ) -> None:
        """pairs: what is computed in one step while images go through."""
        self.recipe = recipe
        self.network = network
        self.taps = taps
        self.device = device
        self.weights_file = weights_file
        self.layers: dict[str, int] = {tap.layer: tap.neurons for tap in taps}
        self.spec: dict[str, Any] = recipe.to_spec(weights_hash, self.layers)
        self._format = torch.channels_last if recipe.memory_format == "channels_last" else torch.contiguous_format
        # Hooks belong to the network: two threads inside `visit` would get each other's images.
        self._lock = threading.RLock()
        self._pairs = pairs if device.type == "cpu" and recipe.precision == "fp32" else ()
        self._folded: Folded | None = None

    @property
    def name(self) -> str:
        """The registry's name, or `timm:<name>`, or the name of a weights file."""
        return self.recipe.name

    @property
    def n_neurons(self) -> int:
        """The number of neurons over all layers."""
        return sum(self.layers.values())

    @property
    def input_size(self) -> int:
        """Side of the square input, in pixels."""
        return self.recipe.preprocessing.size

    @property
    def precision(self) -> str:
        """fp32, fp16 or bf16."""
        return self.recipe.precision

    @property
    def fingerprint(self) -> str:
        """Hash of weights, taps, preprocessing and precision: DNAs compare under one fingerprint only."""
        return self.spec["fingerprint"]

    @property
    def folds(self) -> int:
        """How many convolutions compute their norm or activation too while images go through."""
        return sum(1 for pair in self._pairs if pair.norm or pair.activation)

    def __repr__(self) -> str:
        return (
            f"Extractor({self.name!r}, {len(self.layers)} layers, {self.n_neurons} neurons, {self.precision} "
            f"on {self.device}, {self.fingerprint[:8]})"
        )

    def preprocess(self, path: str | Path | BinaryIO) -> torch.Tensor:
        """(3, H, W) float32 on the CPU: the image as the network sees it, normalised. Exactly what extraction uses."""
        return preprocess(Path(path) if isinstance(path, str) else path, self.recipe.preprocessing)

    def visit(self, batch: torch.Tensor, see: See, widen: bool = True, name: Named | None = None) -> None:
        """Run `batch` (N, 3, H, W) and call `see(layer, tensor)` as each layer is computed, in the order of `layers`.

        The tensor is a float32 (N, C, S) view of the network's own memory, channel-major or channel-minor, and good
        only during the call. In half precision it is a widened copy; `widen=False` leaves it as it is. The forward
        stops after the last layer, unless `name` is given: then it goes on to the head, and `name(classes,
        probabilities)` gets the most probable classes of each image, (N, k) each, best first. Raises BadInput for a
        batch of another shape; an error raised in `see` passes through; no hook is left behind in either case.
        """
        batch = self._placed(batch)

        def see_float(layer: str, tensor: torch.Tensor) -> None:
            see(layer, tensor.float() if widen else tensor)  # no copy in fp32

        taps = Taps(self.network, self.taps, see_float, stop=name is None)
        with self._lock, torch.inference_mode(), exact_kernels(), self._folding(), taps:
            found = self.network(batch)
            if name is not None:
                best = self.odds(found).topk(min(KEPT, self.classes))
                name(best.indices, best.values)

    def _folding(self) -> Folded:
        if self._folded is None:  # only now: loading a network just to describe it needs no labels
            self._folded = Folded(self.network, self._pairs)
        return self._folded

    def activations(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """{layer: (N, C, S) float32} of `batch` (N, 3, H, W), copied: safe to keep and to change."""
        kept: dict[str, torch.Tensor] = {}
        self.visit(batch, lambda layer, tensor: kept.__setitem__(layer, tensor.clone()))
        return kept

    @contextmanager
    def held(self) -> Iterator[nn.Module]:
        """The network itself, for this thread alone until the block ends.

        Hooks and modes may be set on it inside; its parameters need no gradients and it is in evaluation mode, before and
        after.
        """
        with self._lock:
            try:
                yield self.network
            finally:
                self.network.eval().requires_grad_(False)
                self.network.zero_grad(set_to_none=True)

    @property
    def names_images(self) -> bool:
        """Whether the network has a trained head that says what an image shows."""
        return self.classes > 1 and may_have_head(self.spec)

    @property
    def classes(self) -> int:
        """How many classes the network's head has; 0 without a head."""
        return int(getattr(self.network, "num_classes", 0) or 0)

    def labels(self, images: torch.Tensor | Sequence[str | Path], k: int = 5) -> list[list[tuple[int, float]]]:
        """For each image the k most probable (class index, probability), best first. Tags are probable each for itself.

        `images` are paths, which go through the head's own transform (not the DNA's), or a batch (N, 3, H, W) that went
        through `preprocess_for_labels`. Raises BadInput where the network has no classifier head.
        """
        if not self.classes:
            raise BadInput(f"The extractor {self.name} has no classifier head; choose one trained on classes.")
        if not isinstance(images, torch.Tensor):
            images = torch.stack([self.preprocess_for_labels(path) for path in images])
        batch = self._placed(images)
        with self._lock, torch.inference_mode(), exact_kernels():
            best = self.odds(self.network(batch)).topk(min(k, self.classes))
        rows = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [list(zip(indices, odds, strict=True)) for indices, odds in rows]

    def odds(self, scores: torch.Tensor) -> torch.Tensor:
        """(N, classes) float32 probabilities of what the head says: adding up to 1, or of tags each for itself."""
        return (
            scores.float().sigmoid()
            if getattr(self.network, "independent_classes", False)
            else scores.float().softmax(1)
        )

    def preprocess_for_labels(self, path: str | Path) -> torch.Tensor:
        """(3, H, W) float32 under the transform that the classifier head was evaluated with."""
        return preprocess_for_labels(Path(path), self.recipe.preprocessing, self.recipe.labels)

    def _placed(self, batch: torch.Tensor) -> torch.Tensor:
        if not isinstance(batch, torch.Tensor) or batch.ndim != 4 or batch.shape[1] != 3:
            shape = tuple(getattr(batch, "shape", ())) or type(batch).__name__
            raise BadInput(f"A batch must be a tensor (N, 3, H, W); got {shape}. Stack preprocessed images.")
        size = getattr(self.network, "fixed_input_size", None)
        if size is not None and tuple(batch.shape[2:]) != (size, size):
            raise BadInput(
                f"{self.name} takes images of {size} x {size} pixels; got {batch.shape[2]} x "
                f"{batch.shape[3]}. Use ex.preprocess, or load it with input_size={batch.shape[2]}."
            )
        return batch.to(self.device, DTYPES[self.precision], memory_format=self._format, non_blocking=True)


@contextmanager
def exact_kernels() -> Iterator[None]:
    """CUDA convolutions without TF32 and without algorithms that give another sum on another run."""
    if not torch.cuda.is_available():
        yield
        return
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield
