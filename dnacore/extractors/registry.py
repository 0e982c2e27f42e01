"""The registry: every extractor with a name of its own, as a table that needs no network library to read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from dnacore.errors import UnknownName

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ExtractorInfo:
    """What a person needs to know to choose an extractor. `bytes` is the size of the weights to fetch (0: none)."""

    name: str
    title: str
    layers: dict[str, int]
    input_size: int
    status: str
    license: str
    source: str
    bytes: int

    @property
    def neurons(self) -> int:
        return sum(self.layers.values())


@dataclass(frozen=True)
class Entry:
    """One row of the registry; `layers` is the table that a test compares with the network as built."""

    name: str
    title: str
    architecture: str
    layers: dict[str, int]
    license: str
    arguments: dict[str, Any] = field(default_factory=dict)
    input_size: int = 224
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    seed: int | None = None
    source: str = ""
    bytes: int = 0
    taps: str = "blocks"


def _resnet(widths: tuple[int, ...], depths: tuple[int, ...]) -> dict[str, int]:
    return {f"layer{i}_{j}": width for i, (width, depth) in enumerate(zip(widths, depths), 1) for j in range(depth)}


ENTRIES: tuple[Entry, ...] = (
    Entry("random_resnet18", "ResNet-18, random weights", "resnet18", _resnet((64, 128, 256, 512), (2, 2, 2, 2)),
          license="none needed", arguments={"zero_init_last": False}, seed=0, source="drawn here, seed 0"),
    Entry("random_resnet50", "ResNet-50, random weights", "resnet50", _resnet((256, 512, 1024, 2048), (3, 4, 6, 3)),
          license="none needed", arguments={"zero_init_last": False}, seed=0, source="drawn here, seed 0"),
)


def available() -> list[ExtractorInfo]:
    """Every extractor with a name of its own, ready or not."""
    return [ExtractorInfo(entry.name, entry.title, dict(entry.layers), entry.input_size, "ready", entry.license,
                          entry.source, entry.bytes) for entry in ENTRIES]


def entry(name: str) -> Entry:
    """The registry row of that name. Raises UnknownName with the nearest names."""
    found = {row.name: row for row in ENTRIES}
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(found)}."
    raise UnknownName(f"There is no extractor named {name!r}; {hint} Any timm network is timm:<name>, and a weights file "
                      "is given by its path.")
