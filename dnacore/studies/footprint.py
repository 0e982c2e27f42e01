"""Footprint: how many bytes represent a dataset (CVPR 2023, Table 1).

Raw features are every activation of every neuron as float32, averaged ones their spatial means. The Gaussian and the
histogram DNA are as large as the files that are written of them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from dnacore.analyses.places import spots
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput
from dnacore.sketches.segments import bytes_per_image
from dnacore.studies.frame.result import Figure, Result, Series
from dnacore.studies.frame.study import Option, Request, Role, Study, Subject

FLOAT = 4  # bytes
NAMES = {
    "raw": "raw features",
    "averaged": "averaged features",
    "sketches": "sketches",
    "histogram": "DNA, histograms",
    "gaussian": "DNA, Gaussians",
}


def activations_per_image(subject: Subject) -> int | None:
    """How many activations one image has over all neurons; None for a DNA that was counted from sketches."""
    try:
        slices = layer_slices(subject.dna.layers).values()
        return sum((where.stop - where.start) * spots(subject.dna, where.start) for where in slices)
    except BadInput:
        return None


def sizes(subject: Subject, images: int) -> dict[str, int | None]:
    """{form: bytes} for so many images like those of the dataset. DNA files are written and measured."""
    neurons = subject.dna.n_neurons
    each = activations_per_image(subject)
    with tempfile.TemporaryDirectory() as folder:
        histogram = subject.dna.save(Path(folder, "histogram")).stat().st_size
        gaussian = subject.dna.gaussian().save(Path(folder, "gaussian")).stat().st_size
    return {
        "raw": None if each is None else each * FLOAT * images,
        "averaged": neurons * FLOAT * images,
        "sketches": bytes_per_image(neurons) * images,
        "histogram": histogram,
        "gaussian": gaussian,
    }


def said(size: float) -> str:
    """A size in words: 14.8 MB."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.3g} {unit}"


def answer(request: Request) -> Result:
    """A row per dataset, and one for a planned number of images."""
    rows: list[dict[str, Any]] = []
    everyone = request.all()
    for k, one in enumerate(everyone):
        request.watch("measuring files", k, len(everyone))
        rows.append(
            {"dataset": one.name, "images": one.dna.images, "neurons": one.dna.n_neurons} | sizes(one, one.dna.images)
        )
    planned = request.options["images"]
    if planned:
        most = max(everyone, key=lambda one: one.dna.images)
        row = {"dataset": f"if there were {planned:,} images", "images": planned, "neurons": most.dna.n_neurons}
        # With more images more bins are filled and the file compresses less: the largest measured size is used.
        rows.append(row | sizes(most, planned) | {"histogram": max(one["histogram"] for one in rows)})
    columns = {"dataset": "dataset", "images": "images", "neurons": "neurons"} | {
        k: f"{v} (bytes)" for k, v in NAMES.items()
    }
    figure = Figure(
        "bar",
        "What represents a dataset",
        "dataset",
        "bytes",
        [
            Series(
                name,
                [r["dataset"] for r in rows],
                [r[key] for r in rows],
                text=[said(r[key]) if r[key] else "" for r in rows],
            )
            for key, name in NAMES.items()
        ],
        log_y=True,
    )
    first = rows[0]
    times = first["raw"] / first["histogram"] if first["raw"] else None
    text = (
        f"{first['dataset']}: {first['images']:,} images fit into {said(first['histogram'])} of histograms or "
        f"{said(first['gaussian'])} of Gaussians"
    )
    text += (
        f", where their features would take {said(first['raw'])} ({times:,.0f} times the histograms)." if times else "."
    )
    return Result(
        text,
        columns,
        rows,
        [figure],
        "Raw features: every activation as a 4-byte number. Averaged features: one number per neuron and image. "
        "The DNAs are the sizes of the files as they are exported. Histograms are packed, so those of few images, which fill few "
        "bins, are smaller."
        + (f" For {planned:,} images, the largest one measured here stands: a lower bound." if planned else ""),
        "Share a DNA instead of images: `python -m dnacore export NAME --to FILE` writes it.",
        more={"activations_per_image": activations_per_image(everyone[0])},
    )


STUDY = Study(
    "footprint",
    "How small is a DNA?",
    "Measures the bytes of raw features, averaged features, and Gaussian and histogram DNAs of the same images.",
    "CVPR 2023, Table 1",
    (Role("dataset", "Datasets", "any datasets", least=1, most=None),),
    answer,
    (
        Option(
            "images",
            "Images planned",
            "whole",
            70_000,
            "also for so many images (0: no such row)",
            low=0,
            high=1_000_000_000,
        ),
    ),
)
