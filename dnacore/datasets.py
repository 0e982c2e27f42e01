"""Datasets: a name, a folder, and what is known about each image in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from .errors import BadInput, UnknownName
from .plan import FileRow

_PART = re.compile(r"^(?P<name>.+)\[(?P<column>[^\[\]=]+)=(?P<value>[^\[\]]*)\]$")
_FILE_COLUMNS = ("file", "filename", "file_name", "image", "image_id", "path")


@dataclass(frozen=True)
class Part:
    """The images of a dataset whose attribute `column` has the value `value`."""

    column: str
    value: str

    def __str__(self) -> str:
        return f"[{self.column}={self.value}]"


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

    def split(self, column: str, value: str) -> Dataset:
        """The images of this dataset that have an attribute."""
        part = Part(column, value)
        return replace(self, name=f"{self.name}{part}", part=part)


def parse_part(text: str) -> tuple[str, Part | None]:
    """`NAME[column=value]` -> (NAME, part); any other text stays whole."""
    match = _PART.match(text)
    return (match["name"], Part(match["column"].strip(), match["value"].strip())) if match else (text, None)


def check_name(name: str) -> str:
    """Return the name trimmed; raise BadInput if it cannot serve as one."""
    name = name.strip()
    if not name or len(name) > 120 or name.startswith((".", "~")) or re.search(r"[\x00-\x1f\x7f/\\\[\]]", name):
        raise BadInput(
            f"{name!r} cannot be a dataset's name. Use 1 to 120 characters without / \\ [ ], not starting with a dot."
        )
    return name


def name_for(folder: Path) -> str:
    """A name for a folder that was given by its path."""
    cleaned = re.sub(r"[\x00-\x1f\x7f/\\\[\]]+", " ", folder.name).strip().lstrip(".~")
    return cleaned[:100] or "images"


def read_attributes(csv: Path, files: Sequence[FileRow]) -> pd.DataFrame:
    """One row per file, in the files' order; every value a word, "0", "1", or "" where it is not known.

    -1 and empty mean unknown in a column that has a 0, and no ("0") in one that has none (as in CelebA).
    Raises BadInput when the CSV cannot be read or has no column that names files.
    """
    try:
        table = pd.read_csv(csv, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except FileNotFoundError as error:
        raise BadInput(f"There is no attributes file {csv.name} any more. Add the dataset again with another.") from error
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise BadInput(f"The attributes file {csv.name} is not a CSV that can be read ({error}).") from error
    table.columns = [str(c).strip() for c in table.columns]
    key = next((c for c in table.columns if c.lower() in _FILE_COLUMNS), None)
    if key is None:
        raise BadInput(f"The attributes file {csv.name} needs a column “file” with each image's path in its folder.")
    named = table[key].map(_normal_path)
    table = table.drop(columns=key).set_index(pd.Index(named, name="file"))
    table = table[~table.index.duplicated()]
    paths = [f.path for f in files]
    if not table.index.isin(paths).any():  # a CSV of bare file names for a nested folder
        by_name = pd.Series(paths, index=[p.rsplit("/", 1)[-1] for p in paths])
        by_name = by_name[~by_name.index.duplicated(keep=False)]
        table.index = table.index.map(lambda p: by_name.get(p, p))
    table = table.apply(_normal_column)
    return table.reindex(paths, fill_value="")


def choose(table: pd.DataFrame, part: Part, name: str) -> list[int]:
    """Positions of the rows that have the attribute. Raises UnknownName naming what there is instead."""
    if part.column not in table.columns:
        known = ", ".join(table.columns) or "none: add the dataset with --attributes CSV"
        raise UnknownName(f"“{name}” has no attribute {part.column}. Its attributes are: {known}.")
    column = table[part.column]
    wanted = _normal_value(part.value)
    if wanted == "-1" and "-1" not in set(column):
        wanted = "0" if "0" in set(column) else wanted
    rows = [i for i, value in enumerate(column) if value == wanted]
    if not rows:
        values = ", ".join(sorted(set(column) - {""}))
        raise UnknownName(f"No image of “{name}” has {part.column}={part.value}. The values are: {values}.")
    return rows


def _normal_column(column: pd.Series) -> pd.Series:
    column = column.map(_normal_value)
    unknown = "" if (column == "0").any() else "0"
    return column.replace({"-1": unknown, "": unknown})


def _normal_value(value: str) -> str:
    value = value.strip()
    if value.lower() in ("true", "yes"):
        return "1"
    if value.lower() in ("false", "no"):
        return "0"
    return value[:-2] if re.fullmatch(r"-?\d+\.0", value) else value


def _normal_path(path: str) -> str:
    path = path.strip().replace("\\", "/")
    return path[2:] if path.startswith("./") else path
