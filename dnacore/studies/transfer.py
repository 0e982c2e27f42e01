"""Which datasets to train on for a target (CVPR 2023, Table 3 and eq. 8).

Datasets are ranked by their distance to the target, nearest first. Where it is known how models trained on each did on
the target, the ranking is judged by what it costs (`orderings`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dnacore.distances.pairwise import pairwise
from dnacore.errors import BadInput
from dnacore.studies.frame.result import Figure, Result, Series
from dnacore.studies.frame.study import Option, Request, Role, Study
from dnacore.studies.methods.orderings import chance, discrepancy

EXAMPLE, MADE_UP = "example", "made-up"
_FOLDER = Path(__file__).parent / "data"
SHIPPED = {  # the tables that are shipped, and a note about each
    EXAMPLE: (
        _FOLDER / "transfer_mseg.csv",
        "The example's scores are the mIoU (%) of HRNet-W48 trained on one dataset and tried on another, as MSeg's authors "
        "give them (Lambert et al., CVPR 2020: mseg-dataset/mseg-semantic, README, “Results on the Training Datasets”).",
    ),
    MADE_UP: (
        _FOLDER / "transfer_made_up.csv",
        "These numbers are made up: they show the form of a table with distances and are nobody's result.",
    ),
}


COLUMNS = {
    "target": "target",
    "sources": "datasets",
    "discrepancy": "d (score)",
    "random": "d of a random order (mean)",
    "random_low": "from (nine in ten)",
    "random_high": "to (nine in ten)",
    "lost_by_first": "lost by training on the first predicted",
    "predicted": "predicted order",
    "true": "true order",
}
NEED_DISTANCE = ("discrepancy", "lost_by_first", "predicted")


def read_scores(path: str) -> pd.DataFrame:
    """A table of cross-dataset scores: columns target, source, score, and perhaps distance. Raises BadInput."""
    file = SHIPPED[path][0] if path in SHIPPED else Path(path)
    try:
        table = pd.read_csv(  # a dataset may be called "NA"; tables of scores are not compressed
            file, dtype={"target": str, "source": str}, keep_default_na=False, compression=None,
            na_values={"score": [""], "distance": [""]},
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise BadInput(f"The table of scores {file.name} cannot be read ({error}).") from error
    if missing := [c for c in ("target", "source", "score") if c not in table.columns]:
        raise BadInput(
            f"The table of scores {file.name} has no column {', '.join(missing)}: give target, source and score."
        )
    if (table[["target", "source"]] == "").any(axis=None):
        raise BadInput(f"In the table of scores {file.name}, a row has no name in target or source. Fill it in.")
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
    notes = [SHIPPED[scores][1]] if scores in SHIPPED else []
    about = table[table["target"].isin([s.name for s in everyone]) & table["source"].isin([s.name for s in everyone])]
    if len(about):
        table = _measured(request, about.copy())
    elif everyone and scores not in SHIPPED and "distance" not in table.columns:
        raise BadInput(
            f"No row of the table of scores is about two of the datasets {', '.join(s.name for s in everyone)}, and it "
            "has no column distance. Names must be the same in both."
        )
    elif everyone:
        notes.append("The table is shown by itself: no row of it is about two of the datasets that were chosen.")
    return _judged(request, table, notes)


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
    near, far = first["distance"], rows[-1]["distance"]
    if far >= 1.05 * near > 0:
        text += f"; {rows[-1]['source']} is {far / near:.1f} times as far."
    else:
        text += f"; {rows[-1]['source']} is about as near." if rows[1:] and near else "."
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


def _measured(request: Request, kept: pd.DataFrame) -> pd.DataFrame:
    """Rows about the datasets given, with their distances."""
    names, matrix = _distances(request)
    at = {name: i for i, name in enumerate(names)}
    kept["distance"] = [matrix[at[t], at[s]] for t, s in zip(kept["target"], kept["source"], strict=True)]
    return kept


def _judged(request: Request, table: pd.DataFrame, notes: list[str]) -> Result:
    sign = 1.0 if request.options["higher"] else -1.0
    random = request.random()
    rows: list[dict[str, Any]] = []
    targets: list[np.ndarray] = []
    for target, part in table.groupby("target", sort=False):
        if len(part) < 2:
            notes.append(f"{target} is left out: it has scores of one source only.")
            continue
        targets.append(sign * part["score"].to_numpy(np.float64))
        rows.append({"target": target} | _row(part, targets[-1], random))
    if not rows:
        raise BadInput("No target has scores of two sources or more, so there is nothing to rank.")
    by_chance = chance(targets, random)
    drawn = _bars(rows)
    more = {
        "random": by_chance.mean,
        "random_deviation": by_chance.deviation,
        "random_low": by_chance.low,
        "random_high": by_chance.high,
    }
    usual = f"{by_chance.mean:.3g} (nine in ten random orders between {by_chance.low:.3g} and {by_chance.high:.3g})"
    columns = dict(COLUMNS)
    if "distance" in table.columns:
        d = float(np.mean([row["discrepancy"] for row in rows]))
        as_good = float((by_chance.draws <= d + 1e-12).mean())
        lost = float(np.mean([row["lost_by_first"] for row in rows]))
        more |= {"discrepancy": d, "random_as_good": as_good, "lost_by_first": lost}
        text = (
            f"Ranking by distance is off by {d:.3g} of the score at each rank (d), a random order by {usual}; "
            f"{100 * as_good:.1f} % of random orders do as well."
        )
        advice = f"Training on the dataset predicted first loses {lost:.3g} of the score on average."
    else:
        columns = {key: title for key, title in COLUMNS.items() if key not in NEED_DISTANCE}
        text = f"A random order of the datasets is off by {usual} of the score at each rank (d)."
        advice = (
            "A ranking by distance has to stay below that. To judge one, choose datasets that are named as in the table, "
            "or give it a column distance."
        )
    return Result(
        text,
        columns,
        rows,
        [Figure("bar", "What an order costs", "target", "d: mean difference of the scores at each rank", drawn)],
        "d is the mean, over targets and ranks, of the difference between the score of the dataset that truly has "
        "a rank and the one predicted to have it (CVPR 2023, eq. 8). The random mean is exact, its spread from "
        "10,000 orders.",
        advice,
        notes,
        more=more,
    )


def _bars(rows: list[dict[str, Any]]) -> list[Series]:
    """The cost of the predicted order of each target, where there is one, and of random orders."""
    x = [row["target"] for row in rows]
    low, mean, high = ([row[key] for row in rows] for key in ("random_low", "random", "random_high"))
    drawn = (
        [Series("predicted by distance", x, [row["discrepancy"] for row in rows])] if "discrepancy" in rows[0] else []
    )
    return [*drawn, Series("random order, mean and nine in ten", x, mean, low, high)]


def _row(part: pd.DataFrame, scores: np.ndarray, random: np.random.Generator) -> dict[str, Any]:
    """One target's orders and what they cost. scores: (R,) of the sources, higher is better."""
    sources = part["source"].tolist()
    alone = chance([scores], random)
    row: dict[str, Any] = {
        "sources": len(sources),
        "random": alone.mean,
        "random_low": alone.low,
        "random_high": alone.high,
        "true": _said(sources, np.argsort(-scores, kind="stable")),
    }
    if "distance" in part.columns:
        predicted = np.argsort(part["distance"].to_numpy(np.float64), kind="stable")
        row |= {
            "discrepancy": discrepancy(scores, predicted),
            "lost_by_first": float(scores.max() - scores[predicted[0]]),
            "predicted": _said(sources, predicted),
        }
    return row


def _said(sources: list[str], order: np.ndarray) -> str:
    return ", ".join(sources[i] for i in order)


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
            "a CSV with target, source, score (and distance, without datasets); example: the scores of MSeg's seven "
            "datasets; made-up: the form of a table with distances",
            tuple(SHIPPED),
        ),
        Option("metric", "Distance", "choice", "emd", "what datasets are ranked by", ("emd", "nfd", "fd")),
        Option("higher", "Higher is better", "yes", True, "whether a higher score is a better one"),
    ),
    selects=True,
    version=2,
)
