"""One image among its dataset's: where it stands, why, by which layers, and what is nearest and farthest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

import dnacore as dc
from ui.app import address, capture, layout, navigation, palette, reads, theme, words
from ui.app.reads import Image, Ready
from ui.choices import choices, closeup, parts, picking
from ui.choices import reference as ranking
from ui.choices.reference import Reference
from ui.components import chart, wall
from ui.components.wall import pictures
from ui.figures import distances
from ui.image import labels, other_datasets, why

ROW = 5  # images, none smaller than 120 pixels


@dataclass(frozen=True, eq=False)
class Shown:
    """An image with what it is compared with.

    among: its dataset, or the part of it whose images are ranked; order: those, nearest first; place: its own, -1: none.
    """

    image: Image
    among: Ready
    reference: Reference
    unlike: Reference | None
    selection: dc.Selection | None
    order: tuple[int, ...]
    place: int
    told: why.Told

    @property
    def owner(self) -> Ready:
        return self.image.dataset

    @property
    def said(self) -> str:
        """Its rank in words; "" where it has none."""
        return f"{self.place + 1:,} of {len(self.order):,}" if self.place >= 0 else ""


def choose(ready: Sequence[Ready]) -> Shown:
    """Draw the knobs of the comparison. The image comes from the address; without one, the farthest there is."""
    code = address.code("of")
    image = _meant(code, ready) if code else None
    owner = image.dataset if image is not None else ready[choices.first(ready)]
    capture.used(owner)
    reference = ranking.choose_reference("Compared with", ready, key="like", other=owner)
    unlike = ranking.choose_unlike(ready, key="unlike")
    among = _among(owner, image, ready)
    selection = ranking.choose_neurons(among, reference, unlike, reads.dna(owner))
    order = tuple(int(index) for index in reads.ranking(among, reference, unlike, selection)["index"])
    if image is None:
        image = Image(owner, order[-1])  # the farthest one is the most telling
        address.keep("of", f"{owner.name}:{image.index}")
    told = why.tell(image, reference, unlike, selection)
    return Shown(image, among, reference, unlike, selection, order, why.place_of(image, list(order)), told)


def _among(owner: Ready, image: Image | None, ready: Sequence[Ready]) -> Ready:
    """The images that it is ranked among: the part of its dataset that was ranked, or all of it."""
    code = address.code("dataset") or ""
    found = parts.resolve(ready, [code]) if code.startswith(f"{owner.name}[") else []
    if not found or image is None:
        return owner
    inside = {row.index for row in reads.files(found[0].dataset)}
    return found[0] if image.index in inside else owner


def _meant(code: str, ready: Sequence[Ready]) -> Image | None:
    try:
        found = ranking.image(code, ready)
        why.row_of(found)
    except dc.UnknownName as error:  # a link to something deleted or renamed: say so and show another image
        st.warning(words.as_markdown(str(error)))
        return None
    return found


def question(shown: Shown) -> str:
    """Return what is asked about the image."""
    name, by = why.row_of(shown.image).path.rsplit("/", 1)[-1], choices.by(shown.selection)
    unlike = f" rather than {ranking.name_of(shown.unlike)}" if shown.unlike is not None else ""
    asked = f"What makes {name} like or unlike {ranking.name_of(shown.reference)}{unlike}"
    return f"{asked}{f', by {by}' if by else ''}?"


def about(shown: Shown) -> None:
    """Draw what is known about the image."""
    owner, bins = shown.owner, reads.dna(shown.owner).bins
    layout.facts(
        [
            ("Dataset", owner.name),
            ("Rank", shown.said or "not ranked"),
            ("Distance", f"{words.significant(shown.told.found.distance)} of {bins - 1} bins"),
            *closeup.attributes(owner, shown.image.index),
        ]
    )
    labels.draw(shown.image, reads.dna(owner))
    told = shown.told.found
    up = (int(flat) for flat, direction in zip(told.neurons, told.direction, strict=True) if direction > 0)
    telling = next(up, int(told.neurons[0]))  # a neuron that is more active here has something to show
    navigation.link(
        "lens", "Look through the lens", analysis="map", of=f"{owner.name}:{shown.image.index}", dataset=owner.name,
        neuron=choices.neuron_code(reads.dna(owner), telling),
    )  # fmt: skip
    if st.button("Rank by likeness to this image", key="image-like", width="stretch"):
        navigation.go("gallery", dataset=owner.name, like=f"image:{owner.name}:{shown.image.index}")


def draw(shown: Shown, ready: Sequence[Ready]) -> None:
    """Draw why the image lies where it does, and its surroundings."""
    image, place, last = shown.image, shown.place, len(shown.order) - 1
    layout.found(
        *why.sentence(image, shown.told, shown.reference, shown.unlike, place, len(shown.order), shown.among.said)
    )
    reference = shown.reference
    colour = palette.dataset_colour(reference.dataset.colour) if isinstance(reference, Ready) else palette.LIGHT.neutral
    asked = why.draw(
        image, shown.told, colour=colour, before=place > 0, after=0 <= place < last, place=shown.said
    )  # fmt: skip
    layout.caption(
        "The filled curve is the reference, the line this image. Warm places add most to the distance. Only neurons "
        "that are more active here than in the reference have a place: where something is missing cannot be pointed at.",
        hand="Point at a neuron to see where in the picture it was most active. Left and right arrows go through the "
        "ranking, Esc back.",
    )
    left, right = st.columns(2, gap="large")
    with left:
        _layers(shown)
    with right:
        other_datasets.draw(image, ready, shown.selection)
    st.divider()
    _nearest(shown)
    _follow(shown, asked)


def _layers(shown: Shown) -> None:
    st.subheader("By layer", anchor=False)
    layers = shown.told.found.layers
    chart.show(
        distances.by_layer(layers, unit="bins", narrow=True, dark=theme.is_dark()),
        key="image-layers",
        alt="What each layer adds to the distance",
        tools=False,
    )
    layout.caption(
        "What each layer's neurons add to the distance. Together they are the distance: "
        f"{words.significant(sum(layers.values()), 4)} bins."
    )


def _nearest(shown: Shown) -> None:
    owner = shown.owner
    near = reads.ranking(owner, shown.image, None, shown.selection)
    others = near[near["index"] != shown.image.index]
    if others.empty:
        return
    for title, rows in (("Nearest images", others.head(ROW)), ("Opposite images", others.iloc[::-1].head(ROW))):
        st.html(layout.dataset_name(owner.dataset, f"{title.lower()}, by the same neurons"))
        seen = wall.wall(
            pictures.ranked(owner.dataset, reads.files(owner.dataset), rows, show_rank=False),
            key=f"image-{title.split()[0].lower()}",
            title=title,
            columns=ROW,
            controls=False,
            actions=picking.ACTIONS,
            aspect=reads.aspect(owner.dataset),
        )
        picking.take(seen, owner.name)
        if seen.opened is not None:
            _open(owner, seen.opened.index)


def _follow(shown: Shown, asked: Mapping[str, Any]) -> None:
    if asked["neuron"]:
        navigation.go("neurons", neuron=asked["neuron"], **_sides(shown))
    if asked["go"] == "back":
        navigation.go("gallery", **(ranking.context() | {"dataset": shown.among.name}))
    elif asked["go"] in ("before", "after"):
        _open(shown.owner, shown.order[shown.place + (1 if asked["go"] == "after" else -1)])


def _sides(shown: Shown) -> dict[str, str]:
    """The choices by which the Neurons page asks the same: like against unlike, or the dataset against its reference."""
    like, unlike = shown.reference, shown.unlike
    if isinstance(like, Ready) and isinstance(unlike, Ready):
        return {"a": like.name, "b": unlike.name}
    if isinstance(like, Ready) and like.name != shown.among.name:
        return {"a": shown.among.name, "b": like.name}
    return {"a": shown.among.name}


def _open(owner: Ready, index: int) -> None:
    address.keep("of", f"{owner.name}:{index}")
    st.rerun()
