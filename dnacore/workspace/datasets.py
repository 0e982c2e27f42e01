"""Datasets: a name, a folder, and what is known about each image in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dnacore.errors import BadInput
from dnacore.paths import check_text

_PART = re.compile(r"^(?P<name>.+?)(?P<conditions>(?:\[[^\[\]=]+=[^\[\]]*\])+)$")
_CONDITION = re.compile(r"\[([^\[\]=]+)=([^\[\]]*)\]")
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\\[\]]")


@dataclass(frozen=True)
class Part:
    """The images of a dataset whose attribute `column` has the value `value`, and that are in the part `also`."""

    column: str
    value: str
    also: Part | None = None

    def __str__(self) -> str:
        return f"[{self.column}={self.value}]{self.also or ''}"

    @classmethod
    def of(cls, conditions: Sequence[tuple[str, str]]) -> Part | None:
        """The part of the images that fulfil every one of these conditions, (column, value) each; None for none."""
        part = None
        for column, value in reversed(conditions):
            part = cls(column.strip(), value.strip(), part)
        return part

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """All of its conditions, (column, value) each."""
        return ((self.column, self.value), *(self.also.conditions if self.also else ()))


@dataclass(frozen=True)
class Dataset:
    """A named set of image files, or the part of one that has an attribute.

    source: the folder, or the text file of paths, that was added; folder: what the files' paths are relative to.
    attributes: a CSV with a column `file` and one column per attribute. colour: its place in the palette, for ever.
    """

    id: int
    name: str
    source: Path
    folder: Path
    attributes: Path | None
    colour: int
    images: int = 0
    title: str = ""
    part: Part | None = None

    @property
    def imported(self) -> bool:
        """Whether it came as a DNA alone: its images are somewhere else."""
        return self.id < 0

    def split(self, column: str, value: str) -> Dataset:
        """The images of this dataset, or of this part of one, that have an attribute."""
        return self.within(Part(column, value))

    def within(self, part: Part) -> Dataset:
        """The images of this dataset, or of this part of one, that are in another part too."""
        whole = Part.of([*(self.part.conditions if self.part else ()), *part.conditions])
        return replace(self, name=f"{self.name}{part}", part=whole)


def of_demo(dataset: Dataset, root: Path) -> bool:
    """Whether a dataset was drawn as one of the demo's, whatever it is called. root: the workspace's folder."""
    return dataset.source.parent == root / "demo"


def own_first(found: Sequence[Dataset], root: Path) -> list[Dataset]:
    """A person's own datasets, the newest first, and behind them those of the demo in their order.

    found: in the order they were added. The one order in which datasets are offered, on every page.
    """
    own = [one for one in found if not of_demo(one, root)]
    return [*reversed(own), *(one for one in found if of_demo(one, root))]


def parse_part(text: str) -> tuple[str, Part | None]:
    """`NAME[column=value]` or `NAME[column=value][column=value]` -> (NAME, part); any other text stays whole."""
    match = _PART.match(text)
    return (match["name"], Part.of(_CONDITION.findall(match["conditions"]))) if match else (text, None)


def check_name(name: str) -> str:
    """Return the name trimmed; raise BadInput if it cannot serve as one."""
    name = check_text(name).strip()
    if not name or len(name) > 120 or name.startswith((".", "~", "-")) or _UNFIT.search(name):
        raise BadInput(
            f"{name!r} cannot be a dataset's name. Use 1 to 120 characters without / \\ [ ], not starting with a dot, "
            "a dash or ~."
        )
    return name


def name_for(folder: Path) -> str:
    """A name for a folder that was given by its path."""
    return clean_name(folder.name)


def path_name(path: Path) -> str:
    """The name of a folder, or of a zip or list without its ending."""
    return name_for(path if path.is_dir() else path.with_suffix(""))


def new_name(path: Path, taken: Collection[str]) -> str:
    """A name that no dataset has yet for a folder, or for a zip or list without its ending.

    It is the folder's own; where that is taken, it follows the name of the folder it lies in (but not of one's home).
    """
    base = path_name(path)
    if base in taken and path.parent.name and path.parent != Path.home():
        base = clean_name(f"{path.parent.name} {base}")
    return free_name(base, taken)


def clean_name(text: str) -> str:
    """The nearest text that can serve as a name."""
    return _UNFIT.sub(" ", text).lstrip(" .~-")[:100].strip() or "images"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number appended where it is taken."""
    return next(n for n in (name, *(f"{name} {i}" for i in range(2, len(taken) + 3))) if n not in taken)
