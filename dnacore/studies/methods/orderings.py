"""What a predicted order of datasets costs, where their true scores are known (CVPR 2023, eq. 8).

With s_r the score of the dataset that truly comes r-th and p_r that of the dataset predicted to, over R datasets and T
targets,

    d = 1/T sum over targets of 1/R sum over r of |s_r - p_r|                       (as we read eq. 8)

A random ordering puts each dataset at each rank equally often, so its mean is 1/R^2 sum over r, j of |s_r - s_j|.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ORDERINGS = 10_000


@dataclass(frozen=True)
class Chance:
    """What random orderings cost. mean: exact. low, high: 90 % of 10,000 draws lie between them."""

    mean: float
    deviation: float
    low: float
    high: float
    draws: np.ndarray


def discrepancy(scores: np.ndarray, predicted: np.ndarray) -> float:
    """Mean difference between the scores at each rank of the true and of the predicted order (eq. 8, one target).

    scores: (R,) of the datasets, higher is better. predicted: (R,) positions of the datasets, predicted best first.
    """
    return float(np.abs(np.sort(scores)[::-1] - scores[predicted]).mean())


def chance(targets: list[np.ndarray], random: np.random.Generator, orderings: int = ORDERINGS) -> Chance:
    """The cost of random orderings of every target's datasets. targets: the scores of each, (R,)."""
    exact = float(np.mean([np.abs(s[:, None] - s[None]).mean() for s in targets]))
    draws = np.mean(
        [np.abs(np.sort(s)[::-1] - random.permuted(np.tile(s, (orderings, 1)), axis=1)).mean(1) for s in targets],
        axis=0,
    )
    low, high = np.quantile(draws, [0.05, 0.95])
    return Chance(exact, float(draws.std()), float(low), float(high), draws)
