"""The collection of datasets: adding a folder, seeing what is extracted and what is running, looking through images."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from dnacore.datasets import Dataset, name_for
from dnacore.errors import BadInput
from ui import address, closeup, gallery, layout, navigation, pictures, state, tray, words
from ui.state import Ready

WALL = 560
NO_LABEL = "nothing"


def add_form() -> None:
    """Draw the form that registers a folder on the server's disk."""
    st.subheader("Add images", anchor=False)
    with st.form("add", border=False, clear_on_submit=False):
        source = st.text_input(
            "Folder",
            key="add-folder",
            placeholder="/path/to/images",
            help="A folder on the computer this runs on, nested as you like; or a .txt list of paths, or a .zip.",
        )
        name = st.text_input("Name", key="add-name", placeholder="the folder's name")
        attributes = st.text_input(
            "Attributes (CSV)",
            key="add-attributes",
            placeholder="optional",
            help="A column “file” with each image's path in the folder, and one column per attribute.",
        )
        submitted = st.form_submit_button("Add", type="primary", key="add-submit")
    layout.caption("Your images stay where they are; nothing is copied or changed.")
    if submitted:
        _add(source.strip().strip("\"'"), name.strip(), attributes.strip())


def _add(source: str, name: str, attributes: str) -> None:
    if not source:
        raise BadInput("Type the path of a folder of images first.")
    with st.spinner("Looking at the folder…"):
        added = state.workspace().add_dataset(name or name_for(Path(source).expanduser()), source, attributes or None)
    st.session_state["look"] = added.name
    st.toast(f"Added {words.as_markdown(added.name)}: {words.count(added.images, 'image')}")
    st.rerun()


def draw_list() -> None:
    """Draw every dataset with its state: extracted, running with its progress, or a button to extract."""
    datasets = state.workspace().datasets()
    ready = {one.dataset.id: one for one in state.ready()}
    active = tray.running()
    busy = {name for job in active for name in job.datasets}
    missing = [dataset.name for dataset in datasets if dataset.id not in ready and dataset.name not in busy]
    extracted = f"{words.count(len(datasets), 'dataset')}, {len(ready)} extracted"
    head, action = st.columns([2.2, 1], vertical_alignment="center")
    head.html(f'<p class="vds-found" style="margin:0">{extracted}</p>')
    if len(missing) > 1 and action.button(
        f"Extract all {len(missing)}", key="extract-all", type="primary", width="stretch"
    ):
        tray.extract(missing)
        st.rerun()
    with st.container(gap="xxsmall"):
        for dataset in datasets:
            _row(dataset, ready.get(dataset.id), busy)
    for job in active:
        tray.progress(job, key=f"page-{job.id}")


def _row(dataset: Dataset, ready: Ready | None, busy: set[str]) -> None:
    with st.container(key=f"dataset-{dataset.id}"):
        name, count, status, act = st.columns([2.4, 1, 1.3, 1], vertical_alignment="center")
        name.html(layout.dataset_name(dataset))
        count.html(f'<div class="vds-line" style="text-align:right">{words.count(dataset.images, "image")}</div>')
        if ready is None and dataset.name in busy:
            status.caption("being extracted…")
        elif ready is None:
            status.caption("not extracted")
            if act.button("Extract", key=f"extract-{dataset.id}", width="stretch"):
                tray.extract([dataset.name])
                st.rerun()
        else:
            status.caption("extracted")
            with act.popover("More", width="stretch", type="tertiary"):
                if st.button(
                    "Extract again", key=f"again-{dataset.id}", help="Extracts only what is new, changed or damaged."
                ):
                    tray.extract([dataset.name])
                    st.rerun()


def look_through() -> None:
    """Draw one dataset's images, its files that could not be read, and its attributes."""
    datasets = state.workspace().datasets()
    names = [dataset.name for dataset in datasets]
    choose, label, manage = st.columns([2, 1.4, 1], gap="medium", vertical_alignment="bottom")
    with choose:
        chosen = address.select("Look through", names, key="look")
    dataset = next(one for one in datasets if one.name == chosen)
    table = state.attributes(dataset)
    with label:
        column = st.selectbox(
            "Show below each image",
            [NO_LABEL, *map(str, table.columns)],
            key="label",
            format_func=lambda c: c.replace("_", " "),
            disabled=table.empty or not len(table.columns),
        )
    with manage, st.popover("Rename or remove", width="stretch"):
        _manage(dataset)
    rows = state.files(dataset)
    labels = None if column == NO_LABEL else [str(value) for value in table[column]]
    seen = gallery.wall(
        pictures.plain(dataset, rows, labels),
        key="look-wall",
        title=f"Images of {dataset.name}",
        height=WALL,
        size=120,
        aspect=state.aspect(dataset),
        empty="No image in this folder can be read.",
    )
    _rejected(dataset)
    if seen.opened is not None:
        key = state.workspace().store.dna_key(dataset, state.extractor())
        closeup.show(Ready(dataset, key or ""), seen.opened, rankable=key is not None)
    if state.workspace().store.dna_key(dataset, state.extractor()) is not None:
        navigation.link("distances", "How far is it from the others?")


def _rejected(dataset: Dataset) -> None:
    rejected = state.workspace().rejected(dataset)
    if not rejected:
        return
    # A file may be known as unreadable only after extraction; then it still counts among the images.
    total = len({row.path for row in state.files(dataset)} | {one.path for one in rejected})
    with st.expander(f"{words.unreadable(len(rejected), total)} See which", key="rejected"):
        st.dataframe(
            pd.DataFrame({"File": [one.path for one in rejected], "Why": [one.reason for one in rejected]}),
            hide_index=True,
            key="rejected-table",
        )


def _manage(dataset: Dataset) -> None:
    new = st.text_input("New name", value=dataset.name, key=f"rename-{dataset.id}")
    if st.button("Rename", key=f"rename-do-{dataset.id}", disabled=not new.strip() or new == dataset.name):
        renamed = state.workspace().rename_dataset(dataset.name, new)
        st.session_state["look"] = renamed.name
        st.rerun()
    layout.caption("Removing forgets the dataset and its DNA. Your images stay where they are.")
    if st.button(
        "Remove from the workspace", key=f"remove-{dataset.id}", disabled=tray.working_on(dataset.name) is not None
    ):
        freed = state.workspace().remove_dataset(dataset.name)
        st.toast(f"Removed {words.as_markdown(dataset.name)}; {words.size(freed)} freed. Your images are untouched.")
        st.session_state.pop("look", None)
        st.rerun()
