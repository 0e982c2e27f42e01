"""A checkpoint: a weights file together with what is needed to use it.

A JSON of the same stem beside the file may say so: `timm_model`, `create_kwargs`, `after_create`, `input_size`,
`mean`, `std`, `interpolation`, `crop_pct`. Arguments given by the caller win over it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dnacore.errors import BadInput, Damaged
from dnacore.extractors.build import network_defaults
from dnacore.extractors.spec import LabelTransform, Preprocessing, Recipe, WeightsSource


@dataclass(frozen=True)
class Checkpoint:
    """A weights file, its architecture and its preprocessing."""

    file: Path
    architecture: str
    arguments: dict[str, Any]
    prepare: str | None
    preprocessing: Preprocessing
    labels: LabelTransform

    @classmethod
    def describe(
        cls,
        file: Path,
        architecture: str | None = None,
        arguments: dict[str, Any] | None = None,
        prepare: str | None = None,
    ) -> Checkpoint:
        """Everything about `file` from the caller, the JSON beside it, and timm's defaults, in that order.

        Raises BadInput where the file or its architecture is not known, Damaged where the JSON cannot be read.
        """
        if not file.is_file():
            raise BadInput(f"There is no weights file at {file}; check the path.")
        beside = _sidecar(file)
        if architecture not in (None, beside.get("timm_model")):
            beside = {}  # it describes another network than the caller asks for
        architecture = architecture or beside.get("timm_model")
        if architecture is None:
            raise BadInput(
                f"The architecture of {file.name} is not known; pass architecture=<timm name>, or put it as "
                f'"timm_model" into {file.stem}.json beside the file.'
            )
        arguments = dict(beside.get("create_kwargs") or {}) if arguments is None else dict(arguments)
        if prepare is None and "reparameterize" in str(beside.get("after_create", "")):
            prepare = "reparameterize"
        usual = network_defaults(architecture, arguments, prepare)
        settings, labels = usual.preprocessing, usual.labels
        try:
            size = beside.get("input_size", settings.size)
            settings = replace(
                settings,
                size=int(size[-1] if isinstance(size, list) else size),
                mean=tuple(map(float, beside.get("mean", settings.mean))),
                std=tuple(map(float, beside.get("std", settings.std))),
            )
            labels = LabelTransform(
                str(beside.get("interpolation", labels.interpolation)), float(beside.get("crop_pct", labels.crop_pct))
            )
        except (TypeError, ValueError) as error:
            raise BadInput(f"{file.stem}.json beside {file.name} is not usable: {error}.") from error
        return cls(file, architecture, arguments, prepare, settings, labels)

    def recipe(self, name: str) -> Recipe:
        """The recipe of the extractor that this checkpoint makes."""
        return Recipe(
            name,
            self.architecture,
            WeightsSource("file", file=self.file.name),
            self.preprocessing,
            arguments=self.arguments,
            prepare=self.prepare,
            labels=self.labels,
        )


def _sidecar(file: Path) -> dict[str, Any]:
    path = file.with_suffix(".json")
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Damaged(f"{path.name} beside {file.name} is not readable JSON ({error}); mend or remove it.") from error
    return content if isinstance(content, dict) else {}
