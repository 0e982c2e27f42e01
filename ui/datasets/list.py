"""The collection of datasets: which there are, what is extracted and what is running, and a look through one of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_plan import FileRow
from ui.app import address, errors, layout, navigation, palette, reads, words
from ui.app.reads import Ready
from ui.choices import closeup, picking
from ui.components import wall
from ui.components.wall import pictures
from ui.datasets import card, deletion, imported
from ui.jobs import tray

WALL = 620
LIST, MANY = 560, 14  # pixels of a list of more than so many datasets, which scrolls
NO_LABEL = "nothing"


def draw_list() -> None:
    """Draw every dataset with its state: extracted, running with its progress, or a button to extract."""
    datasets = deletion.visible()
    ready = {one.dataset.id: one for one in reads.ready()}
    active = tray.running()
    busy = {name for job in active for name in job.datasets}
    missing = [dataset.name for dataset in datasets if dataset.id not in ready and dataset.name not in busy]
    done = sum(dataset.id in ready for dataset in datasets)
    extracted = f"{words.count(len(datasets), 'dataset')}, {done} extracted"
    head, action = st.columns([2.2, 1], vertical_alignment="center")
    head.html(f'<p class="vds-found" style="margin:0">{extracted}</p>')
    absent = reads.absence()
    if len(missing) > 1 and action.button(
        f"Extract all {len(missing)}", key="extract-all", type="primary", width="stretch", disabled=absent is not None
    ):
        tray.extract(missing)
        st.rerun()
    if absent is not None:
        st.info(words.as_markdown(absent))
    if not datasets:  # else the way back stands beside what is looked through
        deletion.draw()
    with st.container(gap="xxsmall", height=LIST if len(datasets) > MANY else "content", border=False):
        for dataset in datasets:
            _row(dataset, ready.get(dataset.id), busy, absent is not None)
    for job in active:
        tray.progress(job, key=f"page-{job.id}")
    imported.draw()


def _row(dataset: Dataset, ready: Ready | None, busy: set[str], absent: bool) -> None:
    with st.container(key=f"dataset-{dataset.id}"):
        name, count, status, act = st.columns([2, 1.2, 1.3, 1], vertical_alignment="center")
        if name.button(
            words.as_markdown(dataset.name), key=f"look-{dataset.id}", type="tertiary", on_click=_look,
            args=(dataset.name,), help="Look through its images below.",
        ):  # fmt: skip
            st.rerun()  # the whole page: this list is a fragment, and the images stand outside of it
        count.html(f'<div class="vds-line" style="text-align:right">{words.count(dataset.images, "image")}</div>')
        if ready is None and dataset.name in busy:
            status.caption("being extracted…")
        elif ready is None:
            status.caption("not extracted")
            if act.button("Extract", key=f"extract-{dataset.id}", width="stretch", disabled=absent):
                tray.extract([dataset.name])
                st.rerun()
        else:
            status.caption("extracted")
            if act.button(
                "Update", key=f"again-{dataset.id}", width="stretch", type="tertiary",
                disabled=absent or dataset.name in busy, help="Looks at the folder again and extracts only what is new or changed.",
            ):  # fmt: skip
                tray.extract([dataset.name])
                st.rerun()


def _look(name: str) -> None:
    st.session_state["look"] = name


def dots() -> str:
    """Return the style that gives every dataset's row its colour."""
    rules = (
        f'.st-key-look-{dataset.id} button::before {{ content: ""; width: .72em; height: .72em; border-radius: 50%; '
        f"flex: none; margin-right: .5em; background: {palette.dataset_colour(dataset.colour)} }}"
        for dataset in reads.workspace().datasets()
    )
    return f"<style>{' '.join(rules)}</style>"


def look_through() -> None:
    """Draw one dataset's images with its card, its files that could not be read, and what is there twice."""
    datasets = deletion.visible()
    names = [dataset.name for dataset in datasets]
    left, right = layout.result_and_knobs()
    with left:
        choose, label = st.columns([2, 1.4], gap="medium", vertical_alignment="bottom")
    with choose:
        chosen = address.select("Look through", names, key="look")
    dataset = next(one for one in datasets if one.name == chosen)
    key = reads.workspace().store.dna_key(dataset, reads.extractor())
    ready = Ready(dataset, key) if key is not None else None
    with right:
        if deletion.pending():
            st.fragment(_undo, run_every=1.0)()
        card.draw(dataset, ready)
    with left:
        _images(dataset, ready, label)


def _undo() -> None:
    with errors.guarded():
        deletion.draw()


def _images(dataset: Dataset, ready: Ready | None, label: DeltaGenerator) -> None:
    table = reads.attributes(dataset)
    column = NO_LABEL
    if not table.empty and len(table.columns):
        with label:
            column = st.selectbox(
                "Show below each image",
                [NO_LABEL, *map(str, table.columns)],
                key="label",
                format_func=lambda c: c.replace("_", " "),
            )
    # What is known not to be readable is listed below; asking for its picture would only fail.
    broken = {one.path for one in reads.workspace().rejected(dataset)}
    kept = [at for at, row in enumerate(reads.files(dataset)) if row.path not in broken]
    rows = [reads.files(dataset)[at] for at in kept]
    labels = None if column == NO_LABEL else tuple(str(table[column].iloc[at]) for at in kept)
    known = hash(tuple((row.index, row.size, row.mtime_ns) for row in rows))
    seen = picking.wall(
        _long(dataset.id, known, labels, dataset, rows),
        key="look-wall",
        title=f"Images of {dataset.name}",
        height=WALL,
        size=132,
        aspect=reads.aspect(dataset),
        empty="No image in this folder can be read.",
    )
    picking.strip()
    _rejected(dataset)
    card.copies(dataset)
    if seen.opened is not None:
        closeup.show(ready or Ready(dataset, ""), seen.opened, rankable=ready is not None)
    if ready is not None:
        navigation.link("distances", "How far is it from the others?")


@st.cache_resource(max_entries=24, show_spinner=False)
def _long(
    number: int, known: int, labels: tuple[str, ...] | None, _dataset: Dataset, _rows: Sequence[FileRow]
) -> wall.Long:
    return wall.Long.of(pictures.plain(_dataset, _rows, labels))


def _rejected(dataset: Dataset) -> None:
    rejected = reads.workspace().rejected(dataset)
    if not rejected:
        return
    # A file may be known as unreadable only after extraction; then it still counts among the images.
    total = len({row.path for row in reads.files(dataset)} | {one.path for one in rejected})
    with st.expander(f"{words.unreadable(len(rejected), total)} See which", key="rejected"):
        st.dataframe(
            pd.DataFrame({"File": [one.path for one in rejected], "Why": [one.reason for one in rejected]}),
            hide_index=True,
            key="rejected-table",
        )
