"""Ignoring an attribute: weights under which distances forget it and keep the others, learned in the background."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dnacore.attributes.forgetting import LEAST
from dnacore.attributes.survey import Attribute, attributes_of
from dnacore.sketches.words import SEES
from dnacore.workspace import jobs
from dnacore.workspace.datasets import free_name
from dnacore.workspace.jobs import Job
from ui.app import address, layout, navigation, reads, seen, theme, words
from ui.app.reads import Ready
from ui.choices import choices, sampled
from ui.components import chart
from ui.figures import effects
from ui.jobs import tray

COMMAND = "forget"
ENOUGH = 2 * LEAST  # images with and without an attribute from which it can be learned and tested


def draw(ready: Sequence[Ready]) -> None:
    """Draw the choice of what to forget and what to keep, the running job, and the result."""
    described = [one for one in ready if one.dataset.attributes is not None]
    if not described:
        st.info("Forgetting needs a dataset with attributes: a CSV that says of each image what is in it.")
        navigation.link("datasets", "Add attributes")
        return
    result, knobs = layout.result_and_knobs()
    with knobs:
        place = choices.first(described, lambda one: len(_attributes(one)) > 1)
        whole = choices.one_dataset("Dataset", described, key="from", index=place)
        asked = _attributes(whole)
        known = [one.name for one in asked]
        if len(known) < 2:
            st.info(
                f"{whole.name} needs at least two attributes with {ENOUGH} images with and {ENOUGH} without them. "
                "Choose another dataset."
            )
            return
        forget = address.select("Forget", known, key="forget", format_func=effects.said)
        others = [name for name in known if name != forget]
        given = seen.given(whole.dataset)
        usual = [name for name in others if name.partition("=")[0] in given] or others
        keep = address.several("and keep", others, default=usual, key="keep-attributes", format_func=effects.said)
        saved = {one.name for one in reads.workspace().selections()}
        proposed = free_name(f"{whole.name} without {effects.said(forget)}", saved)
        name = (
            st.text_input("Save the weights as", key=f"forget-name-{proposed}", placeholder=proposed).strip()
            or proposed
        )
        working = _working()
        if st.button(
            "Learn the weights",
            key="forget-start",
            type="primary",
            width="stretch",
            disabled=working is not None or not keep or name in saved,
            help="In the background, seconds to a minute. Learned on one half of the images, tested on the other.",
        ):
            _start(whole, forget, keep, name)
            st.session_state["forgotten"] = name
            st.rerun()
        small = next(one for one in asked if one.name == forget)
        if min(small.images) < 40:
            layout.caption(
                f"Only {words.count(min(small.images), 'image')} on one side: too few to trust what is learned. "
                "Hundreds on each side work well."
            )
    with result:
        sampled.note([whole])
        if working is not None:
            tray.follow(working, "forget-job")
        _result(forget)


@st.cache_data(max_entries=20, show_spinner=False)
def _known(key: str, _whole: Ready) -> list[Attribute]:
    sketches = reads.sketches_of(_whole)
    table = reads.attributes(_whole.dataset).iloc[sketches.found]
    kept = [column for column in table.columns if column != SEES or column in seen.given(_whole.dataset)]
    return attributes_of(table[kept], least=ENOUGH)


def _attributes(whole: Ready) -> list[Attribute]:
    """The attributes that can be learned, yes-or-no ones first."""
    known = _known(f"{whole.key}/{reads.table_key(whole.dataset)}", whole)
    return sorted(known, key=lambda one: "=" in one.name)


def _start(whole: Ready, forget: str, keep: Sequence[str], name: str) -> None:
    command = [COMMAND, whole.name, forget, "--keep", *keep, "--save", name, "--extractor", reads.extractor()]
    jobs.start(reads.workspace(), command, title=f"Learning to forget {effects.said(forget)}", datasets=[whole.name])


def _working() -> Job | None:
    return next((job for job in tray.running() if job.command and job.command[0] == COMMAND), None)


def _result(forget: str) -> None:
    learned = [one for one in reads.workspace().selections() if one.origin.get("kind") == "learned"]
    if not learned:
        layout.found(f"What would distances say if they could not see {effects.said(forget)}?")
        layout.caption(
            "Choose what to forget and what to keep, and learn the weights. Every distance, ranking and page can "
            "then be asked by them: two datasets that differ only in what was forgotten come out near."
        )
        return
    names = [one.name for one in learned]
    wanted = st.session_state.get("forgotten")
    place = names.index(wanted) if wanted in names else 0
    chosen = learned[place]
    if len(names) > 1:
        picked = st.selectbox("Result", names, index=place, key=f"forgotten-{place}-{len(names)}")
        chosen = learned[names.index(picked)]
    told = chosen.origin
    gone, side = (
        float(told.get("delta", 0.0)),
        {str(k): float(v) for k, v in dict(told.get("side_effects", {})).items()},
    )
    harm = sum(abs(value) for value in side.values()) / max(len(side), 1)
    what = effects.said(str(told.get("forget", "")))
    layout.found(
        f"{words.percent(max(0.0, gone))} of the difference that {what} makes is gone; "
        f"others change by {words.percent(harm)}"
    )
    chart.show(
        effects.changes({str(told.get("forget")): gone, **side}, str(told.get("forget")), dark=theme.is_dark()),
        key="forget-effects",
        alt="How much of every attribute's difference is gone",
        tools=False,
    )
    layout.caption(
        f"On {words.count(int(told.get('tested_on', 0)), 'image')} that the weights were not learned from. 100 % is "
        "forgotten, 0 % is kept as it was; below zero, the difference has grown."
    )
    negative = int((chosen.weights < 0).sum())
    layout.caption(
        f"{words.count(negative, 'neuron')} of {len(chosen):,} weigh less than nothing. A neuron with a negative weight "
        f"is taken away from the others: it sees {what} too, so subtracting it cancels what they see of it. So under "
        "these weights a distance can fall below zero; read it as a comparison, not as a length."
    )
    for page, label in (("distances", "Distances by these weights"), ("gallery", "Rank images by them")):
        navigation.link(page, label, neurons=f"saved:{chosen.name}")
    navigation.link("selections", f"Rename or export {chosen.name}", selection=chosen.name)
