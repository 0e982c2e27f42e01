"""Choices that live in the page's address, so that a link reopens the same view.

Streamlit's own `bind="query-params"` writes what an option is called on the screen; here it is the option itself, which
stays valid when the wording changes. A choice in the address wins when it is new (a link, the back button); otherwise
what the person chose in this session stays, also across pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dnacore.errors import BadInput
from ui.app import capture, words

LONGEST = 4000  # characters of a choice; of longer digits, Python makes no number


def begin() -> None:
    """Begin a run of a page: drop from its address what is too long to be a choice."""
    for key in list(st.query_params):
        if any(len(value) > LONGEST for value in st.query_params.get_all(key)):
            del st.query_params[key]


def select(
    label: str, options: Sequence[str], *, key: str, index: int = 0, new: bool = False, plain: bool = False, **more: Any
) -> str:
    """Draw a select. new: other values may be typed. plain: the first choice is left out of the address.

    What a link or this session asks for and is not there any more is said, beside what is shown instead.
    """
    options = list(options)
    if renamed := st.session_state.pop(f"_renamed_{key}", None):
        st.session_state[key] = renamed
        st.session_state[f"_address_{key}"] = st.query_params.get_all(key)
    _take(key, lambda given: given[0] if new or given[0] in options else None)
    given = st.query_params.get_all(key)
    asked = [*([st.session_state[key]] if key in st.session_state else []), *([] if renamed else given[:1])]
    if not new and key in st.session_state and st.session_state[key] not in options:
        # Set, not deleted: the browser would go on showing the old name over another thing's content.
        st.session_state[key] = options[index]
    value = st.selectbox(label, options, index=index, key=key, accept_new_options=new, persist_state="session", **more)
    if value is None:
        raise BadInput(f"There is nothing to choose from under “{label}”.")
    if not new:
        _say_gone(key, [one for one in asked if one not in options], value, more.get("format_func", str))
    _give(key, [] if plain and value == options[index] else [value], [value])
    return value


def select_named(label: str, options: Sequence[str], *, key: str, index: int = 0, **more: Any) -> str | None:
    """Draw a select for a page whose question is its names: None, and nothing chosen, where the one asked for is gone."""
    gone = missing(key, options)
    if gone and (is_new(key) or st.session_state.get(key) not in options):
        st.session_state[key] = None
        st.session_state[f"_address_{key}"] = st.query_params.get_all(key)
        return st.selectbox(
            label, options, index=None, key=key, placeholder="choose another", persist_state="session", **more
        )
    if gone:
        del st.query_params[key]  # another one was chosen
        st.session_state[key] = str(st.session_state[key])
    elif key in st.session_state and st.session_state[key] is None:
        st.session_state[key] = options[index]
    return select(label, options, key=key, index=index, **more)


def missing(key: str, options: Sequence[str]) -> str:
    """Return what the address asks for and is not there; "" where it is, or was renamed in this session."""
    asked = st.query_params.get_all(key)[:1]
    return asked[0] if asked and asked[0] not in options and f"_renamed_{key}" not in st.session_state else ""


def several(label: str, options: Sequence[str], *, key: str, default: Sequence[str] = (), **more: Any) -> list[str]:
    """Draw a multiselect; the default choice is left out of the address."""
    options, default = list(options), list(default)
    asked, most = st.query_params.get_all(key), more.get("max_selections")
    _take(key, lambda given: list(dict.fromkeys(one for one in given if one in options))[:most] or None)
    if key in st.session_state:
        # A choice that was never changed includes what has been added since; a changed one keeps what still exists of it.
        untouched = st.session_state[key] == st.session_state.get(f"_default_{key}")
        kept = default if untouched else [one for one in st.session_state[key] if one in options]
        if kept != list(st.session_state[key]):
            st.session_state[key] = kept
    st.session_state[f"_default_{key}"] = default
    value = st.multiselect(label, options, default=default, key=key, persist_state="session", wrap=True, **more)
    _say_gone(key, [one for one in asked if one not in options], "", more.get("format_func", str))
    _give(key, [] if value == default else value, value)
    return value


def _say_gone(key: str, gone: Sequence[str], instead: str, said: Callable[[str], str]) -> None:
    """Say on this page that what was asked for does not exist, for as long as its replacement is shown."""
    page = _page()
    if gone:
        st.session_state[f"_gone_{key}"] = (page, gone[0], instead)
    noted = st.session_state.get(f"_gone_{key}")
    if noted is None:
        return
    if noted[0] != page or noted[2] != instead:
        del st.session_state[f"_gone_{key}"]
        return
    shown = f" “{said(instead)}” is shown instead." if instead else ""
    st.warning(words.as_markdown(f"“{noted[1]}” is not here any more: it was deleted or renamed.{shown}"))


def segments(label: str, options: dict[str, str], *, key: str, plain: bool = True, **more: Any) -> str:
    """Draw a choice among a few words, {value: what it is called}; the first one is left out of the address if `plain`."""
    names = list(options)
    _take(key, lambda given: given[0] if given[0] in options else None)
    value = st.segmented_control(
        label,
        names,
        format_func=options.__getitem__,
        default=names[0],
        required=True,
        key=key,
        persist_state="session",
        wrap=True,
        **more,
    )
    _give(key, [] if plain and value == names[0] else [value], [value])
    return value


def toggle(label: str, *, key: str, **more: Any) -> bool:
    """Draw a switch that is off at first."""
    _take(key, lambda given: given[0] == "1")
    value = st.toggle(label, key=key, persist_state="session", **more)
    _give(key, ["1"] if value else [], ["1" if value else "0"])
    return value


def whole_number(label: str, low: int, high: int, default: int, *, key: str) -> int:
    """Draw a slider over whole numbers."""
    _take(key, lambda given: min(max(int(given[0]), low), high) if given[0].isdecimal() else None)
    value = st.slider(label, low, high, default, key=key, persist_state="session")
    _give(key, [] if value == default else [str(value)])
    return value


def number(label: str, low: float, high: float, default: float, *, key: str, **more: Any) -> float:
    """Draw a slider over numbers."""

    def read(given: list[str]) -> float | None:
        with suppress(ValueError):
            if low <= (found := float(given[0])) <= high:
                return found
        return None

    _take(key, read)
    value = st.slider(label, low, high, default, key=key, persist_state="session", **more)
    _give(key, [] if value == default else [f"{value:g}"])
    return value


def expander(label: str, *, key: str, **more: Any) -> DeltaGenerator:
    """Draw what can be opened and is closed at first."""
    _take(key, lambda given: given[0] == "1")
    part = st.expander(label, key=key, on_change="rerun", **more)
    _give(key, ["1"] if part.open else [])
    return part


def text(label: str, *, key: str, **more: Any) -> str:
    """Draw a text field."""
    _take(key, lambda given: given[0])
    value = st.text_input(label, key=key, persist_state="session", **more)
    _give(key, [value] if value else [])
    return value


def code(key: str) -> str | None:
    """Return a choice that has no widget on this page, from the address or this session, and keep it in the address."""
    found = asked(key)
    if found is not None:
        _give(key, [found])
    return found


def asked(key: str) -> str | None:
    """Return what the address or this session asks for, before the page draws that choice or keeps it itself."""
    _take(key, lambda given: given[0])
    return st.session_state.get(key)


def of_page(key: str) -> str:
    """Return a choice that stands in the address alone and is gone with the page, "" where it is not made."""
    value = st.query_params.get(key, "")
    if value:
        capture.choice(key, [value])
    return value


def mark(key: str, value: str) -> None:
    """Make such a choice, or with "" take it back."""
    capture.choice(key, [value] if value else [])
    if not value:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


def is_new(key: str) -> bool:
    """Return whether the address has a choice that no page has drawn yet: of a link that was just opened."""
    given = st.query_params.get_all(key)
    return bool(given) and given != st.session_state.get(f"_address_{key}")


def keep(key: str, value: str) -> None:
    """Keep a choice that has no widget on this page."""
    st.session_state[key] = value
    _give(key, [value])


def instead(old: str, new: str) -> None:
    """Replace a dataset's old name by its new one in every choice of this session."""
    for key, value in list(st.session_state.items()):
        if isinstance(key, str) and not key.startswith("_") and value == old:
            st.session_state[f"_renamed_{key}"] = new
    for key in list(st.query_params):  # whoever renamed it need not be told
        given = st.query_params.get_all(key)
        if old in given:
            st.query_params[key] = [new if one == old else one for one in given]


def only(prefix: str, key: str) -> None:
    """Drop the choices in the address that begin with this key: they belong to something else."""
    for other in list(st.query_params):
        if other.startswith(prefix) and other != key:
            drop(other)


def drop(key: str) -> None:
    """Drop a choice that has no widget on this page."""
    st.session_state.pop(key, None)
    _give(key, [])


def _take(key: str, read: Callable[[list[str]], Any]) -> None:
    given = st.query_params.get_all(key)
    if given and (given != st.session_state.get(f"_address_{key}") or key not in st.session_state):
        value = read(given)
        if value is not None:
            st.session_state[key] = value
            st.session_state[f"_taken_{key}"] = (value, _page())
        return
    # From page to page Streamlit keeps what was chosen by hand, but not what came by a link: it would show an older choice.
    value, page = st.session_state.get(f"_taken_{key}", (None, ""))
    if value is not None and page != _page():
        st.session_state[key] = value
        st.session_state[f"_taken_{key}"] = (value, _page())


def _page() -> str:
    view = capture.current()
    return view.title if view is not None else ""


def _give(key: str, value: Sequence[str], said: Sequence[str] | None = None) -> None:
    # said: the choice in full, for links that must not depend on what the default is elsewhere.
    value = list(value)
    if f"_taken_{key}" in st.session_state and st.session_state[f"_taken_{key}"][0] != st.session_state.get(key):
        del st.session_state[f"_taken_{key}"]  # chosen anew by hand
    capture.choice(key, value if said is None else list(said))
    st.session_state[f"_address_{key}"] = value
    if value and st.query_params.get_all(key) != value:
        st.query_params[key] = value
    elif not value and key in st.query_params:
        del st.query_params[key]
