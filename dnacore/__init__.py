"""Visual DNA: sets of images as distributions of a frozen network's neuron activations, and how they differ.

    files -> images -> extractor -> accumulate -> shards -> workspace -> DNA -> distances -> selection, ranking

Everything public is listed here and imported when it is first used, so that `import dnacore` and `--help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOME = {
    "Accumulator": "counting.accumulator",
    "BadInput": "errors",
    "Calibration": "dna.calibration",
    "Cancelled": "errors",
    "Comparison": "distances.pairwise",
    "DNA": "dna.histogram",
    "Damaged": "errors",
    "DnaError": "errors",
    "Explanation": "analyses.explanation",
    "Extractor": "extractors",
    "Forgetting": "attributes.forgetting",
    "Gaussian": "dna.gaussian",
    "Mismatch": "errors",
    "Mixture": "analyses.mixture",
    "Selection": "neurons.selection",
    "Sensitivity": "attributes.sensitivity",
    "Unavailable": "errors",
    "UnknownName": "errors",
    "Workspace": "workspace.workspace",
    "attributes_of": "attributes.survey",
    "auc": "analyses.metrics",
    "calibrate": "extraction.calibrate",
    "emd": "distances.emd",
    "emd_avg": "distances.emd",
    "explain": "analyses.explanation",
    "explain_image": "analyses.explanation",
    "extract": "extraction.extraction",
    "fd": "distances.frechet",
    "forget": "attributes.forgetting",
    "kid": "distances.mmd",
    "load_calibration": "dna.calibration",
    "load_dna": "dna.file",
    "load_extractor": "extractors",
    "merge": "dna.histogram",
    "mixture": "analyses.mixture",
    "nfd": "distances.emd",
    "pairwise": "distances.pairwise",
    "precision_recall": "analyses.metrics",
    "rank": "sources.rank",
    "sensitivities": "attributes.survey",
    "sensitivity": "attributes.sensitivity",
}

__all__ = sorted(_HOME)  # noqa: PLE0605 - a sorted list is a list


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
