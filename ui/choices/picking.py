"""Picking images in any gallery: what can be done with them, the two piles of this session, and undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.dna.from_sketches import sketched_dna
from dnacore.sketches.sketches import Sketches, together
from dnacore.workspace.saved import piles as picks
from dnacore.workspace.saved.piles import WITH, WITHOUT, Images
from ui.app import address, layout, navigation, reads, words
from ui.app.reads import Ready
from ui.choices.own import tagging
from ui.components import wall as gallery
from ui.components.wall import Action, Band, Long, Picture, Seen
from ui.jobs import tray

KEY = "hand"
ACTIONS = (
    Action("with", "Add to With", "w", lets_go=True),
    Action("without", "Add to Without", "o", lets_go=True),
    Action("reference", "Rank by likeness to these", "r"),
    Action("dataset", "New dataset", "n"),
    Action("tag", "Tag", "t"),
)
REMOVE = Action("remove", "Take out of the pile", "Delete", lets_go=True)
REFERENCE = "picked:"


@dataclass(frozen=True)
class Picked:
    """Images picked by hand, as a pile or as a reference: what a dataset is elsewhere, without one of its own."""

    name: str
    images: Images
    extractor: str

    @property
    def key(self) -> str:
        """A text that changes whenever the images or their DNAs do."""
        store = reads.workspace().store
        found = picks.present(reads.workspace(), self.images)
        keys = [store.dna_key(dataset, self.extractor) for dataset, _ in found.values()]
        return f"picked:{hash(self.images)}:{keys}"

    def __str__(self) -> str:
        return self.key

    def sketches(self) -> Sketches:
        """Return the sketches of the picked images. Raises BadInput where none of them has one."""
        parts = []
        for dataset, indices in picks.present(reads.workspace(), self.images).values():
            sketches = reads.workspace().sketches(dataset, self.extractor)
            if sketches is None or not len(sketches):
                continue
            files = reads.files(dataset)
            place = {files[at].index: position for position, at in enumerate(sketches.found)}
            here = [place[index] for index in indices if index in place]
            if here:
                parts.append(sketches.select(np.array(here)))
        if not parts:
            raise dc.BadInput(
                f"None of the images in “{self.name}” has been extracted with this extractor. "
                "Extract their datasets, or pick others."
            )
        return together(*parts)

    def dna(self) -> dc.DNA:
        """Return the average of the picked images, as a DNA counted from their sketches."""
        return _picked_dna(self.key, self)


@st.cache_resource(max_entries=3, show_spinner=False)
def _picked_dna(key: str, _picked: Picked) -> dc.DNA:
    workspace = reads.workspace()
    setting = workspace.store.find_setting(_picked.extractor)
    calibration = None if setting is None else workspace.store.calibration(setting.calibration)
    if setting is None or calibration is None:
        raise dc.BadInput("Nothing has been extracted with this extractor yet. Extract a dataset first.")
    return sketched_dna(_picked.sketches(), calibration, setting.specification, _picked.name)


def token() -> str:
    """Return the token of this session's piles, or of those in the page's address; "" for none."""
    return address.code(KEY) or ""


def piles() -> picks.Piles:
    """Return this session's piles; empty ones where those of a link are gone."""
    try:
        return picks.load(reads.workspace(), token())
    except dc.UnknownName as error:
        address.drop(KEY)
        st.warning(str(error))
        return picks.Piles()


def change(made: picks.Piles) -> None:
    """Make these the session's piles."""
    address.keep(KEY, picks.save(reads.workspace(), made))


def undo() -> None:
    """Go back to the piles before the last change."""
    before = picks.undone(reads.workspace(), token())
    if before:
        address.keep(KEY, before)
    else:
        address.drop(KEY)


def pile(side: str) -> Picked:
    """Return one of the session's piles."""
    return Picked(side.capitalize(), piles().pile(side), reads.extractor())


def reference(images: Images) -> str:
    """Return the code by which picked images are a reference in the address of a page."""
    return REFERENCE + picks.save(reads.workspace(), picks.Piles(with_=images))


def meant(code: str) -> Picked:
    """Return the images that a reference's code means. Raises UnknownName."""
    images = picks.load(reads.workspace(), code.removeprefix(REFERENCE)).with_
    return Picked(f"the average of {words.count(len(images), 'picked image')}", images, reads.extractor())


def wall(bands: Sequence[Band] | Sequence[Picture] | Long, *, dataset: str | None = None, **more: Any) -> Seen:
    """Draw a gallery whose images can be picked, and do what was asked with them.

    dataset: the one whose images are ranked when picked ones become a reference; theirs without one.
    """
    seen = gallery.wall(bands, actions=ACTIONS, **more)
    take(seen, dataset)
    return seen


def take(seen: Seen, dataset: str | None = None) -> None:
    """Do what was asked with the images picked in a gallery."""
    images = picks.distinct([(picture.dataset, picture.index) for picture in seen.taken])
    if not seen.action or not images:
        return
    if seen.action in (WITH, WITHOUT):
        change(piles().added(seen.action, images, token()))
        size = len(piles().pile(seen.action))
        st.toast(f"{words.count(len(images), 'image')} added to {seen.action.capitalize()}, which has {size:,} now.")
    elif seen.action == "remove":
        change(piles().removed(images, token()))
        st.toast(f"{words.count(len(images), 'image')} taken out.")
    elif seen.action == "reference":
        owner = reads.workspace().dataset_by_id(images[0][0]).name
        navigation.go("gallery", dataset=dataset or owner, like=reference(images))
    elif seen.action == "dataset":
        _name_dataset(images)
    elif seen.action == "tag":
        tagging.ask(images)


def strip(key: str = "strip", *, here: bool = False) -> None:
    """Draw what lies in the piles and what to do with it; nothing while they are empty and cannot be undone.

    here: this is the page that compares piles.
    """
    now = piles()
    if not (now.with_ or now.without or now.before):
        return
    with st.container(key=key, horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<span class="vds-quiet" style="font-size:13px;white-space:nowrap">Piles: {len(now.with_):,} with, '
            f"{len(now.without):,} without</span>"
        )
        if now.with_ and now.without:
            # Not a link: one that leads to the page it stands on would leave the address as it was.
            asked = st.button("Which neurons see the difference?", key=f"{key}-compare", on_click=_compare)
            if asked and not here:
                navigation.go("sensitivity", piles="hand", do="find", hand=token())
        buttons(now, key)


def buttons(now: picks.Piles, key: str) -> None:
    """Draw undo, exchange and empty, and what fills the other pile while one is empty."""
    if bool(now.with_) != bool(now.without):
        st.button(
            "Against the rest",
            key=f"{key}-rest",
            on_click=lambda: change(against_the_rest(piles())),
            help="All other images of the same datasets become the other pile.",
        )
    st.button("Undo", key=f"{key}-undo", type="tertiary", disabled=not token(), on_click=undo)
    if now.with_ or now.without:
        st.button(
            "Exchange", key=f"{key}-exchange", type="tertiary", on_click=lambda: change(piles().exchanged(token()))
        )
        st.button("Empty both", key=f"{key}-empty", type="tertiary", on_click=lambda: change(_emptied()))


def against_the_rest(now: picks.Piles) -> picks.Piles:
    """Return the piles with the empty one filled: with all images of the same datasets that are not picked."""
    side, picked = (WITHOUT, now.with_) if now.with_ else (WITH, now.without)
    owners = (dataset for dataset, _ in picks.present(reads.workspace(), picked).values())
    taken = set(picked)
    every = ((one.id, row.index) for one in owners for row in reads.files(one))
    return now.added(side, [image for image in every if image not in taken], token())


def _compare() -> None:
    address.keep("piles", "hand")


def _emptied() -> picks.Piles:
    return picks.Piles(before=token())


@st.dialog("New dataset from picked images")
def _name_dataset(images: Images) -> None:
    count = words.count(len(images), "image")
    taken = {dataset.name for dataset in reads.workspace().datasets()}
    owners = [dataset.name for dataset, _ in picks.present(reads.workspace(), images).values()]
    proposed = next(
        name
        for name in (f"{owners[0] if len(owners) == 1 else 'picked'} picks{number}" for number in ("", *range(2, 999)))
        if name not in taken
    )
    layout.note(f"{count}. The files stay where they are; the workspace keeps the list, and their attributes.")
    with st.form("picked-form", border=False):
        name = st.text_input("Name", value=proposed, key="picked-name")
        pressed = st.form_submit_button("Make the dataset", type="primary", key="picked-make")
    if pressed:
        try:
            made = picks.new_dataset(reads.workspace(), name, images)
        except dc.DnaError as error:
            st.error(words.as_markdown(str(error)))
            return
        tray.extract([made.name])
        st.toast(f"{words.as_markdown(made.name)} is being extracted; it can be chosen everywhere in a moment.")
        st.rerun()


def ready_of(number: int, ready: Sequence[Ready]) -> Ready | None:
    """Return the extracted dataset of a number."""
    return next((one for one in ready if one.dataset.id == number), None)
