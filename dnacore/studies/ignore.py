"""What if I ignore this attribute? Weights that forget one attribute and keep the others (CVPR 2023, Table 2, eq. 5-7).

For each distance and network: the mean over attributes of what is left out of the attribute's own distance (eq. 6, 1:
all of it), and the mean change of all other attributes' distances (0: none), both on images not learned from.
"""

from __future__ import annotations

import numpy as np

from dnacore.attributes.forgetting import LEAST, METRICS, Forgetting, forget
from dnacore.attributes.survey import attributes_of
from dnacore.errors import BadInput
from dnacore.studies.frame.result import Figure, Mark, Result, Series
from dnacore.studies.frame.study import MAY, Option, Request, Role, Study, Subject

NAMES = {"emd": "DNA-EMD", "nfd": "NFD", "fd": "FD"}


def answer(request: Request) -> Result:
    """A row per distance and network, and one per attribute in `more`."""
    rows, details = [], []
    metrics = request.options["metrics"]
    subjects = request.datasets["dataset"]
    for k, one in enumerate(subjects):
        for m, metric in enumerate(metrics):
            request.watch(f"learning to forget, by {NAMES[metric]}", k * len(metrics) + m, len(subjects) * len(metrics))
            found = _forget(request, one, metric)
            rows.append(
                {
                    "metric": NAMES[metric],
                    "extractor": one.network,
                    "attributes": len(found),
                    "removal": float(np.mean([f.delta for f in found])),
                    "deviation": float(np.mean([f.harm for f in found])),
                    "removal_on_training": float(np.mean([f.trained for f in found])),
                    "learned_on": found[0].images[0],
                    "tested_on": found[0].images[1],
                }
            )
            details += [
                {
                    "metric": NAMES[metric],
                    "extractor": one.network,
                    "attribute": f.attribute,
                    "removal": f.delta,
                    "deviation": f.harm,
                }
                for f in found
            ]
    return _result(request, subjects[0], rows, details)


def _forget(request: Request, one: Subject, metric: str) -> list[Forgetting]:
    asked = attributes_of(one.table, least=2 * LEAST)
    if request.attribute and request.attribute not in {a.name for a in asked}:
        raise BadInput(
            f"“{one.name}” has no attribute {request.attribute} with {2 * LEAST} images on each side. It has: "
            f"{', '.join(a.name for a in asked) or 'none'}."
        )
    if len(asked) < 2:
        raise BadInput(
            f"“{one.name}” needs a table of at least two attributes, one to ignore and one to keep, each with {2 * LEAST} images on "
            "both sides. Only columns of a table of labels count here, not folders, tags, or what a network sees."
        )
    names = [request.attribute] if request.attribute else None
    return forget(
        one.sketches,
        asked,
        names,
        metric,
        one.dna.layers,
        one.dna.network,
        steps=request.options["steps"],
        seed=request.seed,
        progress=request.watch,
        stop=request.watch.stop,
    )


def _result(request: Request, one: Subject, rows: list[dict], details: list[dict]) -> Result:
    best = min(rows, key=lambda row: abs(1 - row["removal"]) + row["deviation"])  # eq. 7
    several = len({row["extractor"] for row in rows}) > 1
    x = [f"{row['metric']}, {row['extractor']}" if several else row["metric"] for row in rows]
    figures = [
        Figure(
            "bar",
            "What is removed, and what else changes",
            "distance",
            "share of the distance, on other images",
            [
                Series("removed of the attribute itself", x, [row["removal"] for row in rows]),
                Series("change of the other attributes", x, [row["deviation"] for row in rows]),
            ],
            [Mark("all of it", y=1.0)],
        )
    ]
    first = [d for d in details if (d["metric"], d["extractor"]) == (best["metric"], best["extractor"])]
    if len(first) > 1:
        names = [d["attribute"] for d in first]
        figures.append(
            Figure(
                "bar",
                f"Attribute by attribute ({best['metric']})",
                "attribute that is ignored",
                "share of the distance",
                [
                    Series("removed", names, [d["removal"] for d in first]),
                    Series("change of the others", names, [d["deviation"] for d in first]),
                ],
            )
        )
    what = request.attribute or "an attribute"
    columns = {
        "metric": "distance",
        "extractor": "network",
        "attributes": "attributes",
        "removal": "mean target removal (1: all)",
        "deviation": "mean deviation of the others (0: none)",
        "removal_on_training": "removal where it was learned",
        "learned_on": "images learned from",
        "tested_on": "images tested on",
    }
    return Result(
        f"Weights learned for {best['metric']} leave out {100 * best['removal']:.0f} % of the difference that {what} makes "
        f"in {one.name}, and change other differences by {100 * best['deviation']:.0f} % on average.",
        columns,
        rows,
        figures,
        "Weights are learned on one random half of the images and judged on the other. Removal above 1 is too much "
        "of it; the share of it that chance makes of few images cannot be learned away.",
        f"`python -m dnacore forget {one.name} {request.attribute or 'ATTRIBUTE'} --save NAME` keeps such weights "
        "as a selection for every page.",
        more={"by_attribute": details},
    )


STUDY = Study(
    "ignore",
    "What if I ignore this attribute?",
    "Learns weights under which distances forget one attribute and keep the others, for every attribute in turn.",
    "CVPR 2023, Table 2 and eq. 5-7",
    (Role("dataset", "Dataset", "images with a table of attributes", labelled=True),),
    answer,
    (
        Option("metrics", "Distances", "choices", METRICS, "which distances to learn weights for", METRICS),
        Option("steps", "Steps", "whole", 1500, "of the optimiser", low=10, high=20_000),
    ),
    attribute=MAY,
    extractors=True,
)
