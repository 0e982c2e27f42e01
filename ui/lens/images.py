"""Which dataset and which image the lens looks at; by default the neuron's strongest image."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.lens import Analysis
from dnacore.workspace.datasets import free_name
from dnacore.workspace.store.shard_plan import FileRow
from ui.app import address, layout, reads, words
from ui.app.reads import Ready
from ui.choices import choices
from ui.components import wall
from ui.components.wall import pictures
from ui.lens.asked import Picked

OFFERED = 24  # of a neuron's strongest images
IMAGE, STYLE, WHOLE = "of", "style", "whole"
ALL = "all"


def choose_dataset(analysis: Analysis, ready: Sequence[Ready]) -> Ready:
    """Let a person choose the dataset that is looked into."""
    names = [one.name for one in ready]
    linked = (address.code(IMAGE) or "").rpartition(":")[0]
    place = names.index(linked) if linked in names else choices.first(ready)
    label = "Image from" if "image" in analysis.inputs and "dataset" not in analysis.inputs else "Dataset"
    return choices.one_dataset(label, ready, key="dataset", index=place, split=True)


def choose_image(dataset: Ready, flat: int, ready: Sequence[Ready], ranked: bool = False) -> Picked | None:
    """Let a person choose an image: one of the neuron's strongest, or the one that a link brought along.

    ranked: whether the page speaks of that neuron, so that an image's rank says something.
    """
    strongest = _strongest(reads.listed(dataset), flat, dataset)
    found = {f"{dataset.name}:{one.index}": one for one in strongest}
    usual = next(iter(found), "")
    before = st.session_state.get("_lens-usual")
    if before is not None and before != usual and st.session_state.get(IMAGE) == before:
        address.drop(IMAGE)  # not chosen by hand: another neuron has another strongest image
    st.session_state["_lens-usual"] = usual
    code = address.code(IMAGE)
    if code and code not in found and (linked := _of(code, ready)) is not None:
        found = {code: linked} | found
    if not found:
        st.info("No image of this dataset can be looked at. Extract it again on the Datasets page.")
        return None
    ranks = {f"{dataset.name}:{one.index}": place for place, one in enumerate(strongest, 1)}

    def called(code: str) -> str:
        name = found[code].name if code in found else code
        return f"{name} (strongest {ranks[code]})" if ranked and code in ranks else name

    codes = list(found)
    chosen = address.select(
        "Image", codes, index=codes.index(usual) if usual in codes else 0, key=IMAGE, format_func=called, plain=True,
        help="Some of this dataset. For any other one, open it and choose “Look through the lens”.",
    )  # fmt: skip
    _thumbnail(found[chosen])
    return found[chosen]


def choose_style(
    ready: Sequence[Ready], flat: int, content: Ready
) -> tuple[Picked | None, Picked | None, str, Ready | None]:
    """Let a person choose what is restyled and after what: (image, style image, name of a new dataset, dataset)."""
    whole = address.toggle("Restyle the whole dataset", key=WHOLE, help="As a new dataset. The old one stays as it is.")
    others = [one for one in ready if one.name != content.name] or list(ready)
    owner = choices.one_dataset("In the style of", others, key="style-dataset")
    image = None if whole else choose_image(content, flat, ready)
    every = [_picked(owner, row) for row in reads.files(owner.dataset)[:OFFERED]]
    codes = ([] if whole else [ALL]) + [f"{owner.name}:{one.index}" for one in every]
    by_code = dict(zip(codes[-len(every) :], every, strict=True))
    chosen = address.select(
        "Style", codes, key=STYLE, plain=True,
        format_func=lambda code: by_code[code].name if code in by_code else f"All of {owner.name}",
    )  # fmt: skip
    style = by_code.get(chosen)
    if style is not None:
        _thumbnail(style)
    if not whole:
        return image, style, "", owner if style is None else None
    taken = {one.name for one in reads.workspace().datasets()}
    proposed = free_name(f"{content.name} restyled", taken)
    into = st.text_input("Name of the new dataset", value=proposed, key="lens-into").strip() or proposed
    return None, style, into, content


@st.cache_data(max_entries=200, show_spinner=False)
def _strongest(key: str, flat: int, _dataset: Ready) -> list[Picked]:
    try:
        sketches = reads.sketches_of(_dataset)
    except dc.BadInput:  # extracted without sketches: the first images in place of the strongest
        return [_picked(_dataset, row) for row in reads.files(_dataset.dataset)[:OFFERED]]
    rows = reads.files(_dataset.dataset)
    order = np.argsort(-sketches.peaks(np.array([flat]))[0], kind="stable")[:OFFERED]
    return [_picked(_dataset, rows[int(sketches.found[i])]) for i in order]


def _picked(dataset: Ready, row: FileRow) -> Picked:
    return Picked(dataset, row.index, row.path.rsplit("/", 1)[-1], row.hash)


def _of(code: str, ready: Sequence[Ready]) -> Picked | None:
    """The image that `NAME:INDEX` refers to; None where it is gone."""
    name, _, index = code.rpartition(":")
    owner = next((one for one in ready if one.name == name), None)
    if owner is None or not index.isdecimal():
        return None
    row = next((row for row in reads.files(owner.dataset) if row.index == int(index)), None)
    return None if row is None else _picked(owner, row)


def _thumbnail(image: Picked) -> None:
    row = next(row for row in reads.files(image.dataset.dataset) if row.index == image.index)
    (picture,) = pictures.plain(image.dataset.dataset, [row])
    source = html.escape(wall.thumb_url(picture.dataset, picture.index, picture.version), quote=True)
    st.html(
        f'<img src="{source}" alt="{html.escape(image.name, quote=True)}" '
        f'style="display:block;max-width:100%;max-height:180px;border-radius:4px">'
    )
    layout.note(f"{image.name}, {words.dataset(image.dataset.name)}")
