"""The gallery: thousands of thumbnails in one component that draws only what is in sight.

Python sends columns of small values once; the browser asks `/thumb/{dataset}/{index}` for the pictures it shows.
Clicking or Enter opens an image, Space, Shift and Ctrl select as in a file manager, Esc lets go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

_STATIC = Path(__file__).parent / "static"
_component = st.components.v2.component(
    "visual_dna_gallery",
    js=(_STATIC / "gallery.js").read_text(encoding="utf-8"),
    css=(_STATIC / "gallery.css").read_text(encoding="utf-8"),
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
    """A titled run of pictures; `rows` limits it to as many rows as the width allows to fill, 0 shows all."""

    pictures: Sequence[Picture]
    title: str = ""
    note: str = ""
    rows: int = 0


@dataclass(frozen=True)
class Seen:
    """What the person did: the picture just opened, if any, and the pictures now selected."""

    opened: Picture | None
    selected: tuple[Picture, ...]


def wall(
    bands: Sequence[Band] | Sequence[Picture],
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
    """
    runs = [item if isinstance(item, Band) else None for item in bands]
    whole = [band for band in runs if band] if all(runs) and runs else [Band(list(bands))]  # type: ignore[arg-type]
    pictures = [picture for band in whole for picture in band.pictures]
    data = payload(whole, pictures, title=title, height=height, size=size, columns=columns, note=note)
    data |= {"controls": controls, "selectable": selectable, "empty": empty, "base": base_url(), "aspect": aspect}
    result = _component(
        key=key, data=data, default={"selected": []}, on_selected_change=_nothing, on_opened_change=_nothing
    )
    opened, selected = result.get("opened"), result.get("selected") or []
    return Seen(
        opened=pictures[opened] if isinstance(opened, int) and 0 <= opened < len(pictures) else None,
        selected=tuple(pictures[at] for at in selected if isinstance(at, int) and 0 <= at < len(pictures)),
    )


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
    for column in ("name", "left", "right", "label", "version"):
        values = [getattr(picture, column) for picture in pictures]
        if any(values):
            data[column] = values
    starts, at = [], 0
    for band in bands:
        starts.append(
            {"start": at, "count": len(band.pictures), "title": band.title, "note": band.note, "rows": band.rows}
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


def _nothing() -> None:
    """Reports are read from the component's result; Streamlit wants a callback for every name it returns."""
