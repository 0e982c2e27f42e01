"""A person's own folder on the Start page: proposed, taken with one click, extracted, and compared with the demo."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dnacore.errors import DnaError
from dnacore.images import browse
from dnacore.images.browse import Place
from ui.app import comparisons, layout, navigation, reads, words
from ui.app.reads import Ready
from ui.choices.own import groups
from ui.datasets import adding
from ui.jobs import tray
from ui.start import demo

MOST, ALONE = 3, 8  # own datasets in the first heatmap, beside the demo's and without them
OPEN = "_own-open"


def draw() -> None:
    """Draw the way to a first answer about one's own images: a button, then the folders there are."""
    st.subheader("Use your own images", anchor=False)
    layout.caption("Your images stay where they are and nothing leaves this machine.")
    if not st.session_state.get(OPEN):
        if st.button("Use my folder", key="use-folder", type="primary" if demo.ready_sets() else "secondary"):
            st.session_state[OPEN] = True
            st.rerun()
        return
    found = _proposals(browse.roots())
    if found:
        layout.note("Folders with images on this computer. One click compares one with the demo data:")
    else:
        layout.caption("No folder of images was found at a glance. Look for one, or upload images or a zip:")
    with st.container(key="own-folders", gap="xxsmall"):
        for at, (place, images) in enumerate(found):
            st.button(
                f"{words.as_markdown(_name(place))} ({words.count(images, 'image')})", key=f"own-{at}",
                icon=":material/folder:", width="stretch", on_click=_use, args=(place,),
            )  # fmt: skip
    if st.button("Choose another folder" if found else "Choose a folder", key="own-other", type="tertiary"):
        navigation.go("datasets", add="folder")


@st.cache_data(ttl=60, show_spinner="Looking for folders with images…")
def _proposals(_roots: tuple[object, ...]) -> list[tuple[Place, int]]:
    return browse.proposals(but=reads.workspace().root)


def _name(place: Place) -> str:
    return " / ".join(place.names[-2:])


def _use(place: Place) -> None:
    try:
        added = adding.take(place)
        if reads.workspace().store.dna_key(added, reads.extractor()) is None and tray.working_on(added.name) is None:
            tray.extract([added.name])
    except DnaError as problem:
        st.session_state["_own-problem"] = str(problem)
        return
    st.session_state["_own-name"] = added.name
    st.session_state[OPEN] = False


def sets() -> list[Ready]:
    """Return a person's own datasets that have a DNA, the newest first: at most three beside the demo's, else eight."""
    own = [one for one in reads.ready() if not groups.is_demo(one.dataset)]
    return own[: MOST if len(own) < len(reads.ready()) else ALONE]


def progress() -> None:
    """Draw how far the folder is that was just chosen, or why it could not be used."""
    if problem := st.session_state.pop("_own-problem", None):
        st.error(words.as_markdown(problem))
    name = st.session_state.get("_own-name")
    job = tray.working_on(name) if name is not None else None
    if job is not None:
        layout.found(f"{name} is being looked at")
        layout.caption("Its distances to the demo data appear here.")
        tray.follow(job, "own-progress")


def nearest(own: Ready) -> tuple[str, str] | None:
    """Say which of all other datasets a person's own is most like, and which it is least like, and how far they are;
    None where few are.
    """
    others = [one for one in reads.ready() if one.dataset.id != own.dataset.id]
    if len(others) < 2:
        return None
    apart = comparisons.from_one(own, others)
    near, far = int(np.argmin(apart)), int(np.argmax(apart))
    said = f"Of {len(others)} other datasets, {own.name} is most like {others[near].name} and least like {others[far].name}."
    bins = reads.dna(own).bins
    away = [f"{others[at].name}: {words.difference(float(apart[at]), bins)}" for at in (near, far)]
    return said, f"{'; '.join(away)}."
