"""What a study is: the question it answers, what it takes, and what it is given when it runs.

A study is described by data alone, so that the command line and the page offer it without knowing it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dnacore.distances import split_half
from dnacore.dna.from_sketches import sketched_dna
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput, Cancelled, UnknownName
from dnacore.sketches.sketches import Sketches
from dnacore.studies.frame.result import Result

if TYPE_CHECKING:
    from dnacore.extractors import Extractor
    from dnacore.neurons.selection import Selection


Progress = Callable[[str, int, int], None]
NEVER, MAY, MUST = "never", "may", "must"  #: whether a study is given an attribute's column


@dataclass(frozen=True)
class Option:
    """One setting of a study. kind: whole, number, choice, choices, yes or file; its default says the type.

    title and help are for people. low, high: the smallest and largest value; choices: what may be chosen, and for a
    file the words that stand for one that comes with the tool.
    """

    name: str
    title: str
    kind: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf

    def parse(self, given: Any) -> Any:
        """The value that a typed text stands for; a value is checked and returned. Raises BadInput."""
        reading = {
            "whole": lambda: self._number(given, int),
            "number": lambda: self._number(given, float),
            "choice": lambda: self._known(str(given)),
            "choices": lambda: self._several(given),
            "yes": lambda: self._yes(given),
            "file": lambda: str(given),
        }
        return reading[self.kind]()

    def _number(self, given: Any, kind: type) -> Any:
        try:
            value = kind(given)
        except (TypeError, ValueError):
            raise BadInput(
                f"{self.name} takes a {'whole ' if kind is int else ''}number, not {str(given)!r}."
            ) from None
        if not self.low <= value <= self.high:
            raise BadInput(f"{self.name} must lie between {self.low:g} and {self.high:g}; {value:g} does not.")
        return value

    def _known(self, given: str) -> str:
        if given not in self.choices:
            raise BadInput(f"{self.name} can be {', '.join(self.choices)}; there is no {given!r}.")
        return given

    def _several(self, given: Any) -> tuple[str, ...]:
        parts = given.split(",") if isinstance(given, str) else list(given)
        found = tuple(self._known(str(part).strip()) for part in parts if str(part).strip())
        if not found:
            raise BadInput(f"{self.name} needs at least one of {', '.join(self.choices)}.")
        return found

    def _yes(self, given: Any) -> bool:
        if str(given).lower() not in ("true", "false", "yes", "no", "1", "0"):
            raise BadInput(f"{self.name} is yes or no, not {str(given)!r}.")
        return str(given).lower() in ("true", "yes", "1")

    def to_json(self) -> dict[str, Any]:
        """All of it, for pages and programs."""
        limits = {name: None if math.isinf(value := getattr(self, name)) else value for name in ("low", "high")}
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "default": self.default,
            "help": self.help,
            "choices": list(self.choices),
        } | limits


@dataclass(frozen=True)
class Role:
    """Datasets that play one part in a study: `least` to `most` of them (most None: any number).

    labelled: they need a table of attributes.
    """

    name: str
    title: str
    help: str
    least: int = 1
    most: int | None = 1
    labelled: bool = False

    def to_json(self) -> dict[str, Any]:
        """All of it, for pages and programs."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Subject:
    """One dataset as a study sees it. N images have a sketch; everything below is about these, in one order.

    paths: the N files, inside `folder`. changed: (N,) int64, when each file was last changed, in nanoseconds.
    table: one row per image, one column per attribute. dna: of the whole dataset. network: the extractor's name.
    """

    name: str
    folder: Path
    paths: tuple[str, ...]
    changed: np.ndarray
    table: pd.DataFrame
    sketches: Sketches
    dna: DNA
    network: str = ""

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.paths)

    def part(self, images: np.ndarray, name: str = "") -> DNA:
        """The DNA of some of the images, from their sketches: positions (k,) int, or (N,) bool."""
        return sketched_dna(self.select(images), self.dna.calibration, self.dna.extractor, name or self.name)

    def select(self, images: np.ndarray) -> Sketches:
        """The sketches of some of the images: positions (k,) int, or (N,) bool."""
        images = np.asarray(images)
        return self.sketches.select(np.flatnonzero(images) if images.dtype == bool else images)

    def among(self, images: np.ndarray) -> Subject:
        """The same dataset with some of its images only: positions (k,) int."""
        images = np.asarray(images, np.int64)
        return replace(
            self,
            paths=tuple(self.paths[i] for i in images),
            changed=self.changed[images],
            table=self.table.iloc[images],
            sketches=self.sketches.select(images),
        )


class Watch:
    """How a study reports progress and learns that it should stop."""

    def __init__(self, progress: Progress | None = None, stop: Callable[[], bool] | None = None) -> None:
        self._progress, self.stop = progress, stop

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report that `done` of `total` steps are done. Raises Cancelled."""
        if self.stop is not None and self.stop():
            raise Cancelled("Stopped on request. The study was not finished; run it again to start over.")
        if self._progress is not None:
            self._progress(stage, done, total)


@dataclass(frozen=True, eq=False)
class Request:
    """What a study runs on. options hold a value for every option of the study.

    datasets: {role: subjects}. With several extractors asked for (`Study.extractors`), a dataset is there once for
    each. network: loads the extractor, for studies that put images through it. selection: only these neurons.
    """

    datasets: Mapping[str, tuple[Subject, ...]]
    options: Mapping[str, Any] = field(default_factory=dict)
    attribute: str | None = None
    seed: int = 0
    network: Callable[[], Extractor] | None = None
    selection: Selection | None = None
    watch: Watch = field(default_factory=Watch)

    def one(self, role: str) -> Subject:
        """The first dataset of a role."""
        return self.datasets[role][0]

    def all(self) -> tuple[Subject, ...]:
        """The datasets of all roles, in order."""
        return tuple(subject for group in self.datasets.values() for subject in group)

    def extractor(self) -> Extractor:
        """The network. Raises BadInput where the caller gave none."""
        if self.network is None:
            raise BadInput("This study puts images through the network, and none was given.")
        return self.network()

    def random(self) -> np.random.Generator:
        """A new random generator with the request's seed."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True)
class Study:
    """A question about one's own datasets, and how it is answered.

    name: on the command line. question: as people ask it. about: what is done, in a sentence or two; source: where it
    comes from. roles: in the order in which datasets are given. attribute: whether a column may (or must) be named.
    extractors: whether several may be asked for. selects: whether a selection of neurons is taken.
    """

    name: str
    question: str
    about: str
    source: str
    roles: tuple[Role, ...]
    answer: Callable[[Request], Result]
    options: tuple[Option, ...] = ()
    attribute: str = NEVER
    extractors: bool = False
    selects: bool = False
    version: int = 1

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every option's value. given: some of them, typed or as values. Raises BadInput, UnknownName."""
        known = {option.name: option for option in self.options}
        if missing := [name for name in given if name not in known]:
            raise UnknownName(
                f"The study {self.name} has no option {', '.join(missing)}. It has: {', '.join(known) or 'none'}."
            )
        return {name: option.parse(given.get(name, option.default)) for name, option in known.items()}

    def assign(self, names: list[Any]) -> dict[str, tuple[Any, ...]]:
        """Assign datasets, in the given order, to the roles. Raises BadInput for too few or too many."""
        need = sum(role.least for role in self.roles)
        room = None if any(role.most is None for role in self.roles) else sum(role.most or 0 for role in self.roles)
        if len(names) < need or (room is not None and len(names) > room):
            parts = "; ".join(f"{role.title}: {role.help}" for role in self.roles)
            raise BadInput(f"The study {self.name} takes {self._count(need, room)}, not {len(names)}. {parts}")
        spare, at, out = len(names) - need, 0, {}
        for role in self.roles:
            more = spare if role.most is None else min(spare, role.most - role.least)
            out[role.name] = tuple(names[at : at + role.least + more])
            at, spare = at + role.least + more, spare - more
        return out

    @staticmethod
    def _count(need: int, room: int | None) -> str:
        several = "" if room == need else " or more" if room is None else f" to {room}"
        return f"{need}{several} dataset{'' if (need, several) == (1, '') else 's'}"

    def run(self, request: Request) -> Result:
        """Answer the question. Options that are not given take their defaults. Raises DnaError."""
        if self.attribute == MUST and not request.attribute:
            raise BadInput(f"The study {self.name} needs an attribute: name a column of the dataset's table.")
        started = time.perf_counter()
        request = replace(request, options=self.settings(request.options))
        found = self.answer(request)
        few = split_half.few({subject.name: subject.dna.images for subject in request.all()})
        names = {role: [subject.name for subject in group] for role, group in request.datasets.items()}
        return replace(
            found,
            finding=f"{found.finding} {few}".strip(),
            study=self.name,
            question=self.question,
            seed=request.seed,
            datasets=names,
            options=dict(request.options),
            seconds=round(time.perf_counter() - started, 3),
        )

    def to_json(self) -> dict[str, Any]:
        """All that a page or a program needs to offer this study."""
        return {
            "name": self.name,
            "question": self.question,
            "about": self.about,
            "source": self.source,
            "datasets": [role.to_json() for role in self.roles],
            "options": [o.to_json() for o in self.options],
            "attribute": self.attribute,
            "extractors": self.extractors,
            "selection": self.selects,
        }
