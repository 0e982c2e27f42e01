"""Images as points in a plane: the picture under the hand, and a lasso around those that one wants."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ui.components import wall
from ui.components.component import component
from ui.components.wall import Picture
from ui.server import blobs

_component = component(__file__, "point_map.js", reports=("picked", "opened", "lost"))


@dataclass(frozen=True)
class Kind:
    """What a colour on the map stands for."""

    name: str
    colour: str


@dataclass(frozen=True)
class Marked:
    """What the person did: the picture just opened, if any, those inside the lasso, and whether it was drawn here."""

    opened: Picture | None
    picked: tuple[Picture, ...]
    drawn: bool = False


def show(
    pictures: Sequence[Picture],
    points: np.ndarray,
    kinds: Sequence[Kind],
    of: np.ndarray,
    notes: Sequence[str],
    *,
    key: str,
    title: str,
    height: int = 500,
    start: Sequence[int] = (),
    labels: Sequence[tuple[float, float, str]] = (),
) -> Marked:
    """Draw the map.

    Args:
        points: (N, 2) where each picture lies. of: (N,) which kind it is. notes: what stands below its name on hover.
        start: places of the pictures that are inside the lasso at first. labels: x, y and text of what stands on the map.
    """
    body = np.asarray(points, "<f4").tobytes() + np.asarray(of, "<u2").tobytes()
    listed = {
        "dataset": [one.dataset for one in pictures],
        "index": [one.index for one in pictures],
        "name": [one.name for one in pictures],
        "version": [one.version for one in pictures],
        "note": list(notes),
    }
    source, columns = blobs.put(body, "application/octet-stream"), blobs.put(wall.packed(listed))
    # What is picked outlives another colouring, and another layout of the same images, but not other images.
    known = repr([(one.dataset, one.index) for one in pictures]).encode()
    identity = hashlib.blake2b(known, digest_size=8).hexdigest()
    result = _component(
        key=key,
        data={
            "title": title,
            "identity": identity,
            "source": source,
            "columns": columns,
            "base": wall.base_url(),
            "count": len(pictures),
            "height": height,
            "start": list(start),
            "labels": [[x, y, text] for x, y, text in labels],
            "kinds": [{"name": kind.name, "colour": kind.colour} for kind in kinds],
        },
        default={"picked": {}},
    )
    opened, picked = result.get("opened"), result.get("picked") or {}
    drawn = picked.get("of") == identity
    places = picked.get("places", []) if drawn else list(start)
    return Marked(
        pictures[opened] if isinstance(opened, int) and 0 <= opened < len(pictures) else None,
        tuple(pictures[at] for at in places if isinstance(at, int) and 0 <= at < len(pictures)),
        drawn,
    )
