"""A dataset's card: what it holds, what was computed from it, what is wrong with it, and what can be done."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from dnacore.errors import BadInput, DnaError, UnknownName
from dnacore.workspace import jobs
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.saved import tags
from dnacore.workspace.upkeep.duplicates import Duplicates, find_duplicates
from dnacore.workspace.uploads import receive_attributes
from dnacore.workspace.workspace import Workspace
from ui.app import address, layout, popovers, reads, seen, words
from ui.app.reads import Ready
from ui.choices.own import tagging
from ui.components import wall
from ui.components.wall import pictures
from ui.datasets import deletion
from ui.jobs import tray

SATURATED = 0.001  # share of activations outside the ranges above which a new measurement is proposed
GROUPS = 40
KEEP, NONE = "as it is", "none"


def draw(dataset: Dataset, ready: Ready | None) -> None:
    """Draw the card of one dataset."""
    st.html(f'<div style="font-size:20px;line-height:1.4">{layout.dataset_name(dataset)}</div>')
    if dataset.title and dataset.title != dataset.name:
        layout.caption(dataset.title)
    found = duplicates(dataset)
    layout.facts(_facts(dataset, ready, found))
    if ready is not None:
        _saturation(ready)
    if found.unknown:
        st.button(
            "Look for exact copies", key="find-duplicates", type="tertiary", icon=":material/content_copy:",
            on_click=_find, args=(dataset.name,), disabled=tray.working_on(dataset.name) is not None,
            help="Reads every file once, in the background.",
        )  # fmt: skip
    _actions(dataset, ready)


def duplicates(dataset: Dataset) -> Duplicates:
    """Return a dataset's duplicates, as far as its files were read."""
    everything = reads.workspace().datasets()
    hashed = reads.workspace().hashed()
    known = tuple((one.id, one.images, hashed.get(one.id, 0)) for one in everything)
    return _duplicates(str(reads.workspace().root), dataset.id, known, dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def _duplicates(root: str, number: int, known: tuple[tuple[int, int, int], ...], _dataset: Dataset) -> Duplicates:
    return find_duplicates(reads.workspace(), _dataset)


def copies(dataset: Dataset) -> None:
    """Draw which images exist twice, in this or another dataset."""
    found = duplicates(dataset)
    names = {one.id: one.name for one in reads.workspace().datasets()}
    if found.within:
        with st.expander(
            f"{words.count(found.superfluous, 'exact copy', 'exact copies')} in {dataset.name}. See which"
        ):
            shown = []
            for group in found.within[:GROUPS]:
                rows = [row for _, row in group.images]
                shown += pictures.plain(dataset, rows, [f"{len(rows)} times"] * len(rows))
            wall.wall(shown, key="copies-within", title="Images that are there more than once", height=300, size=124)
    for number, groups in found.across.items():
        name = names.get(number)
        if name is None:
            continue
        with st.expander(f"{words.count(len(groups), 'image')} also in {name}. See which"):
            rows = [group.images[0][1] for group in groups]
            wall.wall(
                pictures.plain(dataset, rows),
                key=f"copies-{number}",
                title=f"Images also in {name}",
                height=300,
                size=124,
            )


def _facts(dataset: Dataset, ready: Ready | None, found: Duplicates) -> list[tuple[str, str]]:
    workspace = reads.workspace()
    names = {one.id: one.name for one in workspace.datasets()}
    rejected = len(workspace.rejected(dataset))
    rows = [
        ("Images", f"{seen.images(dataset, ready.stored if ready else ''):,}"),
        ("Could not be read", f"{rejected:,}"),
    ]
    rows.append(("Exact copies", "not looked for" if found.unknown == dataset.images else f"{found.superfluous:,}"))
    rows += [
        (f"Also in {names[number]}", f"{len(groups):,}") for number, groups in found.across.items() if number in names
    ]
    table = reads.attributes(dataset)
    if len(table.columns):
        rows.append(("Attributes", words.listing([str(c) for c in table.columns[:3]])
                     if len(table.columns) <= 3 else f"{len(table.columns)}"))  # fmt: skip
    known = reads.extractors()
    for label in workspace.store.extractors_of(dataset):
        info = known.get(label)
        rows.append(("DNA\N{NO-BREAK SPACE}by", info.title if info else label))
    rows.append(("Takes in the workspace", words.size(_size(dataset.id, ready.key if ready else "", dataset))))
    if ready is not None:
        rows.append(("Beyond the measured ends", words.percent(_outside(ready.key, ready)[0])))
    return rows


@st.cache_data(max_entries=200, ttl=60, show_spinner=False)
def _size(number: int, key: str, _dataset: Dataset) -> int:
    return reads.workspace().dataset_size(_dataset)


@st.cache_data(max_entries=200, show_spinner=False)
def _outside(key: str, _ready: Ready) -> tuple[float, str, float]:
    """The share of activations outside the ranges; the layer with most of them, and its share."""
    dna = reads.dna(_ready)
    layer, most = max(dna.layer_saturation.items(), key=lambda item: item[1])
    return float(dna.outside.sum()) / max(int(dna.histograms.sum()), 1), layer, float(most)


def _saturation(ready: Ready) -> None:
    share, layer, most = _outside(ready.key, ready)
    said = words.saturation(share) if share > SATURATED else None
    if said is None:
        return
    layout.caption(f"{said} Most of them in {words.layer(layer)} ({words.percent(most)}).")
    with popovers.popover("Measure again?", "measure", width="stretch"):
        names = [one.name for one in reads.ready()]
        chosen = st.multiselect("Measure the ranges on", names, default=names, key="measure-on")
        images = sum(one.dataset.images for one in reads.ready())
        layout.caption(
            f"From then on {words.count(len(names), 'dataset')} ({words.count(images, 'image')}) count in the new ranges "
            "and are extracted again, in the background, so that they stay comparable."
        )
        busy = any(job.command[:1] in (("extract",), ("calibrate",), ("demo",)) for job in tray.running())
        if st.button("Measure and extract again", key="measure-go", type="primary", disabled=not chosen or busy):
            line = ["calibrate", f"measured on {words.listing(chosen[:3])}"[:80], *chosen, "--extract"]
            title = f"Measuring the ranges and extracting {words.count(len(names), 'dataset')} again"
            jobs.start(reads.workspace(), [*line, "--extractor", reads.extractor()], title=title, datasets=names)
            popovers.close("measure")
            st.rerun()


def _find(name: str) -> None:
    title = f"Looking for exact copies in {name}"
    jobs.start(reads.workspace(), ["duplicates", name], title=title, datasets=[name])


def _actions(dataset: Dataset, ready: Ready | None) -> None:
    # Keyed by dataset: a popover that was opened for another one must not act on this one.
    key = f"card-attributes-{dataset.id}"
    with popovers.popover("Attributes", key, width="stretch"):
        _attributes(dataset, key)
    if ready is not None:
        st.download_button(
            "Export DNA", data=partial(_file, reads.workspace(), dataset, reads.extractor()),
            file_name=f"{dataset.name}.dna.npz", on_click="ignore", mime="application/octet-stream", width="stretch", key="export-dna",
            help="One file with the DNA, its ranges and its extractor; no images. Others import it, and so does Python.",
        )  # fmt: skip
    if tags.key(reads.workspace().catalogue, dataset):
        st.download_button(
            "Export tags", data=partial(tagging.as_csv, dataset), file_name=f"{dataset.name} tags.csv", on_click="ignore",
            mime="text/csv", width="stretch", key="export-tags", help="A CSV with the columns file and tag.",
        )  # fmt: skip
    key = f"card-rename-{dataset.id}"
    with popovers.popover("Rename", key, width="stretch"), st.form(f"rename-form-{dataset.id}", border=False):
        new = st.text_input("New name", value=dataset.name, key=f"rename-{dataset.id}-{dataset.name}")
        if st.form_submit_button("Rename", key=f"rename-do-{dataset.id}"):
            _rename(dataset, new, key)
    key = f"card-delete-{dataset.id}"
    with popovers.popover("Delete", key, width="stretch"):
        _delete(dataset, key)
    with st.popover("Show its folder", width="stretch", type="tertiary", key="card-where"):
        st.code(str(dataset.source), language=None, wrap_lines=True)


def _rename(dataset: Dataset, new: str, popover: str) -> None:
    if new.strip() != dataset.name:
        try:
            renamed = reads.workspace().rename_dataset(dataset.name, new)
        except DnaError as problem:
            st.error(words.as_markdown(str(problem)))
            return
        address.instead(dataset.name, renamed.name)
    popovers.close(popover)
    st.rerun()


def _attributes(dataset: Dataset, popover: str) -> None:
    current = dataset.attributes.name if dataset.attributes else "none"
    layout.caption(f"In use: {current}. A table has a column “file” and one column per attribute.")
    nearby = _tables(dataset)
    options = [KEEP, *([NONE] if dataset.attributes else []), *nearby]
    chosen = st.selectbox("A table beside the images", options, key=f"table-{dataset.id}", disabled=len(options) < 2)
    file = st.file_uploader("Or upload one", type=["csv"], key=f"table-file-{dataset.id}")
    if st.button("Use this table", key=f"table-use-{dataset.id}", disabled=chosen == KEEP and file is None):
        try:
            if file is not None:
                receive_attributes(reads.workspace(), dataset, (file.name, file))
            else:
                reads.workspace().set_attributes(dataset.name, None if chosen == NONE else nearby[chosen])
        except BadInput as problem:
            st.error(words.as_markdown(str(problem)))
            return
        popovers.close(popover)
        st.rerun()


def _tables(dataset: Dataset) -> dict[str, Path]:
    """CSV files in a dataset's folder, by name."""
    try:
        found = sorted(dataset.folder.glob("*.csv"))
    except OSError:
        return {}
    return {path.name: path for path in found if path.is_file() and path != dataset.attributes}


def _file(workspace: Workspace, dataset: Dataset, label: str) -> bytes:
    # Runs when the button is pressed, outside any session.
    found = workspace.dna(dataset, label)
    if found is None:
        raise UnknownName(f"“{dataset.name}” has no DNA any more. Extract it again.")
    with tempfile.TemporaryDirectory(prefix="visual-dna-export-") as folder:
        return found.save(Path(folder) / "export.dna.npz").read_bytes()


def _delete(dataset: Dataset, popover: str) -> None:
    workspace, key = reads.workspace(), reads.workspace().store.dna_key(dataset, reads.extractor())
    freed = words.size(_size(dataset.id, key or "", dataset))
    if workspace.own_images(dataset) is not None:
        text = f"Frees {freed}: the DNA, and the images, which were made or uploaded into the workspace."
    else:
        text = f"Frees {freed}: what was computed from the images. Your {dataset.images:,} image files are not touched."
    st.markdown(f"**Delete {words.as_markdown(dataset.name)}?**")
    layout.note(text)
    busy = tray.working_on(dataset.name) is not None

    def begin() -> None:
        popovers.close(popover)
        deletion.begin(dataset)

    st.button("Delete", key=f"delete-{dataset.id}", type="primary", disabled=busy, on_click=begin)
    if busy:
        layout.caption("A job is working on it. Cancel the job first.")
