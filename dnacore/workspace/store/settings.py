"""Settings: which network, calibration and number of bins there are DNAs of in a workspace."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnacore.dna.calibration import Calibration
from dnacore.errors import Damaged
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset

if TYPE_CHECKING:
    from dnacore.extractors import Extractor


@dataclass(frozen=True)
class Setting:
    """A network under one calibration and number of bins: what a DNA must share with another to be compared."""

    id: int
    label: str
    extractor: str
    calibration: str
    bins: int
    specification: dict[str, Any]
    layers: dict[str, int]
    weights: str = ""  # the weights file it was loaded from, where it was one


def label_of(extractor: Extractor) -> str:
    """A network's label in a workspace: its name, and its precision unless that is fp32."""
    return extractor.name if extractor.precision == "fp32" else f"{extractor.name} ({extractor.precision})"


class Settings:
    """The settings of one workspace."""

    def __init__(self, root: Path, catalogue: Catalogue) -> None:
        self.root, self.catalogue = root, catalogue

    def setting(self, extractor: Extractor, calibration: Calibration, bins: int) -> Setting:
        """The setting of this network under this calibration; from now on the one its label stands for."""
        with self.catalogue.changing() as db:
            # At least one more than the last one: a corrected clock must not make an older setting the newest.
            last = db.execute("SELECT coalesce(max(used), 0) FROM setting").fetchone()[0]
            db.execute(
                "INSERT INTO setting (label, extractor, calibration, bins, specification, layers, weights, used) "
                "VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (extractor, calibration, bins) DO UPDATE SET "
                "label = excluded.label, specification = excluded.specification, weights = excluded.weights, "
                "used = excluded.used",
                (
                    label_of(extractor), extractor.fingerprint, calibration.fingerprint, bins,
                    json.dumps(extractor.spec), json.dumps(list(extractor.layers.items())),
                    str(extractor.weights_file.resolve()) if extractor.weights_file else "", last + 1,
                ),
            )  # fmt: skip
        key = extractor.fingerprint, calibration.fingerprint, bins
        found = next((s for s in self.settings() if (s.extractor, s.calibration, s.bins) == key), None)
        if found is None:
            raise Damaged("The catalogue lost a setting it had just written. Run the same command again.")
        return found

    def find_setting(self, label: str | Setting) -> Setting | None:
        """The setting last used under that label, or None; a setting is itself. No network is loaded."""
        return label if isinstance(label, Setting) else next((s for s in self.settings() if s.label == label), None)

    def settings(self) -> list[Setting]:
        """All settings, the last used first."""
        rows = self.catalogue.rows("SELECT * FROM setting ORDER BY used DESC, id DESC")
        found = []
        for r in rows:
            with suppress(ValueError, TypeError):  # unreadable after a disk error: it counts as never used
                specification, layers = json.loads(r["specification"]), dict(json.loads(r["layers"]))
                found.append(Setting(r["id"], r["label"], r["extractor"], r["calibration"], r["bins"], specification,
                                     layers, r["weights"]))  # fmt: skip
        return found

    def extractors_of(self, dataset: Dataset) -> list[str]:
        """Labels of the networks this dataset has a DNA of, last used first."""
        rows = self.catalogue.rows(
            "SELECT setting.label FROM extraction JOIN setting ON setting.id = extraction.setting "
            "WHERE dataset = ? AND part = ? ORDER BY setting.used DESC",
            dataset.id,
            str(dataset.part or ""),
        )
        return list(dict.fromkeys(row["label"] for row in rows))

    def labels(self) -> list[str]:
        """Labels of the networks that any dataset has a DNA of, last used first."""
        rows = self.catalogue.rows(
            "SELECT setting.label FROM extraction JOIN setting ON setting.id = extraction.setting ORDER BY setting.used DESC"
        )
        return list(dict.fromkeys(row["label"] for row in rows))
