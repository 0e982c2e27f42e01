"""With and without: two piles of images, by an attribute of one dataset, as two datasets, or picked by hand."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dnacore.attributes.derived import TAG
from dnacore.extractors.labels import CAUTION
from dnacore.sketches.words import SEES
from dnacore.workspace.attribute_table import facets
from dnacore.workspace.saved import piles
from ui.app import address, layout, navigation, reads, seen, words
from ui.app.reads import Ready
from ui.choices import choices, picking
from ui.choices.picking import Picked
from ui.components import wall
from ui.components.wall import pictures

SHOWN = 6
MOST_VALUES = 24
KINDS = {"attribute": "Attribute", "datasets": "Datasets", "hand": "By hand"}

Pile = Ready | Picked


@dataclass(frozen=True)
class Chosen:
    """Two piles of images. among: the datasets whose images are ranked by what tells the piles apart.

    how: attribute, datasets or hand. column: the attribute, where there is one.
    """

    with_: Pile
    without: Pile
    among: tuple[Ready, ...]
    how: str
    column: str = ""

    @property
    def names(self) -> tuple[str, str]:
        """What the piles are called in sentences."""
        return words.dataset(self.with_.name), words.dataset(self.without.name)


def choose(ready: Sequence[Ready]) -> Chosen:
    """Let a person choose the two piles."""
    described = [one for one in ready if seen.described(one.dataset)]
    kinds = {kind: label for kind, label in KINDS.items() if kind != "attribute" or described}
    if len(ready) < 2 and described:
        kinds.pop("datasets")
    how = address.segments("Piles", kinds, key="piles")
    if how == "hand":
        return _by_hand(ready)
    if how == "datasets":
        far_a, far_b = choices.two_first(ready)
        with_ = choices.one_dataset("With", ready, key="with", index=far_a, split=True)
        without = choices.one_dataset("Without", ready, key="without", index=far_b, split=True)
        if with_.name == without.name:
            st.info("Choose two different datasets.")
            st.stop()
        return Chosen(with_, without, (with_, without), how)
    place = choices.first(described, lambda one: bool(splits(reads.attributes(one.dataset))))
    whole = choices.one_dataset("Dataset", described, key="from", index=place)
    table = reads.attributes(whole.dataset)
    values = splits(table)
    if not values:
        st.info(f"No attribute of {whole.name} splits its images. Choose another dataset, or compare two datasets.")
        st.stop()
    column = address.select("Attribute", list(values), key="attribute", format_func=said_column)
    for side in ("with", "without"):  # values of another attribute do not apply here
        address.only(f"{side}-", f"{side}-{column}")
    options = values[column]
    if column == SEES:
        return _by_word(whole, table, options)
    if column == TAG and set(options) - {"0", "1"}:
        return _by_tag(whole, options)
    positive = options.index("1") if "1" in options else 0
    one = address.select("With", options, index=positive, key=f"with-{column}", format_func=said)
    rest = [value for value in options if value != one]
    other = address.select("Without", rest, key=f"without-{column}", format_func=said)
    return Chosen(reads.part(whole, column, one), reads.part(whole, column, other), (whole,), how, column)


def _by_word(whole: Ready, table: pd.DataFrame, options: Sequence[str]) -> Chosen:
    """Images of which the network says one word first, against those of another word, or all others."""
    counts = table[SEES].value_counts()
    one = address.select(
        "With", list(options), key=f"with-{SEES}", format_func=lambda word: f"{word} ({counts[word]:,})", plain=True
    )
    others = {"": f"any other ({int((table[SEES] != '').sum() - counts[one]):,})"}
    others |= {word: f"{word} ({counts[word]:,})" for word in options if word != one}
    other = address.select(
        "Without", list(others), key=f"without-{SEES}", format_func=lambda word: others.get(word, word), plain=True
    )
    layout.note(CAUTION)
    rest = reads.part(whole, SEES, other) if other else reads.part(whole, f"{SEES}!", one)
    return Chosen(reads.part(whole, SEES, one), rest, (whole,), "attribute", one)


def _by_tag(whole: Ready, options: Sequence[str]) -> Chosen:
    """Images with one of a person's tags against all others: an image may have several, so no tag excludes another."""
    tag = address.select("Tagged", list(options), key=f"with-{TAG}", plain=True)
    return Chosen(
        reads.part(whole, TAG, tag), reads.part(whole, f"{TAG}!", tag), (whole,), "attribute", f"tagged {tag}"
    )


def _by_hand(ready: Sequence[Ready]) -> Chosen:
    now = picking.piles()
    if not (now.with_ and now.without):
        missing = "With and Without" if not (now.with_ or now.without) else "Without" if now.with_ else "With"
        filled, size = ("With", len(now.with_)) if now.with_ else ("Without", len(now.without))
        there = f"{filled} has {words.count(size, 'image')}. " if size else ""
        st.info(
            f"{there}Pick images for {missing}: in any gallery select some (click the circle in their corner, or Ctrl and "
            "Shift as in a file manager), then “Add to With” or “Add to Without”. One pile is enough: “Against the rest” fills "
            "the other."
        )
        navigation.link("gallery", "Pick in the gallery", view="wall", hand=picking.token() or None)
        picking.buttons(now, "piles-hand")
        st.stop()
    with_, without = picking.pile("with"), picking.pile("without")
    numbers = dict.fromkeys(number for number, _ in (*now.with_, *now.without))
    among = tuple(one for number in numbers if (one := picking.ready_of(number, ready)) is not None)
    if not among:
        st.info("The picked images belong to datasets that have not been extracted with this extractor.")
        navigation.link("datasets", "Extract")
        st.stop()
    st.html(
        f'<div class="vds-row"><span class="vds-quiet">Picked</span><span>{len(now.with_):,} with, '
        f"{len(now.without):,} without</span></div>"
    )
    with st.container(key="piles-hand-buttons", horizontal=True):
        picking.buttons(now, "piles-hand")
    return Chosen(with_, without, among, "hand")


def splits(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the attributes that split a dataset, with their values; most frequent value first."""
    found: dict[str, list[str]] = {}
    for column in table.columns:
        if column == TAG and set(table[TAG]) - {"", "0", "1"}:  # an image may have several
            found[TAG] = list(facets(table[[TAG]]).get(TAG, ()))[:MOST_VALUES]
            continue
        counts = table[column].value_counts()
        values = [value for value in counts.index if value != ""]
        if column == SEES:
            found[SEES] = [value for value in values if counts[value] > 1][:MOST_VALUES]
            if not found[SEES] or len(values) < 2:
                del found[SEES]
        elif 2 <= len(values) <= MOST_VALUES:
            found[str(column)] = values
    return found


def draw(pile: Pile, title: str) -> wall.Picture | None:
    """Draw a few images of a pile; those picked by hand can be taken out again. Returns the one just opened, if any."""
    if isinstance(pile, Ready):
        rows = reads.files(pile.dataset)
        count, shown = len(rows), pictures.plain(pile.dataset, rows[:: max(1, len(rows) // SHOWN)][:SHOWN])
    else:
        shown = members(pile)
        count = len(shown)
    st.html(f'<div class="vds-row"><b>{title}</b><span class="vds-quiet">{count:,}</span></div>')
    looked = wall.wall(
        shown[:240],
        key=f"pile-{title}",
        title=title,
        columns=2,
        height=420 if len(shown) > SHOWN else None,
        controls=isinstance(pile, Picked),
        note=words.count(count, "image") if isinstance(pile, Picked) else None,
        actions=[picking.REMOVE] if isinstance(pile, Picked) else (),
        aspect=aspect(pile),
    )
    st.html(f'<div class="vds-line vds-quiet">{html.escape(words.dataset(pile.name))}</div>')
    if isinstance(pile, Picked):
        before = picking.token()
        picking.take(looked)
        if picking.token() != before:
            st.rerun()
    return looked.opened


def members(pile: Picked) -> list[wall.Picture]:
    """Return the images of a pile picked by hand."""
    found = []
    for dataset, indices in piles.present(reads.workspace(), pile.images).values():
        rows = {row.index: row for row in reads.files(dataset)}
        found += pictures.plain(dataset, [rows[index] for index in indices if index in rows])
    return found


def aspect(pile: Pile) -> float:
    """Return the width over height that suits most of a pile's images."""
    if isinstance(pile, Ready):
        return reads.aspect(pile.dataset)
    first = next(iter(piles.present(reads.workspace(), pile.images).values()), None)
    return reads.aspect(first[0]) if first else 1.0


def said(value: str) -> str:
    """Return an attribute's value as a person says it."""
    return {"1": "yes", "0": "no"}.get(value, value)


def said_column(name: str) -> str:
    """Return an attribute's name as a person says it."""
    return name.replace("_", " ")
