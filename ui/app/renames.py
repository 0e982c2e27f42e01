"""Old links: what they call a dataset that has another name now, and choices that have another key now."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dnacore.workspace.datasets import parse_part
from dnacore.workspace.saved import imported
from ui.app import reads, words

# The choices that name datasets, parts of them or their images; those of studies are named after the study.
NAMING = frozenset(
    {
        "a", "b", "also", "dataset", "datasets", "from", "like", "look", "mix", "mix-target", "of", "open", "style",
        "style-dataset", "target", "unlike", "whole", "with", "without",
    }
)  # fmt: skip
KEYS = {"lens": {"with": "second", "whole": "whole-set"}, "map": {"look": "zoom"}}
_SAID = "_renamed-said"


def follow(page: str) -> None:
    """Begin a run of a page: put into its address, and into this session's choices, what datasets are called now."""
    for old, new in KEYS.get(page, {}).items():
        if old in st.query_params:
            st.query_params[new] = st.query_params.get_all(old)
            del st.query_params[old]
    former = _former()
    told: dict[str, str] = {}
    for key in list(st.query_params) if former else ():
        if key not in NAMING and not (page == "studies" and "-" in key):
            continue
        given = st.query_params.get_all(key)
        found = [renamed(one, former) for one in given]
        if found != given:
            st.query_params[key] = found
            told |= {old: former[old] for one in given if (old := _old(one, former)[1])}
    for key in NAMING & set(map(str, st.session_state)) if former else ():
        kept = st.session_state[key]
        now = [renamed(one, former) for one in kept] if isinstance(kept, list) else renamed(str(kept), former)
        if isinstance(kept, str | list) and now != kept:
            st.session_state[key] = now
    before, names = st.session_state.get(_SAID, ("", {}))
    if told or before != page:
        st.session_state[_SAID] = (page, told)
    elif names and not any(new in one for new in names.values() for one in _given()):
        del st.session_state[_SAID]


def say() -> None:
    """Say below the page's title which datasets a link called by names that they do not have any more."""
    _, told = st.session_state.get(_SAID, ("", {}))
    if told:
        st.info(words.as_markdown(f"{words.listing([f'“{old}” is called “{new}”' for old, new in told.items()])} now."))


def renamed(text: str, former: Mapping[str, str]) -> str:
    """Return a dataset, a part of one or an image of one, as an address names it, by the dataset's name of today."""
    kind, old = _old(text, former)
    return f"{kind}{former[old]}{text[len(kind) + len(old) :]}" if old else text


def _old(text: str, former: Mapping[str, str]) -> tuple[str, str]:
    """What stands before the dataset's name, and the name, where it is a former one; else "" twice."""
    kind = "image:" if text.startswith("image:") else ""
    name, _, index = text.removeprefix(kind).rpartition(":")
    found = (("", text), ("", parse_part(text)[0]), (kind, name if index.isdecimal() else ""))
    return next((one for one in found if one[1] in former), ("", ""))


def _given() -> list[str]:
    """What the address asks for, in place of that what was chosen since."""
    found: list[str] = []
    for key in st.query_params:
        kept = st.session_state.get(key)
        found += [kept] if isinstance(kept, str) else kept if isinstance(kept, list) else st.query_params.get_all(key)
    return found


def _former() -> dict[str, str]:
    former = reads.workspace().former_names()
    if not former:
        return former
    taken = {one.name for one in imported.comparable(reads.workspace(), reads.extractor())}  # they have names, too
    return {old: new for old, new in former.items() if old not in taken}
