"""Photographs against drawings: how far apart domains of the same subjects lie, and which neurons and layers see it.

Distances are DNA-EMD (CVPR 2023, eq. 4). Neurons that separate a domain from the photographs are chosen on one half of
the images (section 4.3) and tried on the other, both ways round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dnacore.distances.pairwise import Comparison, pairwise
from dnacore.dna.layers import locate
from dnacore.errors import BadInput
from dnacore.studies.frame.result import Figure, Picture, Result, Series
from dnacore.studies.frame.study import Request, Role, Study, Subject
from dnacore.studies.methods.held_out import OPTIONS, Trial, both_ways

LEAST, SHOWN = 8, 4


def answer(request: Request) -> Result:
    """The study for the network, or side by side for each of several."""
    networks = list(dict.fromkeys(subject.network for subject in request.all()))
    if len(networks) < 2:
        return _one(request)
    found = {}
    for name in networks:
        own = {role: tuple(s for s in group if s.network == name) for role, group in request.datasets.items()}
        found[name] = _one(replace(request, datasets=own))
    return _side_by_side(request, found)


def _side_by_side(request: Request, found: dict[str, Result]) -> Result:
    """Several networks' results as one: which network's neurons separate the photographs better."""
    mean = {name: float(np.mean([row["auc_selected"] for row in one.table])) for name, one in found.items()}
    order = sorted(mean, key=lambda name: -mean[name])
    first = next(iter(found.values()))
    photographs = request.one("photographs").name
    if mean[order[0]] == mean[order[-1]]:
        text = f"{' and '.join(order)} tell {photographs} from the others equally well: in {100 * mean[order[0]]:.1f} % of pairs"
        advice = "Either network will do."
    else:
        rest = ", ".join(f"{name}'s in {100 * mean[name]:.1f} %" for name in order[1:])
        advice = f"To find drawings among photographs, or the other way round, use {order[0]}."
        text = (
            f"{order[0]} tells {photographs} from the others better: {request.options['neurons']} of its neurons put an "
            f"image of {photographs} before another one in {100 * mean[order[0]]:.1f} % of pairs, {rest}"
        )
    return replace(
        first,
        finding=f"{text}.",
        advice=advice,
        columns={"network": "network"} | dict(first.columns),
        table=[{"network": name} | dict(row) for name, one in found.items() for row in one.table],
        figures=[replace(f, title=f"{f.title} ({name})") for name, one in found.items() for f in one.figures],
        caption=f"{first.caption} A bin is another width in another network: compare AUC between networks, not bins.",
        pictures=first.pictures,
        more={"networks": {name: one.more for name, one in found.items()}, "auc": mean},
    )


def _one(request: Request) -> Result:
    """Distances between all domains, and for each against the photographs: neurons, depth, and images that pass."""
    photographs, domains = request.one("photographs"), request.datasets["domains"]
    everyone = [photographs, *domains]
    if few := [s.name for s in everyone if len(s) < LEAST]:
        raise BadInput(f"{', '.join(few)} has fewer than {LEAST} images, too few to choose neurons on half of them.")
    request.watch("comparing domains", 0, len(domains) + 1)
    found = pairwise([s.dna for s in everyone], "emd", request.selection)
    random = request.random()
    rows: list[dict[str, Any]] = []
    pictures, passing = [], []
    for k, domain in enumerate(domains, 1):
        request.watch("choosing neurons", k, len(domains) + 1)
        trials = both_ways(photographs, domain, request.options, random)
        layers = {layer: float(table[0, k]) for layer, table in found.layers.items()}
        deepest = max(layers, key=lambda layer: layers[layer])
        passed = _passing(trials, [t.score for t in trials])
        deep = {layer: _passing(trials, [t.layers[layer] for t in trials]) for layer in domain.dna.layers}
        easiest = max(deep, key=lambda layer: len(deep[layer]))
        best = [locate(domain.dna.layers, int(flat)) for flat in trials[0].chosen.flat[:3]]
        rows.append(
            {
                "domain": domain.name,
                "distance": float(found.matrix[0, k]),
                "images": len(domain),
                "auc_selected": float(np.mean([t.auc for t in trials])),
                "auc_all": float(np.mean([t.auc_of_all for t in trials])),
                "layer": deepest,
                "passing": len(passed),
                "passing_layer": f"{easiest}: {len(deep[easiest])}" if deep[easiest] else None,
                "neurons": "; ".join(f"{layer} {index}" for layer, index in best),
            }
        )
        names = {layer: [domain.paths[i] for i, _ in found] for layer, found in deep.items()}
        shares = {layer: len(found) / len(domain) for layer, found in deep.items()}
        passing.append(
            {
                "domain": domain.name,
                "images": [domain.paths[i] for i, _ in passed],
                "by_layer": names,
                "share_by_layer": shares,
            }
        )
        pictures += _pictures(domain, photographs, trials)
    rows.sort(key=lambda row: row["distance"])
    return _result(request, everyone, found, rows, pictures, passing)


def _passing(trials: tuple[Trial, Trial], told: Sequence[np.ndarray]) -> list[tuple[int, float]]:
    """Images of a domain that lie nearer to the photographs than to their own domain: (position, score), lowest first.

    told: each trial's scores, of the photographs and then of the domain.
    """
    scores = [
        (int(i), float(s))
        for t, all_of_it in zip(trials, told, strict=True)
        for i, s in zip(t.tried[1], all_of_it[len(t.tried[0]) :], strict=True)
    ]
    return sorted([pair for pair in scores if pair[1] < 0], key=lambda pair: pair[1])


def _pictures(domain: Subject, photographs: Subject, trials: tuple[Trial, Trial]) -> list[Picture]:
    scores = sorted(
        (float(s), int(i)) for t in trials for i, s in zip(t.tried[1], t.score[len(t.tried[0]) :], strict=True)
    )
    most = [
        Picture(domain.name, domain.paths[i], f"{'passes for' if s < 0 else 'the nearest to'} {photographs.name}")
        for s, i in scores[:SHOWN]
    ]
    back = sorted(
        (-float(s), int(i)) for t in trials for i, s in zip(t.tried[0], t.score[: len(t.tried[0])], strict=True)
    )
    return most + [
        Picture(photographs.name, photographs.paths[i], f"{'passes for' if s < 0 else 'the nearest to'} {domain.name}")
        for s, i in back[: SHOWN // 2]
    ]


def _result(
    request: Request,
    everyone: list[Subject],
    found: Comparison,
    rows: list[dict],
    pictures: list[Picture],
    passing: list,
) -> Result:
    names = [s.name for s in everyone]
    figures = _figures(names, found, passing)
    near, far = rows[0], rows[-1]
    order = ", then ".join(row["domain"] for row in rows)
    times = far["distance"] / near["distance"] if near["distance"] else 1.0
    text = (
        f"Nearest to {names[0]} is {order}"
        if len(rows) > 1
        else f"{near['domain']} lies {near['distance']:.3g} bins from {names[0]}"
    )
    text += f"; {far['domain']} lies {times:.1f} times as far away as {near['domain']}." if len(rows) > 1 else "."
    hard = min(rows, key=lambda row: row["auc_selected"])
    advice = (
        f"{request.options['neurons']} neurons chosen on half of the images put a picture of {names[0]} before one "
        f"of {hard['domain']} in {100 * hard['auc_selected']:.0f} % of pairs of other images"
    )
    advice += ", and do as well or better for the other domains." if len(rows) > 1 else "."
    columns = {
        "domain": "domain",
        "distance": f"distance to {names[0]} (bins)",
        "images": "images",
        "auc_selected": "AUC, selected neurons",
        "auc_all": "AUC, all neurons",
        "passing": f"images that pass for {names[0]}",
        "passing_layer": "layer where most pass",
        "layer": "layer that sees most",
        "neurons": "neurons that see most",
    }
    return Result(
        text,
        columns,
        rows,
        figures,
        "Distances of whole sets by DNA-EMD. AUC: of ranking the half of the images that the "
        f"{request.options['neurons']} neurons were not chosen on, mean of both ways round; 1 tells every pair, 0.5 "
        "is chance. An image passes where it lies nearer to the other side's images of that half than to its own kind's: in the "
        "table under the selected neurons, in the second figure under all neurons of one layer.",
        advice,
        pictures=pictures,
        more={"names": names, "matrix": found.matrix, "passing": passing},
    )


def _figures(names: list[str], found: Comparison, passing: list) -> list[Figure]:
    layers = [layer for layer in found.layers if found.layers[layer].any()]
    return [
        Figure(
            "line",
            f"Distance to {names[0]}, from early to late layers",
            "layer, early to late",
            "EMD, bins",
            [
                Series(name, layers, [found.layers[layer][0, k] for layer in layers])
                for k, name in enumerate(names)
                if k
            ],
        ),
        Figure(
            "line",
            f"Images that pass for {names[0]}, from early to late layers",
            "layer, early to late",
            f"nearer to {names[0]} than to their own kind, %",
            [Series(p["domain"], layers, [100 * p["share_by_layer"][layer] for layer in layers]) for p in passing],
        ),
        Figure(
            "heatmap",
            "Distances between the domains",
            "",
            "",
            [Series(n, names, row) for n, row in zip(names, found.matrix, strict=True)],
            z_title="EMD, bins",
        ),
    ]


STUDY = Study(
    "photo-drawing",
    "Photographs against drawings",
    "Compares photographs with paintings, cartoons or sketches of the same things: distances, neurons, depth, and "
    "images of one kind that pass for the other.",
    "CVPR 2023, section 4.3, on the domains of a second source",
    (
        Role("photographs", "Photographs", "what the others are compared with"),
        Role("domains", "Other domains", "paintings, cartoons, sketches, renderings", least=1, most=None),
    ),
    answer,
    OPTIONS,
    extractors=True,
    selects=True,
    version=2,
)
