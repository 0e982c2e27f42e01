"""What smaller sketches cost in ranking: `python -m benchmarks.sketch_size SHARED [--extractor efficientnet_lite0] [--images 60]`.

SHARED is a folder with `styles`, `day_night` and `faces`. The images' quantiles are taken at 32, 16 and 8 ranks, and
the 16 also rounded to 8 bits. References are made of the same quantiles that are ranked. Printed for each form: its
bytes for an image and neuron, the mean AUC of ranking by half of a style or of the day, and that of ranking one half of
the faces by the 20 neurons that tell most on the other half, nearest to *with* and farthest from *without* (mean of
both ways); then how like the order is to that of 32 quantiles (Spearman, by all neurons and by those 20).
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

import dnacore as dc
from dnacore.analyses.ranking import atom_distances
from dnacore.counting.accumulator import BINS, quantile_ranks
from dnacore.dna.calibration import shipped
from dnacore.extraction.batches import feed
from dnacore.extractors import Extractor
from dnacore.images.files import find_images

TRAITS = ("hat", "glasses", "smiling")
Form = tuple[str, float, np.ndarray]  # name, bytes for an image and neuron, quantiles (n, N, Q)


def quantiles_of(extractor: Extractor, paths: list[Path], counts: tuple[int, ...]) -> list[np.ndarray]:
    """(n, N, Q) uint16 for each Q of `counts`: the binned activations of every image at the middles of Q equal shares."""
    bounds = shipped(extractor)
    assert bounds is not None
    low, scale = (torch.from_numpy(x.astype(np.float32)) for x in (bounds.low, BINS / (bounds.high - bounds.low)))
    found = [np.empty((extractor.n_neurons, len(paths), q), np.uint16) for q in counts]
    starts = dict(zip(extractor.layers, np.cumsum([0, *extractor.layers.values()]), strict=False))
    for batch in feed(extractor, paths, 16):
        assert batch.tensor is not None

        def see(layer: str, x: torch.Tensor, images: list[int] = batch.kept) -> None:
            rows = slice(starts[layer], starts[layer] + x.shape[1])
            bins = ((x - low[rows, None]) * scale[rows, None]).clamp(0, BINS - 1).to(torch.int16).sort(2).values
            for q, into in zip(counts, found, strict=True):
                into[rows, images] = bins[..., torch.from_numpy(quantile_ranks(x.shape[2], q))].transpose(0, 1).numpy()

        extractor.visit(batch.tensor, see)
    return found


def cdf(quantiles: np.ndarray) -> np.ndarray:
    """(n, N, Q) -> (n, B): the shares of all these images' quantiles in each bin or below it."""
    counts = np.stack([np.bincount(row.ravel(), minlength=BINS) for row in quantiles])
    return counts.cumsum(1) / counts.sum(1, keepdims=True)


def auc(wanted: np.ndarray, other: np.ndarray) -> float:
    """Share of pairs in which the wanted image is nearer."""
    return float((wanted[:, None] < other).mean() + (wanted[:, None] == other).mean() / 2)


def retrieval(quantiles: np.ndarray, groups: list[np.ndarray]) -> float:
    """Every second image of a group is the reference; the rest of it against all other groups; mean over groups."""
    found = []
    for group in groups:
        others = np.concatenate([g for g in groups if g is not group])
        near = atom_distances(np.ascontiguousarray(quantiles), cdf(quantiles[:, group[::2]])).mean(0)
        found.append(auc(near[group[1::2]], near[others]))
    return float(np.mean(found))


def trait(quantiles: np.ndarray, images: np.ndarray, values: np.ndarray) -> tuple[float, np.ndarray]:
    """AUC of an attribute (1 and 0) as described above, and the images' distances of the first way."""
    scores, halves, first = [], (images[::2], images[1::2]), np.empty(0)
    for learned, tried in (halves, halves[::-1]):
        ends = [cdf(quantiles[:, learned[values[learned] == value]]) for value in (1, 0)]
        top = np.argsort(-np.abs(ends[0] - ends[1]).sum(1), kind="stable")[:20]
        shown = np.ascontiguousarray(quantiles[top][:, tried])
        away = (atom_distances(shown, ends[0][top]) - atom_distances(shown, ends[1][top])).mean(0)
        scores.append(auc(away[values[tried] == 1], away[values[tried] == 0]))
        first = first if len(first) else away
    return float(np.mean(scores)), first


def spread(folder: Path, most: int) -> list[Path]:
    paths = [folder / one.path for one in find_images(folder)[0]]
    return paths[:: max(1, len(paths) // most)][:most]


def forms(found: list[np.ndarray]) -> list[Form]:
    """What is compared; 10 bytes are the peak, its place and the mean."""
    coded = found[1] // 4 * 4 + 2
    names = ("32 quantiles", "16 quantiles (kept)", "8 quantiles", "16 quantiles of 8 bits", "8 quantiles of 8 bits")
    arrays = (*found, np.minimum(coded, BINS - 1), np.minimum(found[2] // 4 * 4 + 2, BINS - 1))
    return list(zip(names, (74, 42, 26, 26, 18), arrays, strict=True))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("shared", type=Path)
    options.add_argument("--extractor", default="efficientnet_lite0")
    options.add_argument("--images", type=int, default=60, help="of each style and of day and night")
    asked = options.parse_args()
    torch.set_num_threads(2)
    extractor = dc.load_extractor(asked.extractor, "cpu")
    styles = [spread(folder, asked.images) for folder in sorted((asked.shared / "styles").iterdir()) if folder.is_dir()]
    times = [spread(asked.shared / "day_night" / name, asked.images) for name in ("day", "night")]
    with open(asked.shared / "faces" / "attributes.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    groups = [*styles, *times, [asked.shared / "faces" / row["file"] for row in rows]]
    ends = np.cumsum([0, *map(len, groups)])
    places = [np.arange(a, b) for a, b in zip(ends, ends[1:], strict=False)]
    found = quantiles_of(extractor, [path for group in groups for path in group], (32, 16, 8))
    print(
        f"{'':<24} {'bytes':>6} {'styles':>7} {'day':>7}"
        + "".join(f"{name:>9}" for name in TRAITS)
        + "  like 32: all, top 20"
    )
    orders: list[tuple[np.ndarray, np.ndarray]] = []
    for name, size, quantiles in forms(found):
        line = [retrieval(quantiles, places[: len(styles)]), retrieval(quantiles, places[len(styles) : -1])]
        for column in TRAITS:
            values = np.full(ends[-1], -1)
            values[places[-1]] = [int(row[column] or -1) for row in rows]
            images = places[-1][values[places[-1]] >= 0]
            score, away = trait(quantiles, images, values)
            line.append(score)
            if column == "hat":
                hat = away
        near = atom_distances(np.ascontiguousarray(quantiles), cdf(quantiles[:, places[0][::2]])).mean(0)
        orders.append((near, hat))
        like = [spearmanr(a, b).statistic for a, b in zip(orders[0], orders[-1], strict=True)]
        print(
            f"{name:<24} {size:>6} {line[0]:>7.4f} {line[1]:>7.4f}" + "".join(f"{x:>9.4f}" for x in line[2:])
            + f"   {like[0]:.5f} {like[1]:.5f}", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
