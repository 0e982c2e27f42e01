"""Adding images: a folder on this computer, an upload, or a DNA that somebody else made."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from dnacore.errors import BadInput, DnaError
from dnacore.images import browse
from dnacore.images.browse import Place
from dnacore.images.files import SUFFIXES
from dnacore.sources.import_process import Imported, import_apart
from dnacore.workspace import uploads
from dnacore.workspace.datasets import Dataset, new_name, path_name
from dnacore.workspace.workspace import Workspace
from ui.app import address, errors, layout, reads, words
from ui.components import folder_browser
from ui.datasets import shared

_OPEN, _DONE = "_adding", "_adding-done"
SOURCES = {"folder": "Folder", "upload": "Upload", "dna": "DNA file", "shared": "Shared"}


def wanted() -> bool:
    """Return whether the ways to add images are shown: they were opened, and nothing was added since."""
    if st.session_state.pop(_DONE, False):
        st.session_state[_OPEN] = False
        address.drop("add")
    if address.is_new("add"):
        st.session_state[_OPEN] = True
    return bool(st.session_state.get(_OPEN))


def offer() -> None:
    """Draw the button that shows or hides the ways to add images."""
    is_open = bool(st.session_state.get(_OPEN))
    st.button(
        "Back to the images" if is_open else "Add images", key="add-images", width="stretch", on_click=_turn,
        args=(is_open,), icon=None if is_open else ":material/add:",
    )  # fmt: skip


def _turn(is_open: bool) -> None:
    st.session_state[_DONE if is_open else _OPEN] = True


def draw() -> None:
    """Draw the ways to add images, or a DNA without its images, to the workspace."""
    st.subheader("Add images", anchor=False)
    how = address.segments("From", SOURCES, key="add")
    {"folder": _folder, "upload": _upload, "dna": _dna, "shared": shared.draw_adding}[how]()


def take(place: Place, name: str = "") -> Dataset:
    """Register a folder that was chosen, under its own name unless another is given. Raises BadInput."""
    path = browse.path_of(place)
    known = {dataset.source: dataset for dataset in reads.workspace().datasets()}
    if path in known and not name:
        return known[path]
    taken = {dataset.name for dataset in known.values()}
    return reads.workspace().add_dataset(name or new_name(path, taken), path)


def show(added: Dataset) -> None:
    """Say that a dataset was added, and look through it instead of showing the ways to add images."""
    st.session_state["look"] = added.name
    st.session_state[_DONE] = True
    usual = path_name(added.source)
    taken = usual in {dataset.name for dataset in reads.workspace().datasets()}
    why = (
        f" Another dataset is called {usual} already." if taken and usual != added.name and usual in added.name else ""
    )
    st.toast(words.as_markdown(f"Added {added.name}: {words.count(added.images, 'image')}.{why}"))


def _folder() -> None:
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        _browser()
    with right, errors.guarded():
        with st.form("add-form", border=False, clear_on_submit=False):
            source = st.text_input(
                "Folder",
                key="add-folder",
                placeholder="opened here, or pasted",
                help="The folder that is open here, with all folders in it; a .zip or .tar; or a .txt list of paths.",
            )
            name = st.text_input("Name", key="add-name", placeholder="the folder's name")
            submitted = st.form_submit_button("Add", type="primary", key="add-submit")
        if submitted:
            if not source.strip():
                raise BadInput("Open a folder of images first, or paste its path.")
            with st.spinner("Looking at the folder…"):
                added = take(browse.find(source), name.strip())
            show(added)
            st.rerun()
        layout.caption("Your images stay where they are; nothing is copied or changed.")


def _browser() -> None:
    folder_browser.draw("add", suffixes=(".zip", ".tar", ".txt"), on_folder=_write, on_file=_write)
    here = folder_browser.here("add")
    try:
        images, inside = browse.look(here).images, _counts(here, browse.roots())
    except BadInput:
        images, inside = 0, {}
    if images:
        layout.caption(f"{words.count(images, 'image')} directly in {here.name}.")
    if len(inside) > 1:
        _several(here, inside)


@st.cache_data(max_entries=40, ttl=30, show_spinner="Counting images…")
def _counts(place: Place, _roots: tuple[Path, ...]) -> dict[str, tuple[int, bool]]:
    return browse.counts(place)


def _several(here: Place, inside: Mapping[str, tuple[int, bool]]) -> None:
    """Offer the folders in the one that is opened as a dataset each, with how many images they hold."""
    total = sum(images for images, _ in inside.values())
    whole = all(all_of_them for _, all_of_them in inside.values())
    layout.note(
        f"{words.count(len(inside), 'folder')} in {here.name} hold {'' if whole else 'at least '}"
        f"{words.count(total, 'image')}. Added together, “folder” becomes an attribute; or add each as a dataset:"
    )
    turn = st.session_state.setdefault("_several-turn", 0)
    chosen = st.multiselect(
        "Add each as a dataset", list(inside), key=f"add-several-{turn}-{here.root}-{'/'.join(here.names)}",
        format_func=lambda name: f"{name} ({'' if inside[name][1] else 'at least '}{words.count(inside[name][0], 'image')})",
        placeholder="choose folders", label_visibility="collapsed",
    )  # fmt: skip
    if st.button(
        f"Add {words.count(len(chosen), 'dataset')}" if chosen else "Add each chosen",
        key="add-several",
        disabled=not chosen,
    ):
        with st.spinner("Looking at the folders…"):
            added, problems = [], []
            for name in chosen:
                try:
                    added.append(take(here.below(name)))
                except DnaError as problem:  # the other folders are added all the same
                    problems.append(str(problem))
        for one in added:
            show(one)
        st.session_state["_several-turn"] = turn + 1  # added folders are no longer ticked
        if problems:
            st.session_state.pop(_DONE, None)  # the message appears here
            raise BadInput(" ".join(problems))
        st.rerun()


def _write(place: Place) -> None:
    st.session_state["add-folder"] = browse.written(place)
    st.session_state["add-name"] = ""


def _upload() -> None:
    turn = st.session_state.setdefault("_upload-turn", 0)
    files = st.file_uploader(
        "Images, or one zip",
        type=["zip", "csv", *sorted(SUFFIXES)],
        accept_multiple_files=True,
        key=f"upload-{turn}",
        help="Several images, with a CSV of attributes if you have one; or one zip of a folder.",
    )
    name = st.text_input("Name", key="upload-name", placeholder="a name for these images")
    pressed = st.button("Add", key="upload-add", type="primary", disabled=not files)
    layout.caption("What you upload is kept in the workspace and goes when you delete the dataset.")
    if pressed and files:
        with st.spinner("Keeping the images…"):
            added = uploads.receive(reads.workspace(), [(file.name, file) for file in files], name.strip())
        st.session_state["_upload-turn"] = turn + 1  # a new key empties the uploader
        show(added)
        st.rerun()


def _dna() -> None:
    turn = st.session_state.setdefault("_dna-turn", 0)
    file = st.file_uploader(
        "A DNA file", type=["npz"], key=f"dna-{turn}", help="NAME.dna.npz, as “Export DNA” writes it."
    )
    pressed = st.button("Import", key="dna-import", type="primary", disabled=file is None)
    layout.caption("A DNA can be compared without its images, with datasets of the same extractor and ranges.")
    if pressed and file is not None:
        with st.spinner("Taking it in…"):
            found = taken_in(reads.workspace(), file.name, file.getbuffer())
        st.session_state["_dna-turn"] = turn + 1
        st.session_state[_DONE] = True
        st.toast(f"Imported {words.as_markdown(found.name)}: the DNA of {words.count(found.images, 'image')}")
        st.rerun()


def taken_in(workspace: Workspace, name: str, content: bytes | memoryview) -> Imported:
    """Import an uploaded DNA file in a process of its own. Raises what `import_apart` raises."""
    with tempfile.TemporaryDirectory(prefix="visual-dna-import-") as folder:
        path = Path(folder, "import.dna.npz")
        path.write_bytes(content)
        try:
            return import_apart(workspace, path)
        except DnaError as problem:
            raise type(problem)(str(problem).replace(path.name, os.path.basename(name))) from problem
