"""A ranking of images: the knobs that ask for it, its ends and its middle, and a single image large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

import dnacore as dc
from ui.app import address, layout, reads, words
from ui.app.reads import Ready
from ui.choices import choices, closeup, filter_bar, parts, picking, piles, sampled
from ui.choices import reference as ranking
from ui.choices.reference import Reference
from ui.components.wall import Band, Long, Picture, Seen
from ui.gallery import truth
from ui.gallery.truth import Truth

BAND = 40
FEW = 12  # up to so many images, all are shown at once: ends and middle would be the same ones
TALL = 640
SIZE = 132
NO_LABEL = "none"
VIEWS = {"bands": "Both ends", "sides": "Side by side", "wall": "All"}


@dataclass(frozen=True)
class Asked:
    """What is ranked, against what, by which neurons, and how it is shown."""

    dataset: Ready
    reference: Reference
    unlike: Reference | None
    selection: dc.Selection | None
    view: str
    column: str
    wanted: Truth | None

    @property
    def question(self) -> str:
        """What the ranking answers, in words."""
        return ranking.question(self.dataset, self.reference, self.unlike, self.selection)

    def ranking(self) -> pd.DataFrame:
        """Return the images, nearest first."""
        return reads.ranking(self.dataset, self.reference, self.unlike, self.selection)

    def shown(self, *, far: bool = False) -> Long:
        """Return the images ready to be shown."""
        return ranking.shown(self.dataset, self.reference, self.unlike, self.selection, self.column, far=far)


def choose(ready: Sequence[Ready]) -> Asked:
    """Draw the knobs."""
    dataset = choices.one_dataset(
        "Images of", ready, key="dataset", index=choices.first(ready), split=True,
        help="The dataset, or the part of one, whose images are ranked.",
    )  # fmt: skip
    part = filter_bar.draw(dataset.dataset)
    reference = ranking.choose_reference("Most like", ready, key="like", other=dataset)
    unlike = ranking.choose_unlike(ready, key="unlike")
    selection = ranking.choose_neurons(dataset, reference, unlike, reads.dna(dataset))
    if part is not None:
        dataset = reads.part(dataset, part.column, part.value, part.also)
    view = address.segments("Show", VIEWS, key="view")
    columns = [str(column) for column in reads.attributes(dataset.dataset).columns]
    column = ""
    if columns:
        label = address.select(
            "Below each image", [NO_LABEL, *columns], key="label", format_func=piles.said_column, plain=True
        )
        column = "" if label == NO_LABEL else label
    return Asked(dataset, reference, unlike, selection, view, column, truth.choose(dataset))


def draw(asked: Asked) -> None:
    """Draw the ranking."""
    ranked, nearest = asked.ranking(), asked.shown()
    layout.found(*ranking.sentence(asked.dataset, asked.reference, asked.unlike, ranked))
    view = asked.view if len(nearest) > FEW else "wall"
    seen = {"bands": _bands, "sides": _sides, "wall": _wall}[view](asked, nearest)
    layout.caption(
        "Below each image: its rank and its distance in bins. "
        + ("Below zero is nearer to the reference than to what it should be unlike. " if asked.unlike else ""),
        hand="Click an image to see it large, its circle (or Ctrl and Shift) to select it; arrow keys move, Space "
        "selects, Enter opens.",
    )
    sampled.note([asked.dataset])
    picking.strip()
    truth.draw(asked.dataset, ranked, asked.wanted)
    if seen.opened is not None:
        closeup.show(
            parts.whole(asked.dataset),
            seen.opened,
            lambda one: [
                ("Rank", f"{one.left} of {words.count(len(nearest), 'image')}"),
                ("Distance", f"{one.right} of {reads.dna(asked.dataset).bins - 1} bins"),
            ],
            among=nearest.pictures,
            why=ranking.context(),
        )


def _bands(asked: Asked, nearest: Long) -> Seen:
    (near, middle, far), target = bands(nearest.pictures), ranking.name_of(asked.reference)
    return picking.wall(
        [
            Band(near, "Nearest", f"most like {target}", rows=2),
            Band(middle, "Middle", "halfway down the ranking", rows=1, centred=True),
            Band(far, "Farthest", f"least like {target}, farthest first", rows=2),
        ],
        dataset=parts.whole(asked.dataset).name,
        key="gallery-bands",
        title="Nearest, middle and farthest images",
        size=SIZE,
        aspect=reads.aspect(asked.dataset.dataset),
        note=f"{words.count(len(nearest), 'image')} ranked",
    )


def bands(
    ranked: Sequence[Picture], most: int = BAND
) -> tuple[Sequence[Picture], Sequence[Picture], Sequence[Picture]]:
    """Return the nearest, the middle and the farthest of a ranking, `most` each at most; the farthest come first in the
    last. No picture is in two of them: of a small set each has a third.
    """
    end = min(most, len(ranked) // 3)
    cut = max(end, (len(ranked) - most) // 2)
    return ranked[:end], ranked[cut : len(ranked) - max(end, len(ranked) - most - cut)], ranked[::-1][:end]


def _sides(asked: Asked, nearest: Long) -> Seen:
    seen = Seen(None, ())
    ends = (("Nearest", nearest), ("Farthest", asked.shown(far=True)))
    for place, (title, pictures) in zip(st.columns(2, gap="medium"), ends, strict=True):
        with place:
            count = words.count(len(nearest), "image")
            st.html(f'<div class="vds-row"><b>{title}</b><span class="vds-quiet">{count}</span></div>')
            one = picking.wall(
                pictures,
                dataset=parts.whole(asked.dataset).name,
                key=f"gallery-{title.lower()}",
                title=f"Images of {asked.dataset.said}, {title.lower()} first",
                height=TALL,
                size=SIZE,
                aspect=reads.aspect(asked.dataset.dataset),
            )
            seen = one if one.opened is not None else seen
    return seen


def _wall(asked: Asked, nearest: Long) -> Seen:
    return picking.wall(
        nearest,
        dataset=parts.whole(asked.dataset).name,
        key="gallery-wall",
        title=f"Images of {asked.dataset.said}, nearest first",
        height=TALL,
        size=SIZE,
        aspect=reads.aspect(asked.dataset.dataset),
    )
