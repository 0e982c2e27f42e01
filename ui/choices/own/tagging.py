"""Tags of one's own on images: given to several at once from a gallery, or to one in its window."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

import dnacore as dc
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.saved import tags
from ui.app import layout, reads, words


@st.dialog("Tag images")
def ask(images: Sequence[tuple[int, int]]) -> None:
    """Ask for a tag that images, (dataset's number, image's number) each, get or lose."""
    layout.note(
        f"{words.count(len(images), 'image')}. A tag is kept in the workspace, and images can be chosen by it anywhere: "
        "in filters, comparisons and rankings."
    )
    known = tags.known(reads.workspace().catalogue)
    tag = st.selectbox(
        "Tag", known, index=None, key="tag-word", accept_new_options=True, placeholder="type a new one, or choose"
    )
    left, right = st.columns(2)
    if left.button("Tag them", key="tag-add", type="primary", disabled=not tag, width="stretch"):
        _do(lambda: tags.add(reads.workspace().catalogue, images, str(tag)), f"tagged “{tag}”", len(images))
    if right.button("Take the tag off", key="tag-remove", disabled=tag not in known, width="stretch"):
        _do(
            lambda: tags.remove(reads.workspace().catalogue, images, str(tag)),
            f"not tagged “{tag}” any more",
            len(images),
        )


def _do(act, said: str, count: int) -> None:
    try:
        act()
    except dc.DnaError as problem:
        st.error(words.as_markdown(str(problem)))
        return
    st.toast(words.as_markdown(f"{words.count(count, 'image')} {said}."))
    st.rerun()


def of_one(dataset: Dataset, index: int) -> None:
    """Draw the tags of one image, to be changed."""
    catalogue, key = reads.workspace().catalogue, f"tags-{dataset.id}-{index}"
    now = list(tags.of(catalogue, dataset).get(index, ()))
    wanted = st.multiselect(
        "Tags", [*dict.fromkeys([*now, *tags.known(catalogue)])], default=now, key=key, accept_new_options=True,
        placeholder="type a word of your own",
    )  # fmt: skip
    if {tag.strip() for tag in wanted} != set(now):
        try:
            tags.put(catalogue, (dataset.id, index), wanted)
        except dc.DnaError as problem:
            st.error(words.as_markdown(str(problem)))


def as_csv(dataset: Dataset) -> str:
    """Return the tags of a dataset as a table of attributes."""
    return tags.as_csv(reads.workspace().catalogue, dataset, reads.files(dataset))
