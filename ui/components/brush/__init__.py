"""One neuron's histograms, and the images behind the part of them that is brushed, while the brush moves.

The browser gets every image's 16 quantiles of this one neuron (0.3 MB for 10,000 images), so nothing waits for the
server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dnacore.sketches.segments import QUANTILES
from ui.app import capture, palette, reads, words
from ui.app.reads import Ready
from ui.components import wall
from ui.components.component import component
from ui.components.wall import Picture, sketched
from ui.figures import histograms
from ui.server import blobs

KINDS = {"share": "Shares", "counts": "Counts", "cumulative": "Cumulative"}
BARS = 100
WIDEST = 0.3  # share of the drawn part that is brushed at first
_component = component(__file__, "brush.js", reports=("range", "opened", "lost"))


@dataclass(frozen=True)
class Looked:
    """What the person did: the dataset and picture just opened, if any, the bins now brushed, and whether by hand."""

    dataset: Ready | None
    opened: Picture | None
    range: tuple[int, int]
    moved: bool


def show(
    chosen: Sequence[Ready],
    flat: int,
    *,
    key: str,
    title: str,
    kind: str = "share",
    logarithmic: bool = False,
    start: tuple[int, int] | None = None,
    height: int = 300,
) -> Looked:
    """Draw one neuron in several datasets.

    Args:
        kind: what the height of a bar is: share, counts or cumulative.
        start: the first and last bin brushed at first; without, where they tell the first two datasets apart.
    """
    dnas = [reads.dna(one) for one in chosen]
    counts = [dna.histograms[flat] for dna in dnas]
    edges, shares = histograms.rebin(counts, BARS)
    first, last = start or telling(edges, shares)
    galleries = [sketched.pictures_of(one) for one in chosen]
    atoms = [_atoms(one, flat) for one in chosen]
    known = f"{[one.key for one in chosen]}{flat}".encode()
    identity = hashlib.blake2b(known, digest_size=8).hexdigest()
    ranges = dnas[0].calibration
    result = _component(
        key=key,
        data={
            "title": title,
            "file": title.replace(" ", "-").replace("(", "").replace(")", ""),
            "identity": identity,
            "source": blobs.put(b"".join(one.tobytes() for one in atoms), "application/octet-stream"),
            "columns": sketched.columns_url(list(chosen)),
            "atoms": atoms[0].shape[1],
            "base": wall.base_url(),
            "series": [_series(*row) for row in zip(chosen, counts, shares, strict=True)],
            "edges": edges.tolist(),
            "low": float(ranges.low[flat]),
            "high": float(ranges.high[flat]),
            "bins": dnas[0].bins,
            "range": [int(first), int(last)],
            "kind": kind,
            "log": logarithmic,
            "height": height,
            "side": 120,
            "rows": 1,
            "aspect": next((reads.aspect(one.dataset) for one in chosen if not one.dataset.imported), 1.0),
        },
        default={"range": []},
    )
    dataset, opened = _opened(result.get("opened"), chosen, galleries)
    given = result.get("range") or []
    moved = len(given) == 3 and given[2] == identity  # otherwise it belonged to another neuron
    now = (int(given[0]), int(given[1])) if moved else (int(first), int(last))
    for one, found, images in zip(chosen, atoms, galleries, strict=True):
        _note(one, found, images, now)
    return Looked(dataset, opened, now, moved)


def _series(one: Ready, counts: np.ndarray, shares: np.ndarray) -> dict[str, Any]:
    """One dataset's histogram, as the browser draws it."""
    return {
        "name": one.said,
        "colour": palette.dataset_colour(one.dataset.colour),
        "total": int(counts.sum()),
        "shares": [round(float(value), 8) for value in shares],
    }


def _opened(
    place: object, chosen: Sequence[Ready], galleries: Sequence[Sequence[Picture]]
) -> tuple[Ready | None, Picture | None]:
    """The dataset and the picture that were clicked, if the browser names existing ones."""
    if not isinstance(place, list) or len(place) != 2 or not 0 <= place[0] < len(chosen):
        return None, None
    owner = galleries[place[0]]
    return chosen[place[0]], owner[place[1]] if 0 <= place[1] < len(owner) else None


def _note(one: Ready, atoms: np.ndarray, images: Sequence[Picture], now: tuple[int, int]) -> None:
    """Record the images in the brushed part, which only the browser draws, for reports."""
    share = ((atoms >= now[0]) & (atoms <= now[1])).mean(1)
    order = [int(at) for at in np.argsort(-share, kind="stable")[: capture.MOST_IMAGES] if share[at] > 0]
    shown = [replace(images[at], right=words.percent(float(share[at]))) for at in order]
    capture.images(f"{one.said}: images in the part looked at", shown, int((share > 0).sum()))


def telling(edges: np.ndarray, shares: Sequence[np.ndarray]) -> tuple[int, int]:
    """Return the bins in which, of the first two datasets, the one that the neuron reacts to more lies most above the
    other; or a single one's strongest tenth.

    edges: (m + 1,) bins; shares: (m,) each, of activations.
    """
    m = len(edges) - 1
    if len(shares) < 2:
        reached = np.cumsum(shares[0]) >= 0.9 * shares[0].sum()
        place = int(reached.argmax())
        return int(edges[place]), int(edges[-1]) - 1
    middles = np.asarray(edges[:-1] + edges[1:], float)
    more, less = sorted(shares[:2], key=lambda share: -float(share @ middles))
    gap = np.concatenate([[0.0], np.cumsum(more - less)])
    widest = max(1, round(WIDEST * m))
    best, found = -np.inf, (0, 1)
    for start in range(m):
        ends = np.arange(start + 1, min(start + widest, m) + 1)
        gains = gap[ends] - gap[start] - 1e-9 * (ends - start)  # the narrowest of equally good ones
        if gains.max() > best:
            best, found = float(gains.max()), (start, int(ends[gains.argmax()]))
    return int(edges[found[0]]), int(edges[found[1]]) - 1


def _atoms(one: Ready, flat: int) -> np.ndarray:
    """(N, 16) uint16: the bins of this neuron's quantiles in each image."""
    if one.dataset.imported:  # imported without its images
        return np.zeros((0, QUANTILES), "<u2")
    return np.ascontiguousarray(reads.sketches_of(one).quantiles(np.array([flat]))[0], "<u2")
