"""Looking for a folder or a file on the server's disk, within the roots: the browser sends choices, never paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dnacore.errors import BadInput
from dnacore.images import browse
from dnacore.images.browse import Place
from ui.app import words

SHOWN = 300
HEIGHT = 212  # five and a half rows: the half row shows that there are more


def here(key: str) -> Place:
    """Return the folder that a browser shows: where it was left, or the first root."""
    place = st.session_state.get(f"_{key}-at")
    if isinstance(place, Place):
        try:
            browse.path_of(place)
            return place
        except BadInput:  # it is gone
            pass
    return Place(0)


def draw(
    key: str,
    *,
    suffixes: Sequence[str] = (),
    on_folder: Callable[[Place], None] | None = None,
    on_file: Callable[[Place], None] | None = None,
    height: int = HEIGHT,
) -> None:
    """Draw the folder that is open: the way to it, its folders, its files with one of these endings.

    on_folder is told which folder was opened, on_file which file was chosen; both run as callbacks.
    """
    if not browse.roots():
        st.info(
            f"No folder may be looked into yet. Name some in {browse.ENVIRONMENT} and start again, or upload images."
        )
        return
    place = here(key)

    def enter(to: Place) -> None:
        st.session_state[f"_{key}-at"] = to
        st.session_state[f"{key}-filter"] = ""
        if on_folder is not None:
            on_folder(to)

    _choose_root(key, place, enter)
    with st.container(key=f"{key}-way", horizontal=True, gap="xsmall", vertical_alignment="center"):
        for depth, step in enumerate(place.parents):
            _step(step.name, f"{key}-way-{depth}", enter, step, last=step == place)
    try:
        view = browse.look(place, suffixes)
    except BadInput as problem:
        st.error(words.as_markdown(str(problem)))
        return
    wanted = ""
    if len(view.folders) + len(view.files) > 14:
        wanted = st.text_input("Find in this folder", key=f"{key}-filter", placeholder="part of a name")
    folders = [name for name in view.folders if wanted.casefold() in name.casefold()]
    files = [file for file in view.files if wanted.casefold() in file.name.casefold()]
    with st.container(key=f"{key}-list", height=height, border=True, gap="xxsmall"):
        for at, name in enumerate(folders[:SHOWN]):
            st.button(
                words.as_markdown(name), key=f"{key}-folder-{len(place.names)}-{at}", icon=":material/folder:",
                type="tertiary", on_click=enter, args=(place.below(name),),
            )  # fmt: skip
        for at, file in enumerate(files[:SHOWN]):
            st.button(
                f"{words.as_markdown(file.name)} ({words.size(file.size)})", key=f"{key}-file-{len(place.names)}-{at}",
                icon=":material/draft:", type="tertiary", on_click=on_file, args=(place.below(file.name),),
            )  # fmt: skip
        if not folders and not files:
            st.caption(_nothing(view, wanted, bool(suffixes)))
        elif view.more or len(folders) > SHOWN or len(files) > SHOWN:
            st.caption("There is more in this folder. Type a part of the name above.")


def _choose_root(key: str, place: Place, enter: Callable[[Place], None]) -> None:
    names = [browse.root_name(number) for number in range(len(browse.roots()))]
    if len(names) < 2:
        return
    st.session_state[f"{key}-root"] = place.root
    st.segmented_control(
        "Where to look", range(len(names)), format_func=names.__getitem__, key=f"{key}-root", required=True, label_visibility="collapsed",
        on_change=lambda: enter(Place(st.session_state[f"{key}-root"] or 0)),
    )  # fmt: skip


def _step(name: str, key: str, enter: Callable[[Place], None], to: Place, *, last: bool = False) -> None:
    st.button(
        f"**{words.as_markdown(name)}**" if last else words.as_markdown(name), key=key, type="tertiary",
        on_click=enter, args=(to,),
    )  # fmt: skip
    if not last:
        st.html('<span class="vds-quiet" aria-hidden="true">/</span>', width="content")


def _nothing(view: browse.View, wanted: str, files: bool) -> str:
    if wanted:
        return "Nothing here has this in its name."
    if view.images:
        return f"No folders in here, but {words.count(view.images, 'image')}."
    return "No folders in here, and no files of this kind." if files else "No folders in here."
