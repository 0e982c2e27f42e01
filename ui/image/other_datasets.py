"""One image against every dataset: how far it is from each, and its rank among its own dataset's images by that."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

import dnacore as dc
from ui.app import capture, layout, reads
from ui.app.reads import Image, Ready
from ui.image import why

MOST = 16
QUICK = 15_000_000  # images times neurons that are ranked at once: about a second


def draw(image: Image, ready: Sequence[Ready], selection: dc.Selection | None) -> None:
    """Draw an image's distance to every dataset, nearest first."""
    st.subheader("Against every dataset", anchor=False)
    shown = ready[:MOST]
    neurons = reads.dna(image.dataset).n_neurons if selection is None else len(selection)
    work = image.dataset.dataset.images * neurons * len(shown)
    ranks = work <= QUICK or st.toggle("With ranks (takes a moment)", key="image-ranks")
    table = _table(
        str(image), tuple(one.key for one in shown), reads.selection_key(selection), ranks, image, shown, selection
    )
    st.dataframe(
        table,
        hide_index=True,
        key="image-elsewhere",
        height=min(38 + 35 * len(table), 320),
        column_config={
            "Distance": st.column_config.NumberColumn("Distance, bins", format="%.1f"),
            "Rank": st.column_config.NumberColumn(f"Rank of {image.dataset.dataset.images:,}", format="%d"),
        },
    )
    capture.table(table, "The image against every dataset")
    part = f" {len(shown)} of {len(ready)} datasets are shown." if len(shown) < len(ready) else ""
    layout.caption(f"Rank 1 is the image of its dataset that looks most like the dataset of the row.{part}")


@st.cache_resource(max_entries=24, show_spinner=False)
def _table(
    image: str,
    keys: tuple[str, ...],
    selection: str,
    ranks: bool,
    _image: Image,
    _shown: Sequence[Ready],
    _selection: dc.Selection | None,
) -> pd.DataFrame:
    rows = []
    for one in _shown:
        row: dict[str, object] = {"Dataset": one.said}
        if ranks:
            ranked = reads.ranking(_image.dataset, one, None, _selection)
            own = ranked[ranked["index"] == _image.index]
            row["Distance"] = float(own["distance"].iloc[0]) if len(own) else None
            row["Rank"] = int(own["rank"].iloc[0]) if len(own) else None
        else:
            row["Distance"] = why.tell(_image, one, None, _selection).found.distance
        rows.append(row)
    return pd.DataFrame(rows).sort_values("Distance", ignore_index=True)
