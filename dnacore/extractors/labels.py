"""Labels: what a network's own classifier head calls an image. They stand beside the DNA and never enter it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dnacore.extractors import Extractor


@dataclass(frozen=True)
class Label:
    """One class and how probable the network finds it (0 to 1). `name` is `class 285` where the classes are unknown."""

    index: int
    name: str
    probability: float


def name_images(extractor: Extractor, images: Sequence[str | Path], k: int = 5) -> list[list[Label]]:
    """Return for each image the k most probable classes, best first. Raises BadInput without a classifier head."""
    found = extractor.labels(images, k)
    return [[Label(i, _name(i, extractor.classes), odds) for i, odds in best] for best in found]


def may_have_head(specification: Mapping[str, Any]) -> bool:
    """Whether a network with this specification can have a trained classifier head, told without building it."""
    return (
        not specification["architecture"].startswith("dnacore:")
        and specification["arguments"].get("num_classes") != 0
        and specification["weights"]["source"] != "random"
    )


def _name(index: int, classes: int) -> str:
    return _imagenet()[index] if classes == len(_imagenet()) else f"class {index}"


@cache
def _imagenet() -> tuple[str, ...]:
    """The names of the 1,000 classes of ImageNet as timm lists them, the first word of each that has several."""
    from timm.data import ImageNetInfo

    info = ImageNetInfo()
    return tuple(info.index_to_description(index).partition(",")[0] for index in range(info.num_classes()))
