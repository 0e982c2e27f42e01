"""Which datasets to train on for a target (CVPR 2023, Table 3 and eq. 8).

Datasets are ranked by their distance to the target, nearest first. Where it is known how models trained on each did on
the target, the ranking is judged by what it costs: with s_r the score of the dataset that truly comes r-th and p_r that
of the dataset predicted to, over R datasets and T targets,

    d = 1/T sum over targets of 1/R sum over r of |s_r - p_r|                       (as we read eq. 8)

A random ordering puts each dataset at each rank equally often, so its mean is 1/R^2 sum over r, j of |s_r - s_j|.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dnacore.distances.pairwise import pairwise
from dnacore.errors import BadInput
from dnacore.studies.frame.result import Figure, Result, Series
from dnacore.studies.frame.study import Option, Request, Role, Study

EXAMPLE = "example"
EXAMPLE_FILE = Path(__file__).parent / "data" / "transfer_example.csv"
ORDERINGS = 10_000


COLUMNS = {
    "target": "target",
    "sources": "datasets",
    "discrepancy": "d (score)",
    "random": "d of a random order (mean)",
    "lost_by_first": "lost by training on the first predicted",
    "predicted": "predicted order",
    "true": "true order",
}


@dataclass(frozen=True)
class Chance:
    """What random orderings cost. mean: exact. low, high: nine in ten of 10,000 draws lie between."""

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


def read_scores(path: str) -> pd.DataFrame:
    """A table of cross-dataset scores: columns target, source, score, and perhaps distance. Raises BadInput."""
    file = EXAMPLE_FILE if path == EXAMPLE else Path(path)
    try:
        table = pd.read_csv(file, dtype={"target": str, "source": str})
    except (OSError, ValueError) as error:
        raise BadInput(f"The table of scores {file.name} cannot be read ({error}).") from error
    if missing := [c for c in ("target", "source", "score") if c not in table.columns]:
        raise BadInput(
            f"The table of scores {file.name} has no column {', '.join(missing)}: give target, source and score."
        )
    for column in ("score", "distance"):
        if column in table.columns and not np.isfinite(pd.to_numeric(table[column], errors="coerce")).all():
            raise BadInput(
                f"In the table of scores {file.name}, the column {column} holds something that is no number."
            )
    if table.duplicated(["target", "source"]).any():
        raise BadInput(f"The table of scores {file.name} has two rows for the same target and source. Keep one.")
    return table[table["target"] != table["source"]].reset_index(drop=True)


def answer(request: Request) -> Result:
    """The ranking of the datasets, or with scores: how good the predicted rankings are."""
    everyone = request.all()
    scores = request.options["scores"]
    if not scores:
        if len(everyone) < 2:
            raise BadInput("Give a target and at least one dataset to train on, or a table of scores.")
        return _ranked(request)
    table = read_scores(scores)
    if everyone:
        table = _measured(request, table)
    elif "distance" not in table.columns:
        raise BadInput("Without datasets the table of scores needs a column distance, by which sources are ranked.")
    return _judged(request, table)


def _distances(request: Request) -> tuple[list[str], np.ndarray]:
    everyone = request.all()
    request.watch("comparing datasets", 0, 1)
    found = pairwise([s.dna for s in everyone], request.options["metric"], request.selection)
    return [s.name for s in everyone], found.matrix


def _ranked(request: Request) -> Result:
    names, matrix = _distances(request)
    target = names[0]
    order = np.argsort(matrix[0, 1:], kind="stable") + 1
    rows = [
        {"rank": rank, "source": names[i], "distance": float(matrix[0, i]), "images": len(request.all()[i])}
        for rank, i in enumerate(order.tolist(), 1)
    ]
    unit = "bins" if request.options["metric"] == "emd" else "squared activation"
    first = rows[0]
    text = f"Of {len(rows)} datasets, {first['source']} is nearest to {target}"
    text += (
        f"; {rows[-1]['source']} is {rows[-1]['distance'] / first['distance']:.1f} times as far."
        if first["distance"] and rows[1:]
        else "."
    )
    figure = Figure(
        "bar",
        f"Distance to {target}",
        "dataset",
        f"{request.options['metric'].upper()}, {unit}",
        [Series("distance", [r["source"] for r in rows], [r["distance"] for r in rows])],
    )
    return Result(
        text,
        {"rank": "rank", "source": "dataset", "distance": f"distance ({unit})", "images": "images"},
        rows,
        [figure],
        f"Distances of whole datasets to “{target}”. The paper's models transferred best from near datasets; labels "
        "and size matter too, and are not looked at.",
        f"Train on {first['source']} first. With scores of models trained so far (--scores), this page says how far "
        "to trust that.",
    )


def _measured(request: Request, table: pd.DataFrame) -> pd.DataFrame:
    """The rows about the datasets given, with their distances."""
    names, matrix = _distances(request)
    at = {name: i for i, name in enumerate(names)}
    kept = table[table["target"].isin(names) & table["source"].isin(names)].copy()
    if kept.empty:
        raise BadInput(
            f"No row of the table of scores is about two of the datasets {', '.join(names)}. Names must be the same "
            "in both."
        )
    kept["distance"] = [matrix[at[t], at[s]] for t, s in zip(kept["target"], kept["source"], strict=True)]
    return kept


def _judged(request: Request, table: pd.DataFrame) -> Result:
    sign = 1.0 if request.options["higher"] else -1.0
    random = request.random()
    rows, targets, costs, notes = [], [], [], []
    for target, part in table.groupby("target", sort=False):
        if len(part) < 2:
            notes.append(f"{target} is left out: it has scores of one source only.")
            continue
        scores = sign * part["score"].to_numpy(np.float64)
        sources = part["source"].tolist()
        predicted = np.argsort(part["distance"].to_numpy(np.float64), kind="stable")
        true = np.argsort(-scores, kind="stable")
        alone = chance([scores], random, 1)
        costs.append(discrepancy(scores, predicted))
        targets.append(scores)
        lost_here = float(scores.max() - scores[predicted[0]])
        orders = (", ".join(sources[i] for i in order) for order in (predicted, true))
        rows.append(dict(zip(COLUMNS, (target, len(sources), costs[-1], alone.mean, lost_here, *orders), strict=True)))
    if not rows:
        raise BadInput("No target has scores of two sources or more, so there is nothing to rank.")
    by_chance = chance(targets, random)
    d = float(np.mean(costs))
    as_good = float((by_chance.draws <= d + 1e-12).mean())
    lost = float(np.mean([row["lost_by_first"] for row in rows]))
    x = [row["target"] for row in rows]
    figure = Figure(
        "bar",
        "What the predicted order costs",
        "target",
        "d: mean difference of the scores at each rank",
        [Series("predicted", x, costs), Series("random order, mean", x, [r["random"] for r in rows])],
    )
    if request.options["scores"] == EXAMPLE:
        notes.append("The example's numbers are made up: they show the table's form and are nobody's result.")
    return Result(
        f"Ranking by distance is off by {d:.2g} of the score at each rank (d), a random order by "
        f"{by_chance.mean:.2g}; {as_good:.1%} of random orders do as well.",
        COLUMNS,
        rows,
        [figure],
        "d is the mean, over targets and ranks, of the difference between the score of the dataset that truly has "
        "a rank and the one predicted to have it (CVPR 2023, eq. 8). The random mean is exact, its spread from "
        "10,000 orders.",
        f"Training on the dataset predicted first loses {lost:.2g} of the score on average.",
        notes,
        more={
            "discrepancy": d,
            "random": by_chance.mean,
            "random_deviation": by_chance.deviation,
            "random_low": by_chance.low,
            "random_high": by_chance.high,
            "random_as_good": as_good,
            "lost_by_first": lost,
        },
    )


STUDY = Study(
    "transfer",
    "Which of my datasets should I train on for that target?",
    "Ranks datasets by their distance to a target, and with a table of scores says what following that ranking costs.",
    "CVPR 2023, Table 3 and eq. 8",
    (
        Role(
            "target",
            "Target",
            "images like those that the model will see (none: a table of scores with distances)",
            least=0,
        ),
        Role("sources", "Datasets", "what could be trained on", least=0, most=None),
    ),
    answer,
    (
        Option(
            "scores",
            "Scores",
            "file",
            "",
            "a CSV with target, source, score (and distance, without datasets); or the word example",
            (EXAMPLE,),
        ),
        Option("metric", "Distance", "choice", "emd", "what datasets are ranked by", ("emd", "nfd", "fd")),
        Option("higher", "Higher is better", "yes", True, "whether a higher score is a better one"),
    ),
    selects=True,
)
