"""Labels: what a network's own classifier head calls an image. They stand beside the DNA and never enter it."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnacore.extractors import Extractor

KEPT = 5  # classes kept of each image at extraction
IMAGENET = 1000
#: Shown wherever words of a network are shown.
CAUTION = (
    "Words are guesses of a network that was trained on ImageNet's photographs; on drawings they are at their worst."
)


@dataclass(frozen=True)
class Label:
    """One class and how probable the network finds it (0 to 1). `name` is `class 285` where the classes are unknown."""

    index: int
    name: str
    probability: float


def name_images(extractor: Extractor, images: Sequence[str | Path], k: int = KEPT) -> list[list[Label]]:
    """Return for each image the k most probable classes, best first. Raises BadInput without a classifier head."""
    found = extractor.labels(images, k)
    return [[Label(i, class_name(extractor, i), odds) for i, odds in best] for best in found]


def may_have_head(specification: Mapping[str, Any]) -> bool:
    """Whether a network with this specification can have a trained classifier head, told without building it."""
    return (
        not specification["architecture"].startswith("dnacore:")
        and specification["arguments"].get("num_classes") != 0
        and specification["weights"]["source"] != "random"
    )


@cache
def class_names(classes: int) -> tuple[str, ...]:
    """The names of a head's classes: ImageNet's words where it tells 1,000 apart, else `class 0`, `class 1`, ..."""
    return _imagenet() if classes == IMAGENET else tuple(f"class {index}" for index in range(classes))


def class_name(extractor: Extractor, index: int) -> str:
    """The name of one class of a network's head; `class 285` where it is not known."""
    names = _tags(extractor.weights_file) if extractor.weights_file is not None else ()
    return names[index] if len(names) == extractor.classes else class_names(extractor.classes)[index]


@cache
def _tags(weights: Path) -> tuple[str, ...]:
    """The tags that lie beside a weights file, in the order of its head: a CSV with a column `name`, or a JSON list."""
    table, listed = weights.parent / "selected_tags.csv", weights.parent / "tag_list.json"
    try:
        if table.is_file():
            with table.open(encoding="utf-8", newline="") as file:
                return tuple(row["name"].replace("_", " ") for row in csv.DictReader(file))
        if listed.is_file():
            return tuple(str(name) for name in json.loads(listed.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return ()  # the numbers can be shown without the names
    return ()


@cache
def _imagenet() -> tuple[str, ...]:
    """The names of the 1,000 classes of ImageNet as timm lists them: the first word of each that has several, or the
    second where another class has the same first (the dog and the garment called cardigan).

    Read from timm's own files, because importing timm takes seconds that a page does not have.
    """
    spec = find_spec("timm")
    assert spec is not None and spec.submodule_search_locations  # a fixed dependency
    folder = Path(spec.submodule_search_locations[0], "data", "_info")
    lemmas = dict(
        line.split("\t", 1) for line in (folder / "imagenet_synset_to_lemma.txt").read_text("utf-8").splitlines()
    )
    several = [lemmas[synset].split(", ") for synset in (folder / "imagenet_synsets.txt").read_text("utf-8").split()]
    firsts = Counter(words[0].lower() for words in several)
    return tuple(words[1] if firsts[words[0].lower()] > 1 and len(words) > 1 else words[0] for words in several)
