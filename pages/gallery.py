"""Gallery: a dataset's images ranked by how much they look, to the chosen neurons, like a reference."""

from __future__ import annotations

import streamlit as st

from ui.app import address, layout, reads, words
from ui.choices import choices, closeup, picking, piles
from ui.choices import reference as ranking
from ui.components import wall
from ui.gallery import truth

BAND = 40
TALL = 640
NO_LABEL = "none"

layout.header("Gallery", "Which images look most like another dataset, or like one image?")
ready = reads.ready()
if not ready:
    layout.nothing_extracted()

result, knobs = layout.result_and_knobs()
with knobs:
    dataset = choices.one_dataset("Images of", ready, key="dataset", help="The dataset whose images are ranked.")
    reference = ranking.choose_reference("Most like", ready, key="like", other=dataset)
    unlike = ranking.choose_unlike(ready, key="unlike")
    first = reads.dna(dataset)
    selection = ranking.choose_neurons(dataset, reference, unlike, first)
    view = address.segments("Show", {"bands": "Both ends", "sides": "Side by side", "wall": "All"}, key="view")
    columns = [str(column) for column in reads.attributes(dataset.dataset).columns]
    column = ""
    if columns:
        label = address.select(
            "Below each image", [NO_LABEL, *columns], key="label", format_func=piles.said_column, plain=True
        )
        column = "" if label == NO_LABEL else label
    wanted = truth.choose(dataset)

ranked = reads.ranking(dataset, reference, unlike, selection)
nearest = ranking.shown(dataset, reference, unlike, selection, column)
aspect, count = reads.aspect(dataset.dataset), words.count(len(nearest), "image")
target = ranking.name_of(reference)
with result:
    layout.found(ranking.sentence(dataset, reference, unlike, ranked))
    if view == "bands" and len(nearest) > 3:
        everything = nearest.pictures
        middle = max(0, len(everything) // 2 - BAND // 2)
        seen = picking.wall(
            [
                wall.Band(everything[:BAND], "Nearest", f"most like {target}", rows=2),
                wall.Band(everything[middle : middle + BAND], "Middle", "", rows=1),
                wall.Band(everything[::-1][:BAND], "Farthest", f"least like {target}, farthest first", rows=2),
            ],
            dataset=dataset.name,
            key="gallery-bands",
            title="Nearest, middle and farthest images",
            size=120,
            aspect=aspect,
            note=f"{count} ranked",
        )
    elif view == "sides":
        seen = wall.Seen(None, ())
        ends = (
            ("Nearest", nearest),
            ("Farthest", ranking.shown(dataset, reference, unlike, selection, column, far=True)),
        )
        for place, (title, pictures) in zip(st.columns(2, gap="medium"), ends, strict=True):
            with place:
                st.html(f'<div class="vds-row"><b>{title}</b><span class="vds-quiet">{count}</span></div>')
                one = picking.wall(
                    pictures,
                    dataset=dataset.name,
                    key=f"gallery-{title.lower()}",
                    title=f"Images of {dataset.name}, {title.lower()} first",
                    height=TALL,
                    size=120,
                    aspect=aspect,
                )
                seen = one if one.opened is not None else seen
    else:
        seen = picking.wall(
            nearest,
            dataset=dataset.name,
            key="gallery-wall",
            title=f"Images of {dataset.name}, nearest first",
            height=TALL,
            size=120,
            aspect=aspect,
        )
    layout.caption(
        "Below each image: its rank and its distance in bins. "
        + ("Below zero is nearer to the reference than to what it should be unlike. " if unlike is not None else "")
        + "Click an image to see it large, its circle (or Ctrl and Shift) to select it; arrow keys move, Space "
        "selects, Enter opens."
    )
    picking.strip()
    truth.draw(dataset, ranked, wanted)
if seen.opened is not None:
    closeup.show(
        dataset,
        seen.opened,
        [
            ("Rank", f"{seen.opened.left} of {len(nearest):,}"),
            ("Distance", f"{seen.opened.right} of {first.bins - 1} bins"),
        ],
        why=ranking.context(),
    )
