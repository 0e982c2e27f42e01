"""All images of a dataset as pictures, made once: 100,000 names and stamps take half a second, which no click should wait for."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dnacore.workspace.datasets import Dataset, parse_part
from ui.app import reads
from ui.components.wall import Picture, pictures


def of(dataset: Dataset) -> tuple[Picture, ...]:
    """Return a dataset's images, or a part's, without a badge, in the order of `reads.files`. Shared: not to be changed."""
    return _of(f"{dataset.id}:{reads.files_known(dataset)}", dataset)


@st.cache_resource(max_entries=24, show_spinner=False)
def _of(key: str, _dataset: Dataset) -> tuple[Picture, ...]:
    if _dataset.part is None:
        return tuple(pictures.plain(_dataset, reads.files(_dataset)))
    whole = of(replace(_dataset, name=parse_part(_dataset.name)[0], part=None))
    by_index = {picture.index: picture for picture in whole}
    return tuple(by_index[row.index] for row in reads.files(_dataset))
