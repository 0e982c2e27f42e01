"""The lasso on a map of images, kept in the link; what can be done with what is in it; and the names of clusters."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

import dnacore as dc
from dnacore.analyses.clusters import Cluster, named_clusters
from dnacore.analyses.projection import Plane
from dnacore.attributes.derived import BETWEEN, FOLDER, TAG
from dnacore.sketches.words import SEES
from dnacore.workspace.saved import piles
from ui.app import address, reads
from ui.app.reads import Ready
from ui.choices import picking
from ui.components.point_map import Marked
from ui.components.wall import Seen
from ui.map.layouts import Population

KEY, LOOK = "lasso", "zoom"


def linked(there: Population) -> list[int]:
    """Return the places on a map of the images that the link says are inside the lasso."""
    token = address.asked(KEY)
    if not token:
        return []
    try:
        inside = set(piles.load(reads.workspace(), token).with_)
    except dc.UnknownName:
        address.drop(KEY)
        return []
    address.keep(KEY, token)  # a lasso that came by a link belongs into reports and further links, too
    return [at for at, one in enumerate(there.pictures) if (one.dataset, one.index) in inside]


def look() -> str:
    """Return how the link asks the map to be looked at; "" for as it is at first."""
    asked = address.asked(LOOK) or ""
    if asked:
        address.keep(LOOK, asked)
    return asked


def keep(seen: Marked) -> None:
    """Keep what is inside the lasso, and how the map is looked at, in the page's address."""
    if seen.look is not None:
        if text := seen.look.written():
            address.keep(LOOK, text)
        elif address.code(LOOK):
            address.drop(LOOK)
    if not seen.drawn:
        return
    images = piles.distinct([(one.dataset, one.index) for one in seen.picked])
    if images:
        address.keep(KEY, piles.save(reads.workspace(), piles.Piles(with_=images)))
    elif address.code(KEY):
        address.drop(KEY)


def bar(seen: Marked) -> None:
    """Draw what can be done with the images inside the lasso, at the map."""
    if not seen.picked:
        return
    with st.container(key="lasso-bar", horizontal=True, gap="small"):
        for action in picking.ACTIONS:
            if st.button(action.label, key=f"lasso-{action.name}"):
                picking.take(Seen(None, (), action.name, seen.picked))


def names(chosen: Sequence[Ready], there: Population, plane: Plane) -> list[tuple[float, float, str]]:
    """Return the names of a map's clusters and their places: words, folders and tags that are more frequent there."""
    known = tuple(f"{one.key}:{reads.table_key(one.dataset)}" for one in chosen)
    found = _clusters(known, hash(plane.points.tobytes()), tuple(chosen), there, plane)
    return [(*one.place, one.name) for one in found]


@st.cache_resource(max_entries=12, show_spinner=False)
def _clusters(
    known: tuple[str, ...], laid: int, _chosen: tuple[Ready, ...], _there: Population, _plane: Plane
) -> list[Cluster]:
    said = []
    for one in _chosen:
        table = reads.attributes(one.dataset)
        columns = [table[name] for name in (SEES, FOLDER, TAG) if name in table.columns]
        said.append(
            [[word for value in row for word in value.split(BETWEEN) if word] for row in zip(*columns, strict=True)]
        )
    rows = zip(_there.owner.tolist(), _there.rows.tolist(), strict=True)
    shown = [said[owner][row] if said[owner] else [] for owner, row in rows]
    return named_clusters(_plane.points, shown)
