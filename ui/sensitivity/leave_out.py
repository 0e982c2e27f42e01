"""Which folder or attribute value makes the difference, and in which shares datasets mix to come near another one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

import dnacore as dc
from dnacore.analyses.mixture import Mixture
from dnacore.sources.leave_out import LeaveOut, Left, Parts
from ui.app import address, capture, layout, palette, reads, seen, theme, words
from ui.app.reads import Ready
from ui.choices import choices, parts, sampled
from ui.components import chart
from ui.figures import effects

NOTHING = "nothing"
BY = {"folder": "Folders", "attribute": "Attribute values"}
MOST = 14
MOST_MIXED = 12
NAMED = 3  # shares that the headline lists


def draw(ready: Sequence[Ready]) -> None:
    """Draw what leaving out each group of a dataset does."""
    result, knobs = layout.result_and_knobs()
    with knobs:
        place = choices.first(ready, lambda one: bool(_ways(one)))
        whole = choices.one_dataset("Leave groups out of", ready, key="whole", index=place)
        ways = _ways(whole)
        if not ways:
            st.info(
                f"{whole.name} has neither folders nor attributes, so there are no groups to leave out. "
                "Choose another dataset."
            )
            return
        way = address.segments("Groups are its", ways, key="groups") if len(ways) > 1 else next(iter(ways))
        options = [NOTHING, *(one.name for one in ready if one.name != whole.name), *parts.names(ready)]
        said = parts.called(options)
        code = address.select(
            "Nearer to",
            options,
            key="target",
            format_func=lambda name: name.capitalize() if name == NOTHING else said(name),
            plain=True,
            help="Another dataset: does it come nearer when a group is left out?",
        )
        target = None if code == NOTHING else next(iter(parts.resolve(ready, [code])), None)
        first = reads.dna(whole)
        selection = choices.selection(choices.neurons(first), first)
    with result:
        with st.spinner("Leaving out one group after another…"):
            groups = reads.table_key(whole.dataset)  # files and table decide which images are in a group
            found = _left_out(
                f"{whole.key}/{groups}", way, target.key if target else "", reads.selection_key(selection), whole, target,
                selection,
            )  # fmt: skip
        _groups(found, target, first.bins)
        if not all(group.exact for group in found.groups):
            sampled.note([whole])


def _ways(whole: Ready) -> dict[str, str]:
    """What a dataset's images can be grouped by, {way: what it is called}; empty where there is nothing."""
    folders = len({row.path.split("/", 1)[0] for row in reads.files(whole.dataset) if "/" in row.path})
    there = {"folder": folders > 1, "attribute": seen.described(whole.dataset)}
    return {way: label for way, label in BY.items() if there[way]}


@st.cache_resource(max_entries=24, show_spinner=False)
def _left_out(
    key: str,
    way: str,
    target_key: str,
    selection: str,
    _whole: Ready,
    _target: Ready | None,
    _selection: dc.Selection | None,
) -> LeaveOut:
    found = Parts(reads.workspace(), _whole.dataset, reads.extractor())
    target = None if _target is None else reads.dna(_target)
    return (found.by_folder if way == "folder" else found.by_attribute)(target, _selection)


def _groups(found: LeaveOut, target: Ready | None, bins: int) -> None:
    """Draw the effect of each group. bins: of the compared DNAs."""

    def moved(group: Left) -> float:
        if group.to_target is None or found.to_target is None:
            return group.change
        return found.to_target - group.to_target

    groups = sorted(found.groups, key=lambda group: -abs(moved(group)))
    if not groups:
        st.info("There is no group that leaves anything behind.")
        return
    top = groups[0]
    name = effects.images_of(top.group)
    if target is None:
        layout.found(
            f"Leaving out {name} changes {found.dataset} most", f"By {words.difference(float(top.change), bins)}."
        )
    else:
        direction = "nearer to" if moved(top) > 0 else "farther from"
        layout.found(
            f"Without {name}, {found.dataset} comes {direction} {target.said}, more than without any other group",
            f"By {words.difference(abs(float(moved(top))), bins)}.",
        )
    shown = groups[:MOST]
    chart.show(
        effects.left_out(
            [group.group for group in shown],
            [moved(group) for group in shown],
            [group.exact for group in shown],
            title="EMD, bins" if target is None else f"bins nearer to {target.name} without it",
            dark=theme.is_dark(),
        ),
        key="left-out",
        alt="What leaving out each group does",
        tools=False,
    )
    sketched = sum(not group.exact for group in groups)
    how = (
        "Figures are exact: these folders were counted apart at extraction."
        if not sketched
        else "Figures come from sketches (16 values an image and neuron), not from every activation."
        if sketched == len(groups)
        else "Dark bars are exact (folders counted apart at extraction), pale ones come from sketches."
    )
    what = (
        "How far the dataset without the group lies from the whole one."
        if target is None
        else f"How much nearer the dataset comes to {target.name} when the group is left out; below zero, farther."
    )
    layout.caption(f"{what} {how}")
    _table(groups, target)


def _table(groups: Sequence[Left], target: Ready | None) -> None:
    frame = pd.DataFrame(
        {
            "Left out": [effects.said(group.group) for group in groups],
            "Images": [group.images for group in groups],
            "Change, bins": [group.change for group in groups],
            **({} if target is None else {"To the target, bins": [group.to_target for group in groups]}),
            "Figures": ["exact" if group.exact else "from sketches" for group in groups],
        }
    )
    capture.table(frame, f"All {len(groups):,} groups")
    with st.expander(f"All {len(groups):,} groups", key="left-out-table"):
        st.dataframe(frame, hide_index=True, key="left-out-all")


def mix(ready: Sequence[Ready]) -> None:
    """Draw in which shares datasets mix to come nearest to another one."""
    if len(ready) < 3:
        st.info("A mixture needs a target and at least two other datasets. Extract more of them.")
        return
    result, knobs = layout.result_and_knobs()
    with knobs:
        target = choices.one_dataset("Come near to", ready, key="mix-target", split=True)
        others = [one.name for one in ready if one.name != target.name]
        usual = [one.name for one in choices.proposed([one for one in ready if one.name != target.name])][:4]
        chosen = address.several(
            "by mixing", [*others, *parts.names(ready)], default=usual, key="mix", max_selections=MOST_MIXED,
            format_func=parts.called([*others, *parts.names(ready)]),
        )  # fmt: skip
        first = reads.dna(target)
        selection = choices.selection(choices.neurons(first), first)
    mixed = [one for one in parts.resolve(ready, chosen) if one.name != target.name]
    with result:
        if len(mixed) < 2:
            st.info("Choose at least two datasets to mix.")
            return
        with st.spinner("Looking for the best shares…"):
            keys = (target.key, *(one.key for one in mixed))
            found = _mixture(keys, reads.selection_key(selection), target, mixed, selection)
        _shares(found, target, mixed)


@st.cache_resource(max_entries=24, show_spinner=False)
def _mixture(
    keys: tuple[str, ...], selection: str, _target: Ready, _mixed: Sequence[Ready], _selection: dc.Selection | None
) -> Mixture:
    return dc.mixture(reads.dna(_target), [reads.dna(one) for one in _mixed], _selection)


def _shares(found: Mixture, target: Ready, mixed: Sequence[Ready]) -> None:
    order = sorted(mixed, key=lambda one: -found.shares[one.name])
    used = [one for one in order if found.shares[one.name] >= 0.005]
    named = [f"{words.percent(found.shares[one.name])} {one.said}" for one in used[:NAMED]]
    if len(used) > NAMED:
        rest = len(used) - NAMED
        share = words.percent(sum(found.shares[one.name] for one in used[NAMED:]))
        named.append(f"{share} {f'of {rest} others' if rest > 1 else used[NAMED].said}")
    said, few = words.listing(named), reads.few([target, *used])
    best = min(found.alone, key=found.alone.__getitem__)
    layout.found(
        f"Nearest to {target.said}: {said}{f'. {few}' if few else ''}",
        f"The mixture is {words.difference(float(found.distance), reads.dna(target).bins)} away, {words.dataset(best)} alone "
        f"{words.significant(float(found.alone[best]))} bins.",
    )
    chart.show(
        effects.shares(
            [one.said for one in order],
            [found.shares[one.name] for one in order],
            [palette.dataset_colour(one.dataset.colour) for one in order],
            dark=theme.is_dark(),
        ),
        key="mixture",
        alt="The shares of the nearest mixture",
        tools=False,
    )
    exact = all(reads.dna(one).exact for one in (target, *mixed))
    layout.caption(
        f"Images are drawn from each dataset in these shares. No mixture of them comes nearer than "
        f"{words.significant(found.bound)} bins. "
        + (
            "Figures are exact, from the datasets' own counts."
            if exact
            else "Parts by attribute are counted from sketches, so the figures are close but not exact."
        )
    )
