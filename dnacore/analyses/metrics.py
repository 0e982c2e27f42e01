"""How good a ranking is: precision-recall and the area under the ROC curve.

Not scikit-learn's, against which both are tested: of 400 images `roc_auc_score` takes 1.8 ms and this 0.02, which the
slider over neurons needs 48 times; and it refuses the infinite distances that some baselines give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dnacore.errors import BadInput


@dataclass(frozen=True)
class PrecisionRecall:
    """precision, recall: (N,) float64, after each of the N ranked images; average: mean precision at each hit."""

    precision: np.ndarray
    recall: np.ndarray
    average: float


def precision_recall(relevant: np.ndarray) -> PrecisionRecall:
    """Precision and recall down a ranking. relevant: (N,) bool, nearest first. Raises BadInput without a hit."""
    relevant = np.asarray(relevant, bool)
    if not relevant.any():
        raise BadInput("Precision and recall need at least one relevant image.")
    hits = np.cumsum(relevant)
    precision = hits / np.arange(1, len(relevant) + 1)
    return PrecisionRecall(precision, hits / hits[-1], float(precision[relevant].mean()))


def auc(distance: np.ndarray, relevant: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a relevant image lies nearer than another one; ties count half.

    distance: (N,) smaller is nearer; relevant: (N,) bool. Raises BadInput unless both kinds are there.
    """
    distance, relevant = np.asarray(distance, np.float64), np.asarray(relevant, bool)
    hits, others = distance[relevant], np.sort(distance[~relevant])
    if not len(hits) or not len(others):
        raise BadInput("AUC needs relevant and other images.")
    farther = len(others) - np.searchsorted(others, hits, "right")
    equal = len(others) - np.searchsorted(others, hits, "left") - farther
    return float((farther.sum() + equal.sum() / 2) / (len(hits) * len(others)))
