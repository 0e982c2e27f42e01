"""Images as points in a plane, with the picture under the pointer and a lasso."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from ui.components import wall
from ui.components.component import component
from ui.components.wall import Picture
from ui.server import blobs

_component = component(__file__, "point_map.js", reports=("picked", "opened", "look", "lost"))


CLOSEST = 60.0  # largest zoom, relative to the whole map; the script has the same limit


@dataclass(frozen=True)
class Kind:
    """What a colour on the map stands for."""

    name: str
    colour: str


@dataclass(frozen=True)
class Look:
    """The visible part of a map. of: which map, as a text that changes with its points.

    zoom: times as close as the whole map, 0 for the whole. x, y: what is in the middle. only: the one kind shown, or -1.
    """

    of: str
    zoom: float = 0.0
    x: float = 0.0
    y: float = 0.0
    pictured: bool = False
    dense: bool = False
    only: int = -1

    def written(self) -> str:
        """The look as a short text for an address; "" for the initial one."""
        if self == Look(self.of, x=self.x, y=self.y):
            return ""
        parts = (self.of, *(f"{value:.5g}" for value in (self.zoom, self.x, self.y)))
        return "_".join([*parts, str(int(self.pictured)), str(int(self.dense)), str(self.only)])

    @classmethod
    def read(cls, text: str) -> Look | None:
        """The look that `written` wrote; None for any other text."""
        parts = text.split("_")
        try:
            of, (zoom, x, y), (pictured, dense, only) = parts[0], map(float, parts[1:4]), map(int, parts[4:])
        except ValueError:
            return None
        if not np.isfinite([zoom, x, y]).all() or not 0 <= zoom <= CLOSEST:
            return None
        return cls(of, zoom, x, y, bool(pictured), bool(dense), only)


@dataclass(frozen=True)
class Marked:
    """What the person did: the picture just opened, if any, those inside the lasso, whether it was drawn here, the look.

    look: None where nobody changed how the map is looked at.
    """

    opened: Picture | None
    picked: tuple[Picture, ...]
    drawn: bool = False
    look: Look | None = None


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
    look: str = "",
) -> Marked:
    """Draw the map.

    Args:
        points: (N, 2) where each picture lies. of: (N,) which kind it is. notes: what stands below its name on hover.
        start: places of the pictures that are inside the lasso at first. labels: x, y and text of what stands on the map.
        look: how it is looked at at first, as `Look.written` gives it; passed over where it was another map.
    """
    place = hashlib.blake2b(np.asarray(points, "<f4").tobytes(), digest_size=4).hexdigest()
    asked = Look.read(look)
    if asked is not None and asked.only >= len(kinds):  # a kind that is gone: all are shown
        asked = replace(asked, only=-1)
    body = np.asarray(points, "<f4").tobytes() + np.asarray(of, "<u2").tobytes()
    source, columns = blobs.put(body, "application/octet-stream"), blobs.put(_columns(pictures, notes))
    # The lasso stays through other colours and other layouts of the same images, but not with other images.
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
            "place": place,
            "look": asdict(asked) if asked is not None and asked.of == place else None,
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
        _look(result.get("look"), place),
    )


def _columns(pictures: Sequence[Picture], notes: Sequence[str]) -> bytes:
    """What the browser fetches of the pictures, one list per column."""
    return wall.packed(
        {
            "dataset": [one.dataset for one in pictures],
            "index": [one.index for one in pictures],
            "name": [one.name for one in pictures],
            "version": [one.version for one in pictures],
            "note": list(notes),
        }
    )


def _look(told: object, place: str) -> Look | None:
    """The look that the browser reported for this map."""
    if not isinstance(told, Mapping) or told.get("of") != place:
        return None
    try:
        found = Look(**told)
        text = found.written()
    except (TypeError, ValueError):
        return None
    return found if not text or Look.read(text) is not None else None
