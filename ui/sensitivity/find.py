"""Finding neurons: two piles, the neurons that tell them apart, and the images sorted by these while a slider moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.attributes.copies import rows
from dnacore.neurons import algebra
from ui.app import address, capture, comparisons, layout, navigation, popovers, reads, theme, words
from ui.app.reads import Ready
from ui.choices import choices, closeup, measures, picking, piles, reference, sampled
from ui.choices.picking import Picked
from ui.choices.piles import Chosen
from ui.components import chart, sorting_wall
from ui.figures import distances, findings
from ui.sensitivity import deck as sorting

SHOWN = 10
# The number of neurons, at first and in the address. Of five pictures picked by hand the first 20 are partly chance, so that
# more are steadier; whole attributes are sharper by few (docs/decisions.md has the figures).
COUNT, COUNT_BY_HAND = ("count", 20), ("count-by-hand", 100)
SAVED = "_saved-neurons"


def draw(ready: Sequence[Ready]) -> None:
    """Draw the page."""
    if said := st.session_state.pop(SAVED, None):
        st.toast(said)
    result, knobs = layout.result_and_knobs()
    with knobs:
        chosen = piles.choose(ready)
    layout.question(f"{chosen.names[0]} against {chosen.names[1]}")
    with result:
        said, place = st.container(), capture.place()
        left, middle, right = st.columns([1.3, 1, 1.3], gap="small")
        with left:
            piles.draw(chosen.with_, "With")
        with right:
            piles.draw(chosen.without, "Without")
    # With many images this takes seconds the first time; meanwhile the piles are in sight.
    with said:
        with measures.patient("Comparing with what chance would give…"):
            found, first = sorting.sensitivity(chosen), reads.dna(chosen.among[0])
        layout.found(findings.sensitivity(found, first), findings.sensitivity_exact(found, first))
        for _ in range(2):  # the sentence and the numbers behind it
            capture.lift(place)
        if found.too_small:
            said_so = replace(found, names=(chosen.names[0], chosen.names[1])).too_small
            st.warning(words.as_markdown(said_so))
        sampled.note(chosen.among)
    with middle:
        _neurons(chosen, found, first)
    st.divider()
    count = _sorted(chosen, found)
    with knobs, popovers.popover("Keep these neurons", "keep-these", width="stretch"):
        _keep(chosen, found, first, count)


def _neurons(chosen: Chosen, found: dc.Sensitivity, first: dc.DNA) -> None:
    listed = rows(found.order, comparisons.channels(chosen.among), SHOWN)
    flats = [row[0] for row in listed]

    def open_neuron(data: list[int]) -> None:
        st.session_state["_open_neuron"] = choices.neuron_code(first, flats[data[0]])

    chart.show(
        distances.most_different(
            [words.channel(first, row) for row in listed],
            found.emd[flats],
            unit="bins",
            floor=None if found.noise is None else found.noise[flats],
            chosen=-1,
            above=True,
            dark=theme.is_dark(),
        ),
        key="sensitive",
        alt="The most sensitive neurons and what chance would give",
        on_click=open_neuron,
        tools=False,
    )
    layout.caption(
        "The tick is what two random piles of the same images would give.", hand="Click a neuron to look at it."
    )
    _copies(first, found, listed)
    if flats:
        name = words.short(first, flats[0])
        code = choices.neuron_code(first, flats[0])
        navigation.link("lens", f"What {name} sees", neuron=code, dataset=chosen.among[0].name)
    if "_open_neuron" in st.session_state:
        code = st.session_state.pop("_open_neuron")
        navigation.go("neurons", neuron=code, **sides(chosen))


def _copies(first: dc.DNA, found: dc.Sensitivity, listed: Sequence[Sequence[int]]) -> None:
    """Draw the neurons of those rows that stand for several."""
    several = [row for row in listed if len(row) > 1]
    if not several:
        return
    parts = [(words.short(first, flat), float(found.emd[flat])) for row in several for flat in row]
    with st.expander(f"{words.count(len(several), 'row')} stand{'s' if len(several) == 1 else ''} for several neurons"):
        layout.note(
            "A channel that successive blocks pass on says the same in each of them, so it is one row. Its parts:"
        )
        layout.facts([(name, f"{words.significant(apart)} bins") for name, apart in parts])


def _sorted(chosen: Chosen, found: dc.Sensitivity) -> int:
    """Draw the slider and the images that it sorts; return the chosen number of neurons."""
    place = st.container()
    with measures.patient("Ranking the images for every number of neurons…"):
        deck = sorting.deck(chosen, found)
    kept_as, usual = COUNT_BY_HAND if chosen.how == "hand" else COUNT
    top = _count(deck.steps, kept_as, usual)
    seen, count = sorting_wall.wall(
        deck,
        key="live",
        top=top,
        caption="How many neurons",
        title="Images most like with, and most like without",
        near=("Most like with", f"{chosen.names[0]}, and least like without"),
        far=("Most like without", f"{chosen.names[1]}, farthest first"),
        note=f"{words.count(len(deck.pictures), 'image')} ranked",
        aspect=reads.aspect(chosen.among[0].dataset),
        actions=picking.ACTIONS,
    )
    with place:
        layout.found(*_sorting(chosen, deck, count))
    if str(count) != address.code(kept_as):
        address.keep(kept_as, str(count))
    layout.caption(
        "With few neurons the order is sharp but changes with every neuron added; with many it is steadier, and less to "
        "the point. Below each image: its rank, and its distance to "
        "“with” minus its distance to “without”, in bins."
        + (
            " How often one with comes first is counted on images that the neurons were not chosen by: each quarter is "
            "ranked by neurons of the other three (50 of 100 pairs is chance)."
            if deck.notes
            else ""
        ),
        hand="Drag “How many neurons” and watch.",
    )
    navigation.link(
        "gallery", "Rank all images by these neurons", dataset=chosen.among[0].name, **_ranking(chosen, count)
    )
    picking.take(seen)
    picking.strip(here=True)
    if seen.opened is not None:
        owner = next(one for one in chosen.among if one.dataset.id == seen.opened.dataset)
        closeup.show(owner, seen.opened, why=_ranking(chosen, count))
    return count


def _sorting(chosen: Chosen, deck: sorting_wall.Deck, count: int) -> tuple[str, str]:
    """Say how well so many neurons sort the images, and the numbers behind it."""
    area, neurons = sorting.area(chosen, deck, count), words.count(count, "neuron")
    whose = words.listing([one.said for one in chosen.among])
    if area is None:
        return f"Images of {whose}, sorted by the {neurons} that tell the two apart best", ""
    pile = chosen.with_.dna().name if isinstance(chosen.with_, Picked) else chosen.names[0]
    return (
        f"By {neurons}, a new picture of {pile} comes first {words.pairs(area)}",
        f"AUC {area:.3f} (0.5 is chance), on images that the neurons were not chosen by.",
    )


def sides(chosen: Chosen) -> dict[str, str]:
    """Return the choices by which the Neurons page asks the same question: with against without.

    Piles picked by hand are no datasets: then the datasets that their images are from are shown.
    """
    if isinstance(chosen.with_, Ready) and isinstance(chosen.without, Ready):
        return {"a": chosen.with_.name, "b": chosen.without.name}
    return {"a": chosen.among[0].name, "b": chosen.among[-1].name}


def _ranking(chosen: Chosen, count: int) -> dict[str, str]:
    """Return the choices by which other pages rank as the slider does: like with, unlike without, so many neurons."""
    with_, without = (
        picking.reference(pile.images) if isinstance(pile, Picked) else pile.name
        for pile in (chosen.with_, chosen.without)
    )
    return {"like": with_, "unlike": without, "neurons": reference.TOP, "top": str(count)}


def _count(steps: Sequence[int], kept_as: str, usual: int) -> int:
    """Return the number of neurons that the address or this session asks for, the nearest one there is."""
    asked = address.code(kept_as) or ""
    wanted = int(asked) if asked.isdecimal() else usual
    return int(steps[int(np.argmin([abs(step - wanted) for step in steps]))])


def _sharpen(chosen: Chosen, count: int) -> None:
    """Draw weights of all neurons learned from the piles, what they are worth, and what keeps them."""
    layout.note(
        "Instead of the most sensitive neurons, all alike: how much each one counts is learned from the two piles. "
        "The weights are a selection like any other, usable on every page."
    )
    asked = f"{chosen.with_.key}:{chosen.without.key}:{count}"
    if st.button("Learn the weights", key="sharpen", help="Some seconds; tried on images that were not learned from."):
        st.session_state["_sharpened"] = asked
    if st.session_state.get("_sharpened") != asked:
        return
    try:
        with st.spinner("Learning, and trying on images that were left out…"):
            learned = sorting.sharpened(chosen, count)
    except dc.BadInput as error:
        st.warning(words.as_markdown(str(error)))
        return
    layout.facts(
        [
            ("Learned weights", f"first {words.pairs(learned.auc)}"),
            (f"The slider's {count:,}", f"first {words.pairs(learned.plain_auc)}"),
        ]
    )
    layout.note(
        "How often a new image with comes before one without; 50 of 100 is chance. "
        f"AUC {learned.auc:.3f} and {learned.plain_auc:.3f}."
    )
    proposed = f"{chosen.column or chosen.names[0]} sharpened"
    name = st.text_input("Name", key="sharpened-name", placeholder=proposed).strip() or proposed
    if st.button("Save selection", key="sharpened-save", type="primary"):
        reads.workspace().save_selection(algebra.renamed(learned.selection, name))
        st.toast(f"Saved {words.as_markdown(name)}: choose it under Neurons on the other pages.")


def _keep(chosen: Chosen, found: dc.Sensitivity, first: dc.DNA, count: int) -> None:
    """Draw the ways to keep the found neurons as a selection."""
    ways = {"top": f"The slider's {count:,}"}
    if found.noise_ratio is not None:
        ways["noise"] = "All above chance"
    ways["sharpen"] = "Sharpened"
    way = address.segments("Which", ways, key="keep")
    if way == "sharpen":
        _sharpen(chosen, count)
        return
    if way == "noise":
        factor = st.slider("At least this many times chance", 1.5, 10.0, 3.0, 0.5, key="factor", format="%.1fx")
        flats = found.order[found.noise_ratio[found.order] >= factor]
        layout.caption(
            f"{words.count(len(flats), 'neuron')} of {first.n_neurons:,}. By chance alone some neuron reaches "
            f"{words.times(found.floor())} in one of 20 comparisons of this size."
        )
    else:
        flats = found.order[:count]
        ratio = found.noise_ratio
        if ratio is not None and len(flats):
            layout.caption(f"The last of them is {words.times(float(ratio[flats[-1]]))} what chance would give.")
    proposed = f"{chosen.column or chosen.names[0]} {'top ' + str(count) if way == 'top' else 'above chance'}"
    with st.form("keep-form", border=False):
        name = st.text_input("Name", key="selection-name", placeholder=proposed).strip() or proposed
        pressed = st.form_submit_button("Save selection", key="selection-save", type="primary", disabled=not len(flats))
    if pressed:
        origin = {
            "kind": "sensitivity", "with": chosen.with_.name, "without": chosen.without.name, "images": list(found.images),
        } | ({"top": count} if way == "top" else {"times_chance": factor})  # fmt: skip
        if isinstance(chosen.with_, Picked) or isinstance(chosen.without, Picked):
            asked = _ranking(chosen, count)  # the piles, so that a ranking by these neurons can ask the same question
            origin |= {"like": asked["like"], "unlike": asked["unlike"], "dataset": chosen.among[0].name}
        made = dc.Selection.of(flats, name=name, extractor=found.extractor, origin=origin)
        reads.workspace().save_selection(made)
        popovers.close("keep-these")
        st.session_state[SAVED] = f"Saved {words.as_markdown(name)}: choose it under Neurons on the other pages."
        st.rerun()
