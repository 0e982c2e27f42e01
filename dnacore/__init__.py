"""Visual DNA: sets of images as distributions of a frozen network's neuron activations, and how they differ.

    files -> images -> extractor -> accumulate -> shards -> workspace -> DNA -> distances -> selection, ranking

Everything public is listed here and imported when it is first used, so that `import dnacore` and `--help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Accumulator": "accumulate",
    "BadInput": "errors",
    "Calibration": "calibration",
    "Cancelled": "errors",
    "Comparison": "distances",
    "DNA": "dna",
    "Damaged": "errors",
    "DnaError": "errors",
    "Explanation": "explanation",
    "Extractor": "extractors",
    "Forgetting": "learning",
    "Gaussian": "gaussian",
    "Mismatch": "errors",
    "Mixture": "mixing",
    "Selection": "selection",
    "Sensitivity": "selection",
    "Unavailable": "errors",
    "UnknownName": "errors",
    "Workspace": "workspace",
    "attributes_of": "attributes",
    "auc": "retrieval",
    "calibrate": "calibration",
    "emd": "distances",
    "emd_avg": "distances",
    "explain": "explanation",
    "explain_image": "explanation",
    "extract": "extraction",
    "fd": "frechet",
    "forget": "learning",
    "kid": "mmd",
    "load_calibration": "calibration",
    "load_dna": "dnafile",
    "load_extractor": "extractors",
    "merge": "dna",
    "mixture": "mixing",
    "nfd": "distances",
    "pairwise": "distances",
    "precision_recall": "retrieval",
    "rank": "retrieval",
    "sensitivities": "attributes",
    "sensitivity": "selection",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
