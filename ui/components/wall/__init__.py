"""The gallery: thousands of thumbnails in one component that draws only those in sight.

Python sends columns of small values once; the browser asks `/thumb/{dataset}/{index}` for the pictures it shows.
Clicking or Enter opens an image, Space, Shift and Ctrl select as in a file manager, Esc lets go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from ui.app import capture, theme
from ui.components.component import component
from ui.server import blobs

LONG = ("dataset", "index", "name", "left", "right", "label", "version")
MANY = 400  # pictures; the columns of more are fetched once instead of being sent with every run of the page


_component = component(
    __file__, "wall.js", "wall_entry.js", style="wall.css", reports=("selected", "opened", "acted", "lost")
)


@dataclass(frozen=True)
class Picture:
    """One image of the gallery: which it is, and what stands below it.

    dataset, index: what the image routes serve by. name: read out and shown on hover. left, right, label: the badge
    (rank, distance) and a line under it. version: the start of the content's hash, so browsers cache it for good.
    """

    dataset: int
    index: int
    name: str = ""
    left: str = ""
    right: str = ""
    label: str = ""
    version: str = ""


@dataclass(frozen=True)
class Band:
    """A titled run of pictures; `rows` limits it to as many rows as the width allows to fill, 0 shows all.

    centred: of more than fit, those around the middle are shown instead of the first ones.
    """

    pictures: Sequence[Picture]
    title: str = ""
    note: str = ""
    rows: int = 0
    centred: bool = False


@dataclass(frozen=True, eq=False)
class Long:
    """Many pictures, made ready once: what the browser fetches of them is kept beside them.

    identity: changes whenever other pictures are shown. badged, labelled: whether something stands below them.
    """

    pictures: tuple[Picture, ...]
    columns: bytes
    identity: str

    @classmethod
    def of(cls, pictures: Sequence[Picture]) -> Long:
        """Make pictures ready to be shown, in this order."""
        data = payload([Band(pictures)], pictures, title="", height=None, size=0, columns=0, note=None)
        identity = data["identity"]
        return cls(tuple(pictures), packed({name: data[name] for name in LONG if name in data}), identity)

    def __len__(self) -> int:
        return len(self.pictures)


@dataclass(frozen=True)
class Action:
    """Something that can be done with the selected pictures: a button above them, and a key.

    lets_go: whether it clears the selection.
    """

    name: str
    label: str
    key: str = ""
    lets_go: bool = False


@dataclass(frozen=True)
class Seen:
    """What the person did: the picture just opened, if any, the pictures now selected (where no actions are offered),
    and the action just taken, with the pictures it was taken with. among: all pictures of the wall.
    """

    opened: Picture | None
    selected: tuple[Picture, ...]
    action: str = ""
    taken: tuple[Picture, ...] = ()
    among: Sequence[Picture] = ()


def wall(
    bands: Sequence[Band] | Sequence[Picture] | Long,
    *,
    key: str,
    title: str,
    height: int | None = None,
    size: int = 132,
    columns: int = 0,
    note: str | None = None,
    aspect: float = 1.0,
    controls: bool = True,
    selectable: bool = False,
    actions: Sequence[Action] = (),
    empty: str = "No images.",
) -> Seen:
    """Show pictures, in one run or in bands.

    Args:
        key: names the gallery; scroll position and selection stay with it until other pictures are shown.
        title: what the gallery is, for screen readers.
        height: of the scrolling window in pixels; None draws everything at its natural height (for tens of images).
        size: side of a thumbnail in pixels until the person moves the slider.
        columns: a fixed number of columns instead; 0 fills the width.
        aspect: width over height of a thumbnail's ground, chosen so that most pictures fill it.
        controls: whether the line with the count and the size slider is shown.
        actions: what can be done with selected pictures; makes them selectable.
    """
    size = round(1.5 * size) if theme.presenting() else size
    if isinstance(bands, Long):
        pictures: Sequence[Picture] = bands.pictures
        data = {"title": title, "height": height or 0, "size": size, "columns": columns, "note": note}
        data["bands"] = [{"start": 0, "count": len(pictures), "title": "", "note": "", "rows": 0}]
        data["identity"], data["columns_at"] = bands.identity, _columns_url(bands.columns)
        capture.images(title, list(pictures[: capture.MOST_IMAGES]), len(pictures))
    else:
        runs = [item if isinstance(item, Band) else None for item in bands]
        whole = [band for band in runs if band] if all(runs) and runs else [Band(list(bands))]  # type: ignore[arg-type]  # not bands, so pictures
        pictures = [picture for band in whole for picture in band.pictures]
        for band in whole:
            cut = max(0, len(band.pictures) - capture.MOST_IMAGES) // 2 if band.centred else 0
            noted = list(band.pictures[cut:])
            capture.images(": ".join(filter(None, (title, band.title))), noted, len(band.pictures))
        data = payload(whole, pictures, title=title, height=height, size=size, columns=columns, note=note)
        if len(pictures) > MANY:
            data["columns_at"] = _columns_url(packed({name: data.pop(name) for name in LONG if name in data}))
    data |= {"controls": controls, "empty": empty, "base": base_url(), "aspect": aspect}
    data |= {"selectable": selectable or bool(actions), "actions": [asdict(one) for one in actions]}
    result = _component(
        key=key,
        data=data,
        default={"selected": []},
    )
    return seen(result, pictures)


def seen(result: Mapping[str, Any], pictures: Sequence[Picture]) -> Seen:
    """Translate what a wall reported, positions, into pictures."""

    def picked(places: object) -> tuple[Picture, ...]:
        whole = [at for at in places if isinstance(at, int)] if isinstance(places, Sequence) else []
        return tuple(pictures[at] for at in whole if 0 <= at < len(pictures))

    opened, acted = result.get("opened"), result.get("acted") or {}
    return Seen(
        opened=next(iter(picked([opened])), None),
        selected=picked(result.get("selected")),
        action=str(acted.get("name", "")),
        taken=picked(acted.get("items")),
        among=pictures,
    )


def _columns_url(body: bytes) -> str:
    # Put at every run: the server may have dropped it to make room.
    return f"{base_url()}/columns/{blobs.put(body)}"


def packed(columns: Mapping[str, Any]) -> bytes:
    """Return the columns of a wall as the browser fetches them."""
    return json.dumps(columns, separators=(",", ":")).encode()


def payload(
    bands: Sequence[Band],
    pictures: Sequence[Picture],
    *,
    title: str,
    height: int | None,
    size: int,
    columns: int,
    note: str | None,
) -> dict[str, Any]:
    """Return the component's data: one list per column, and columns that are empty throughout left out."""
    data: dict[str, Any] = {"title": title, "height": height or 0, "size": size, "columns": columns, "note": note}
    datasets = {picture.dataset for picture in pictures}
    data["dataset"] = datasets.pop() if len(datasets) == 1 else [picture.dataset for picture in pictures]
    data["index"] = [picture.index for picture in pictures]
    for column in LONG[2:]:
        values = [getattr(picture, column) for picture in pictures]
        if any(values):
            data[column] = values
    starts, at = [], 0
    for band in bands:
        starts.append(
            {"start": at, "count": len(band.pictures), "title": band.title, "note": band.note, "rows": band.rows}
            | ({"centred": True} if band.centred else {})
        )
        at += len(band.pictures)
    data["bands"] = starts
    shown = json.dumps([data["dataset"], data["index"], [band.title for band in bands]])
    data["identity"] = hashlib.blake2b(shown.encode(), digest_size=8).hexdigest()
    return data


def thumb_url(dataset: int, index: int, version: str = "") -> str:
    """Return where the thumbnail of an image is served."""
    return f"{base_url()}/thumb/{dataset}/{index}" + (f"?v={version}" if version else "")


def image_url(dataset: int, index: int, version: str = "") -> str:
    """Return where an image is served large."""
    return f"{base_url()}/image/{dataset}/{index}" + (f"?v={version}" if version else "")


def base_url() -> str:
    """Return the path below which this server answers, without a slash at its end."""
    prefix = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{prefix}" if prefix else ""
