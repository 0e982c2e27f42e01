"""Asking a study's question: which study, about which datasets, with which settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dnacore import studies
from dnacore.errors import BadInput
from dnacore.sources import study_requests
from dnacore.studies.frame.study import MUST, NEVER, Option, Role, Study
from ui.app import address, layout, navigation, reads, seen, words
from ui.app.reads import Ready
from ui.choices import choices, parts

FOLDER = "studies"
NO_ATTRIBUTE = "none"


@dataclass(frozen=True)
class Asked:
    """A study with everything that was chosen for it. names: the datasets, in the order of the study's roles."""

    study: Study
    ready: tuple[Ready, ...]
    options: dict[str, Any]
    attribute: str
    seed: int
    networks: tuple[str, ...] = ()  # other networks than the one in use

    @property
    def names(self) -> list[str]:
        """The datasets' names, as the command line takes them."""
        return [one.name for one in self.ready]

    @property
    def file(self) -> Path:
        """Where the answer to exactly this question about exactly these images is kept."""
        told = [self.study.name, self.study.version, [one.stored for one in self.ready], self.names]
        told += [self.options, self.attribute, self.seed, reads.extractor(), *self.networks]
        told += [reads.table_key(one.dataset) for one in self.ready]
        digest = hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:32]
        return reads.workspace().root / FOLDER / f"asked-{digest}.json"

    @property
    def command(self) -> list[str]:
        """The command line that answers this question in the background."""
        line = ["study", self.study.name, *self.names, "--extractor", reads.extractor(), "--seed", str(self.seed)]
        for name, value in self.options.items():
            said = ",".join(value) if isinstance(value, list | tuple) else str(value)
            line += ["--set", f"{name}={said}"]
        if self.networks:
            line += ["--extractors", reads.extractor(), *self.networks]
        if self.attribute:
            line += ["--attribute", self.attribute]
        return [*line, "--result", str(self.file)]


def choose_study() -> Study:
    """Let a person choose a question."""
    every = {one.name: one for one in studies.every()}
    name = address.select("Question", list(every), key="study", format_func=lambda one: every[one].question, plain=True)
    return every[name]


def others(study: Study) -> None:
    """Draw the other questions, each a link to its study."""
    st.divider()
    layout.note("Other questions about your images:")
    for one in studies.every():
        if one.name != study.name:
            navigation.link("studies", one.question, study=one.name)


def choose(study: Study, ready: Sequence[Ready]) -> Asked | None:
    """Draw the choices of what the study runs on; None where something is missing, which is said."""
    names = [one.name for one in ready] + parts.names(ready)
    usual = _usual(study, ready)
    labelled = {one.name for one in ready if one.dataset.attributes is not None}
    chosen: list[str] = []
    short = None
    for role in study.roles:
        found = _role(
            role, f"{study.name}-{role.name}", [name for name in names if name not in chosen], usual, labelled
        )
        if len(found) < role.least:
            short = role
        chosen += found
    attribute = _attribute(study, ready, chosen)
    networks = _networks() if study.extractors else []
    with st.expander("Settings", expanded=False):
        options = {option.name: _option(study, option) for option in study.options}
        seed = address.whole_number("Seed", 0, 99, 0, key=f"{study.name}-seed")
    if short is not None:
        st.info(f"Choose what stands for “{short.title}”: {short.help}.")
        return None
    if study.attribute == MUST and not attribute:
        st.info("This study needs a dataset with a table of attributes. Add one on the Datasets page.")
        return None
    return Asked(study, tuple(parts.used(ready, chosen)), options, attribute, seed, tuple(networks))


def _usual(study: Study, ready: Sequence[Ready]) -> list[str]:
    """The datasets in the order in which the study proposes them: first those that have what it needs."""

    def lacking(one: Ready) -> tuple[bool, bool]:
        return study.attribute == MUST and not seen.given(one.dataset), one.dataset.images < choices.ENOUGH

    return [one.name for one in sorted(ready, key=lacking)]


def _role(role: Role, key: str, free: Sequence[str], usual: Sequence[str], labelled: Collection[str]) -> list[str]:
    """Let a person choose the datasets of one role. free: those without another role. usual, labelled: see `choose`."""
    proposed = [*(name for name in usual if name in free), *(name for name in free if name not in usual)]
    if role.most == 1:
        options = free if role.least else [NO_ATTRIBUTE, *free]
        if not options:
            return []
        # In a role that can be left out, "none" comes first, but the first dataset is the default.
        fit = [name for name in proposed if not role.labelled or name in labelled] or proposed or options
        name = address.select(
            role.title, options, key=key, index=options.index(fit[0]), help=f"{words.opening(role.help)}."
        )
        return [] if name == NO_ATTRIBUTE else [name]
    default = sorted(proposed[: max(role.least, min(3, len(free)))], key=free.index)
    return address.several(
        role.title, free, default=default, key=key, max_selections=role.most or 12, help=f"{words.opening(role.help)}."
    )


def _networks() -> list[str]:
    """Other networks to ask the same question; missing DNAs are extracted on the way."""
    known = {name: info for name, info in reads.extractors().items() if name != reads.extractor()}
    names = [name for name, info in known.items() if info is None or info.status == "ready"]
    titles = {name: info.title if info is not None else name for name, info in known.items()}
    return address.several(
        "Compared with the networks", names, key="networks", max_selections=4, format_func=titles.__getitem__,
        help="The same question to other networks. Datasets they have not seen yet are extracted first.",
    )  # fmt: skip


def _attribute(study: Study, ready: Sequence[Ready], chosen: Sequence[str]) -> str:
    if study.attribute == NEVER:
        return ""
    known = {one.name: one for one in ready}
    columns: list[str] = []
    for name in chosen:
        if name in known:
            # Studies read the dataset's own table, which has no folders, tags or words.
            split, given = parts.values_of(known[name].dataset), seen.given(known[name].dataset)
            columns += [column for column in split if column not in columns and column in given]
    if not columns:
        return ""
    options = columns if study.attribute == MUST else [NO_ATTRIBUTE, *columns]
    found = address.select("Attribute", options, key=f"{study.name}-attribute", help="A column of the table of labels.")
    return "" if found == NO_ATTRIBUTE else found


def _option(study: Study, option: Option) -> Any:
    key, said = f"{study.name}-{option.name}", f"{words.opening(option.help)}."
    if option.kind == "choice":
        known = list(option.choices)
        return address.select(option.title, known, index=known.index(option.default), key=key, help=said)
    if option.kind == "choices":
        found = address.several(option.title, list(option.choices), default=list(option.default), key=key, help=said)
        return found or list(option.default)
    if option.kind == "yes":
        shown = {"yes": "Yes", "no": "No"} if option.default else {"no": "No", "yes": "Yes"}
        return address.segments(option.title, shown, key=key, help=said)
    if option.kind == "file":
        none = {"": "none"} | {choice: choice for choice in option.choices}
        shipped = address.select(option.title, list(none), key=key, format_func=none.__getitem__, help=said, plain=True)
        given = st.file_uploader("Or a CSV of your own", type=["csv"], key=f"{key}-file")
        return shipped if given is None else str(study_requests.keep_file(reads.workspace(), given.getvalue()))
    text = address.text(option.title, key=key, placeholder=f"{option.default}", help=said)
    if not text.strip():
        return option.default
    try:
        return option.parse(text.strip())
    except BadInput as problem:
        layout.note(str(problem))
        return option.default
