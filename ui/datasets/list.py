"""The collection of datasets: which there are, what is extracted and what is running, and a look through one of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dnacore.workspace.datasets import Dataset, Part
from dnacore.workspace.store.shard_plan import FileRow
from ui.app import address, navigation, palette, reads, seen, words
from ui.app.reads import Ready
from ui.choices import closeup, filter_bar, picking
from ui.choices.own import groups
from ui.components import wall
from ui.components.wall import pictures
from ui.datasets import card, deletion, imported, several, table_of
from ui.jobs import tray

WALL = 620
LIST, MANY = 560, 14  # height in pixels of the list, which scrolls with more than so many datasets
NO_LABEL = "nothing"
SHAPES = {"wall": "Pictures", "table": "Table"}


def draw_list() -> None:
    """Draw every dataset with its state: extracted, being extracted, or a button to extract it."""
    datasets = _of_group(deletion.visible())
    ready = {one.dataset.id: one for one in reads.ready()}
    active = tray.running()
    busy = {name for job in active for name in job.datasets}
    missing = [dataset.name for dataset in datasets if dataset.id not in ready and dataset.name not in busy]
    done = sum(dataset.id in ready for dataset in datasets)
    st.html(f'<p class="vds-found" style="margin:0">{words.count(len(datasets), "dataset")}, {done} extracted</p>')
    absent = reads.absence()
    if len(missing) > 1 and st.button(
        f"Extract all {len(missing)}", key="extract-all", type="primary", width="stretch", disabled=absent is not None
    ):
        tray.extract(missing)
        st.rerun()
    if absent is not None:
        st.info(words.as_markdown(absent))
    several.draw(datasets, set(ready), busy, absent is not None)
    deletion.draw()
    with st.container(gap="xxsmall", height=LIST if len(datasets) > MANY else "content", border=False):
        for dataset in datasets:
            _row(dataset, ready.get(dataset.id), busy, absent is not None)
    for job in active:
        tray.progress(job, key=f"page-{job.id}")
    imported.draw()


def _of_group(datasets: list[Dataset]) -> list[Dataset]:
    """Draw the choice of a group if there are several; return its datasets."""
    if len({groups.is_demo(one) for one in datasets}) < 2:
        return datasets
    group = address.segments("Group", groups.NAMES, key="group", label_visibility="collapsed")
    return [one for one in datasets if groups.holds(group, one)]


def _row(dataset: Dataset, ready: Ready | None, busy: set[str], absent: bool) -> None:
    with st.container(key=f"dataset-{dataset.id}"):
        line = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
        line.checkbox(
            f"Select {words.as_markdown(dataset.name)}", key=several.key_of(dataset), label_visibility="collapsed",
            width="content",
        )  # fmt: skip
        if line.button(
            words.as_markdown(dataset.name), key=f"look-{dataset.id}", type="tertiary", on_click=_look,
            args=(dataset.name,), help="See its images beside this list.",
        ):  # fmt: skip
            st.rerun()  # the whole page, since this list is a fragment without the images
        count = seen.images(dataset, ready.stored if ready else "")
        line.html(f'<div class="vds-line" style="text-align:right">{words.count(count, "image")}</div>')
        if ready is None and dataset.name in busy:
            line.html(
                '<div class="vds-quiet" style="white-space:nowrap;font-size:13px">extracting…</div>', width="content"
            )
        elif line.button(
            "Update" if ready else "Extract", key=f"{'again' if ready else 'extract'}-{dataset.id}",
            type="tertiary" if ready else "secondary", disabled=absent or dataset.name in busy,
            help="Looks at the folder again and extracts only what is new or changed." if ready else None,
        ):  # fmt: skip
            tray.extract([dataset.name])
            st.rerun()


def _look(name: str) -> None:
    st.session_state[deletion.LOOK] = name


def dots() -> str:
    """Return the style that gives every dataset's row its colour and marks the chosen one."""
    rules = (
        f'.st-key-look-{dataset.id} button::before {{ content: ""; width: .72em; height: .72em; border-radius: 50%; '
        f"flex: none; margin-right: .5em; background: {palette.dataset_colour(dataset.colour)} }}"
        for dataset in reads.workspace().datasets()
    )
    chosen = address.code(deletion.LOOK) or next((one.name for one in deletion.visible()), "")
    looked_at = (
        f".st-key-look-{one.id} button {{ font-weight: 600; text-decoration: underline; text-underline-offset: .25em; }}"
        for one in deletion.visible()
        if one.name == chosen
    )
    return f"<style>{' '.join([*rules, *looked_at])}</style>"


def look_through() -> None:
    """Draw one dataset's images with its card, its unreadable files and its duplicates."""
    datasets = deletion.visible()
    names = [dataset.name for dataset in datasets]
    choose, label = st.columns([2, 1.4], gap="medium", vertical_alignment="bottom")
    with choose:
        chosen = address.select("Look through", names, key=deletion.LOOK)
    dataset = next(one for one in datasets if one.name == chosen)
    key = reads.workspace().store.dna_key(dataset, reads.extractor())
    ready = Ready(dataset, key) if key is not None else None
    left, right = st.columns([2.1, 1], gap="medium")
    with right:
        card.draw(dataset, ready)
    with left:
        _images(dataset, ready, label)


def _images(dataset: Dataset, ready: Ready | None, label: DeltaGenerator) -> None:
    table = reads.attributes(dataset)
    column = NO_LABEL
    if not table.empty and len(table.columns):
        with label:
            column = address.select(
                "Show below each image",
                [NO_LABEL, *map(str, table.columns)],
                key="below",
                format_func=lambda c: c.replace("_", " "),
                plain=True,
            )
    part = filter_bar.draw(dataset)
    left = filter_bar.rows(dataset, part)
    # Unreadable files are listed below; they have no picture to show.
    broken = {one.path for one in reads.workspace().rejected(dataset)}
    files = reads.files(dataset)
    kept = [at for at in (range(len(files)) if left is None else left) if files[at].path not in broken]
    filter_bar.use(dataset, part, len(kept))
    shape = address.segments("Show", SHAPES, key="as", label_visibility="collapsed")
    if shape == "table":
        table_of.draw(dataset, ready, kept)
    else:
        _wall(dataset, ready, kept, None if column == NO_LABEL else tuple(map(str, table[column].iloc[kept])))
    if part is not None and ready is not None:
        _follow(dataset, part)
    _rejected(dataset)
    card.copies(dataset)
    if ready is not None:
        navigation.link("distances", "How far is it from the others?")


def _follow(dataset: Dataset, part: Part) -> None:
    """Draw links that go on with the images that pass the filter."""
    name = f"{dataset.name}{part}"
    with st.container(horizontal=True, gap="medium"):
        navigation.link("compare", "Compare these with all", a=name, b=dataset.name)
        navigation.link("gallery", "Which others are like these?", dataset=dataset.name, like=name)


def _wall(dataset: Dataset, ready: Ready | None, kept: Sequence[int], labels: tuple[str, ...] | None) -> None:
    files = reads.files(dataset)
    rows = [files[at] for at in kept]
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
    if seen.opened is not None:
        closeup.show(ready or Ready(dataset, ""), seen.opened, among=seen.among, rankable=ready is not None)


@st.cache_resource(max_entries=24, show_spinner=False)
def _long(
    number: int, known: int, labels: tuple[str, ...] | None, _dataset: Dataset, _rows: Sequence[FileRow]
) -> wall.Long:
    return wall.Long.of(pictures.plain(_dataset, _rows, labels))


def _rejected(dataset: Dataset) -> None:
    rejected = reads.workspace().rejected(dataset)
    if not rejected:
        return
    # Some files turn out to be unreadable at extraction; those still count among the images.
    total = len({row.path for row in reads.files(dataset)} | {one.path for one in rejected})
    with st.expander(f"{words.unreadable(len(rejected), total)} See which", key="rejected"):
        st.dataframe(
            pd.DataFrame({"File": [one.path for one in rejected], "Why": [one.reason for one in rejected]}),
            hide_index=True,
            key="rejected-table",
        )
