"""The recipe of an extractor: every setting that decides what its activations are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from dnacore.errors import BadInput, Damaged

VERSION = 1
PRECISIONS = ("fp32", "fp16", "bf16")
CROPS = ("squash", "center")
MEMORY_FORMATS = ("channels_last", "contiguous")


@dataclass(frozen=True)
class WeightsSource:
    """Where the numbers in the network come from: `random` (with a seed), `file`, `package` or `hub`.

    `file` is a bare file name: an absolute path would say where somebody keeps things, and be wrong elsewhere.
    """

    source: str
    seed: int | None = None
    repo: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class Preprocessing:
    """How pixels (0..255) become what the network sees: resized to size x size, / 255, - mean, / std."""

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: str = "squash"

    def __post_init__(self) -> None:
        if self.crop not in CROPS:
            raise BadInput(f"The crop {self.crop!r} is unknown; choose one of {', '.join(CROPS)}.")
        if self.size < 8:
            raise BadInput(f"An input size of {self.size} pixels is too small; use 32 or more.")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise BadInput("The mean and std of the preprocessing need three numbers each, and std must be above 0.")


@dataclass(frozen=True)
class LabelTransform:
    """The transform that a classifier head was evaluated with; used for labels only, never for a DNA."""

    interpolation: str = "bicubic"
    crop_pct: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """All that is needed to build an extractor again.

    `architecture` is a timm name or one of our own (`dnacore:...`), `arguments` its keyword arguments, `prepare` a step
    run on the bare network before the weights go in. `taps` names a rule in `taps.py`.
    """

    name: str
    architecture: str
    weights: WeightsSource
    preprocessing: Preprocessing
    arguments: dict[str, Any] = field(default_factory=dict)
    prepare: str | None = None
    taps: str = "blocks"
    precision: str = "fp32"
    memory_format: str = "channels_last"
    labels: LabelTransform = LabelTransform()

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise BadInput(f"The precision {self.precision!r} is unknown; choose one of {', '.join(PRECISIONS)}.")
        if self.memory_format not in MEMORY_FORMATS:
            raise BadInput(
                f"The memory format {self.memory_format!r} is unknown; choose one of {', '.join(MEMORY_FORMATS)}."
            )

    def to_spec(self, weights_hash: str, layers: dict[str, int]) -> dict[str, Any]:
        """The JSON-able description kept in the header of every DNA."""
        spec = asdict(self)
        spec["preprocessing"]["mean"] = list(self.preprocessing.mean)
        spec["preprocessing"]["std"] = list(self.preprocessing.std)
        spec["weights"] = {k: v for k, v in spec["weights"].items() if v is not None} | {"hash": weights_hash}
        return {"version": VERSION, **spec, "layers": dict(layers), "fingerprint": fingerprint(spec, layers)}


def fingerprint(spec: dict[str, Any], layers: dict[str, int]) -> str:
    """Hex digest of what activations mean: weights, architecture, taps, preprocessing and precision.

    Not in it: device, memory format, where the weights came from, and the name a person uses for the extractor.
    """
    meaning = {
        "architecture": spec["architecture"],
        "arguments": spec["arguments"],
        "prepare": spec["prepare"],
        "weights": spec["weights"]["hash"],
        "layers": list(layers.items()),
        "taps": spec["taps"],
        "preprocessing": spec["preprocessing"],
        "precision": spec["precision"],
    }
    return hashlib.blake2b(json.dumps(meaning, sort_keys=True).encode(), digest_size=16).hexdigest()


def from_spec(spec: dict[str, Any]) -> Recipe:
    """The recipe behind a `spec`. Raises Damaged for a version or shape we do not know."""
    if spec.get("version") != VERSION:
        raise Damaged(
            f"This extractor description has version {spec.get('version')!r}, this program knows {VERSION}; "
            "install a newer release or extract again."
        )
    try:
        weights = {k: v for k, v in spec["weights"].items() if k != "hash"}
        pre = spec["preprocessing"]
        return Recipe(
            name=spec["name"],
            architecture=spec["architecture"],
            weights=WeightsSource(**weights),
            preprocessing=Preprocessing(**{**pre, "mean": tuple(pre["mean"]), "std": tuple(pre["std"])}),
            arguments=dict(spec["arguments"]),
            prepare=spec["prepare"],
            taps=spec["taps"],
            precision=spec["precision"],
            memory_format=spec["memory_format"],
            labels=LabelTransform(**spec["labels"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"This extractor description cannot be read ({error}); extract the dataset again.") from error
