"""Image: one image, how far it is from everything, and which neurons and which places in it make it so."""

from __future__ import annotations

import streamlit as st

from ui.app import address, layout, navigation, palette, reads, theme, words
from ui.app.reads import Image, Ready
from ui.choices import closeup, picking
from ui.choices import reference as ranking
from ui.components import chart, wall
from ui.components.wall import pictures
from ui.figures import distances
from ui.image import labels, other_datasets, why

SIX = 6

layout.header(
    "Image", "Why is this image near or far: which layers, which neurons, which places?", back=("gallery", "Gallery")
)
ready = reads.ready()
if not ready:
    layout.nothing_extracted()

code = address.code("of")
image = ranking.image(code, ready) if code else None
owner = image.dataset if image is not None else ready[0]
result, knobs = layout.result_and_knobs()
with knobs:
    reference = ranking.choose_reference("Compared with", ready, key="like", other=owner)
    unlike = ranking.choose_unlike(ready, key="unlike")
    first = reads.dna(owner)
    selection = ranking.choose_neurons(owner, reference, unlike, first)

ranked = reads.ranking(owner, reference, unlike, selection)
order = [int(index) for index in ranked["index"]]
if image is None:
    image = Image(owner, order[-1])  # the farthest one has the most to tell
    address.keep("of", f"{owner.name}:{image.index}")
told = why.tell(image, reference, unlike, selection)
place = why.place_of(image, order)
colour = palette.dataset_colour(reference.dataset.colour) if isinstance(reference, Ready) else palette.LIGHT.neutral

with knobs:
    layout.facts(
        [
            ("Dataset", owner.name),
            ("Rank", f"{place + 1:,} of {len(order):,}" if place >= 0 else "not ranked"),
            ("Distance", f"{words.significant(told.found.distance)} of {first.bins - 1} bins"),
            *closeup.attributes(owner, image.index),
        ]
    )
    labels.draw(image, first)
    if st.button("Rank by likeness to this image", key="image-like", width="stretch"):
        navigation.go("gallery", dataset=owner.name, like=f"image:{owner.name}:{image.index}")

with result:
    layout.found(why.sentence(image, told, reference, unlike, place, len(order)))
    asked = why.draw(
        image,
        told,
        colour=colour,
        before=place > 0,
        after=0 <= place < len(order) - 1,
        place=f"{place + 1:,} of {len(order):,}" if place >= 0 else "",
    )
    layout.caption(
        "Point at a neuron to see where in the picture it was most active; the filled curve is the reference, the line "
        "this image. Warm places add most to the distance. Only neurons that are more active here than in the "
        "reference have a place: where something is missing cannot be pointed at. Left and right arrows go through the "
        "ranking, Esc back."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("By layer", anchor=False)
        chart.show(
            distances.by_layer(told.found.layers, unit="bins", dark=theme.is_dark()),
            key="image-layers",
            alt="What each layer adds to the distance",
            tools=False,
        )
        total = sum(told.found.layers.values())
        layout.caption(
            "What each layer's neurons add to the distance. Together they are the distance: "
            f"{words.significant(total, 4)} bins."
        )
    with right:
        other_datasets.draw(image, ready, selection)
    st.divider()
    near = reads.ranking(owner, image, None, selection)
    others = near[near["index"] != image.index]
    for title, rows in (("Nearest images", others.head(SIX)), ("Opposite images", others.iloc[::-1].head(SIX))):
        st.html(layout.dataset_name(owner.dataset, f"{title.lower()}, by the same neurons"))
        seen = wall.wall(
            pictures.ranked(owner.dataset, reads.files(owner.dataset), rows, show_rank=False),
            key=f"image-{title.split()[0].lower()}",
            title=title,
            columns=SIX,
            controls=False,
            actions=picking.ACTIONS,
            aspect=reads.aspect(owner.dataset),
        )
        picking.take(seen, owner.name)
        if seen.opened is not None:
            address.keep("of", f"{owner.name}:{seen.opened.index}")
            st.rerun()

if asked["neuron"]:
    navigation.go("neurons", neuron=asked["neuron"], a=owner.name)
if asked["go"] == "back":
    navigation.go("gallery", **(ranking.context() | {"dataset": owner.name}))
elif asked["go"] in ("before", "after"):
    address.keep("of", f"{owner.name}:{order[place + (1 if asked['go'] == 'after' else -1)]}")
    st.rerun()
