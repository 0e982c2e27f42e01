"""Attributes of images: reading the CSV that came with a dataset, and choosing images by a value."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd

from dnacore.attributes.derived import BETWEEN, FOLDER, TAG
from dnacore.errors import BadInput, UnknownName
from dnacore.paths import uncell
from dnacore.sketches.words import SEES
from dnacore.workspace.datasets import Part
from dnacore.workspace.store.shard_plan import FileRow

MOST_TOLD = 30
MOST_VALUES = (
    24  # values of an attribute that is offered for choosing images; with more, it holds measurements or names
)
_UNFIT = set("[]=")
_FILE_COLUMNS = ("file", "filename", "file_name", "image", "image_id", "path")


def read_attributes(csv: Path, files: Sequence[FileRow]) -> pd.DataFrame:
    """One row per file, in the files' order; every value a word, "0", "1", or "" where it is not known.

    An apostrophe before - + = or @, as `cell` and spreadsheets write it, belongs to no path and no value.
    -1 and empty mean unknown in a column that has a 0, and no ("0") in one that has none (as in CelebA).
    Raises BadInput when the CSV cannot be read, or has no column that names files of the dataset.
    """
    table = _read_csv(csv)
    table.columns = [str(c).strip() for c in table.columns]
    table = table.loc[:, ~table.columns.duplicated()]
    key = next((c for c in table.columns if c.lower() in _FILE_COLUMNS), None)
    if key is None:
        raise BadInput(f"The attributes file {csv.name} needs a column “file” with each image's path in its folder.")
    paths = [unicodedata.normalize("NFC", f.path) for f in files]
    there = set(paths)
    named = [path if path in there else uncell(path) for path in map(_normal_path, table[key])]
    table = table.drop(columns=key).set_index(pd.Index(named, name="file"))
    if set(paths).isdisjoint(named):  # bare file names for a nested folder, or another computer's paths
        by_name = pd.Series(paths, index=[p.rsplit("/", 1)[-1] for p in paths])
        by_name = by_name[~by_name.index.duplicated(keep=False)]
        named = [by_name.get(path.rsplit("/", 1)[-1], path) for path in named]
        table.index = pd.Index(named, name="file")
        if paths and set(paths).isdisjoint(named):
            raise BadInput(
                f"The attributes file {csv.name} names none of the {len(paths)} images in its column “{key}”. Write "
                f"each image's path in its folder there, such as {paths[0]}."
            )
    table = table[~table.index.duplicated()]
    # Columns are made one by one and joined once: added in place, 5,000 of them take fifteen seconds.
    rows = table.index.get_indexer(pd.Index(paths))
    said: dict[object, str] = {}
    columns = {name: _normal_column(table[name].to_numpy(object), said) for name in table.columns}
    taken = {name: np.where(rows >= 0, values[rows], "") for name, values in columns.items()} if len(table) else {
        name: np.full(len(rows), "", object) for name in columns}  # fmt: skip
    return pd.DataFrame(taken, index=pd.Index([f.path for f in files], name="file"), columns=list(columns))


def _read_csv(csv: Path) -> pd.DataFrame:
    try:
        with open(csv, encoding="utf-8-sig") as file:
            head = file.readline()
        # Spreadsheets write semicolons or tabs where the comma is the decimal sign.
        separator = max(",;\t", key=lambda mark: (head.count(mark), mark == ","))
        return pd.read_csv(
            csv, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True, sep=separator
        )
    except FileNotFoundError as error:
        raise BadInput(
            f"There is no attributes file {csv.name} any more. Add the dataset again with another."
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"The attributes file {csv.name} is not text in UTF-8. Save it as “CSV UTF-8”.") from error
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise BadInput(f"The attributes file {csv.name} is not a CSV that can be read ({error}).") from error


def with_folders(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each image's sub-folder as its column `folder`, where they are a few kinds and it has none itself.

    table: indexed by the images' paths in their dataset. The first folder that tells images apart counts: `all/day/a/1.jpg`
    lies in `day` where everything lies in `all`.
    """
    ways = [path.split("/")[:-1] for path in table.index]
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, zip(*ways, strict=False)))
    first = [way[shared] if len(way) > shared else "" for way in ways]
    kinds = set(first) - {""}
    if FOLDER in table.columns or not 2 <= len(kinds) <= MOST_VALUES:
        return table
    return table.assign(**{FOLDER: first})


def with_tags(table: pd.DataFrame, tags: Sequence[Sequence[str]]) -> pd.DataFrame:
    """The table with each image's tags in its column `tag`, after what the table says there. tags: of each row."""
    if not any(tags):
        return table
    said = list(table[TAG]) if TAG in table.columns else [""] * len(table)
    both = [[*(one.split(BETWEEN) if one not in ("", "0") else ()), *own] for one, own in zip(said, tags, strict=True)]
    return table.assign(**{TAG: [BETWEEN.join(dict.fromkeys(one)) for one in both]})


def with_words(table: pd.DataFrame, first_words: Sequence[str]) -> pd.DataFrame:
    """The table with what the network says first of each image as its column `sees`, unless the table has one itself.

    first_words: one per row, "" where no words are kept; none at all leaves the table as it is.
    """
    if SEES in table.columns or not any(first_words):
        return table
    return table.assign(**{SEES: list(first_words)})


def choose(table: pd.DataFrame, part: Part, name: str) -> list[int]:
    """Positions of the rows that fulfil every condition of a part; of `column!=value`, of those known to have another.

    Raises UnknownName naming what there is instead.
    """
    found = [_fulfil(table, Part(column, value), name) for column, value in part.conditions]
    rows = sorted(set(found[0]).intersection(*found[1:]))
    if not rows:
        said = " and ".join(f"{column}={value}" for column, value in part.conditions)
        raise UnknownName(f"No image of “{name}” has {said} at once. Leave one of the conditions out.")
    return rows


def _fulfil(table: pd.DataFrame, part: Part, name: str) -> list[int]:
    if part.column == f"{TAG}!":
        having = set(_tagged(table, part.value)) if TAG in table.columns else set()
        if len(having) == len(table):
            raise UnknownName(f"Every image of “{name}” has {TAG}={part.value}.")
        return [row for row in range(len(table)) if row not in having]
    if part.column == TAG and TAG in table.columns and (tagged := _tagged(table, part.value)):
        return tagged
    if part.column not in table.columns and part.column.endswith("!"):
        own = replace(part, column=part.column[:-1].strip())
        having = set(_fulfil(table, own, name))
        rest = [row for row, value in enumerate(table[own.column]) if value != "" and row not in having]
        if not rest:
            raise UnknownName(f"Every image of “{name}” has {own.column}={own.value}.")
        return rest
    if part.column == SEES and SEES not in table.columns:
        raise UnknownName(
            f"No words are kept of “{name}”: it was not extracted with a network that names what it sees, or before "
            f"words were kept. Run: python -m dnacore extract {name} --words"
        )
    if part.column not in table.columns:
        known = ", ".join(table.columns) or "none: add the dataset with --attributes CSV"
        raise UnknownName(f"“{name}” has no attribute {part.column}. Its attributes are: {known}.")
    column = table[part.column]
    wanted = part.value if part.value in set(column) else _normal_value(part.value)  # a folder may be called “yes”
    if wanted == "-1" and "-1" not in set(column):
        wanted = "0" if "0" in set(column) else wanted
    if part.column == SEES:
        column, wanted = column.str.lower(), wanted.lower()
    rows = np.flatnonzero((column == wanted).to_numpy(bool)).tolist()
    if not rows:
        counts = column[column != ""].value_counts()
        values = ", ".join(sorted(counts.index[:MOST_TOLD])) + (" ..." if len(counts) > MOST_TOLD else "")
        raise UnknownName(f"No image of “{name}” has {part.column}={part.value}. The values are: {values}.")
    return rows


def _tagged(table: pd.DataFrame, tag: str) -> list[int]:
    """Positions of the rows that have a tag, among others or alone."""
    return [row for row, value in enumerate(table[TAG]) if tag in value.split(BETWEEN)]


def facets(table: pd.DataFrame, rows: Sequence[int] | None = None) -> dict[str, dict[str, int]]:
    """How many rows have which value, {column: {value: rows}}: yes before no, else the most frequent first.

    rows: positions of those that count; all without. Columns with a single value, or where hardly two rows agree, are
    left out; of a column of words (`sees`) those said once are. Each tag counts by itself.
    """
    part = table if rows is None else table.iloc[list(rows)]
    found: dict[str, dict[str, int]] = {}
    for column in map(str, table.columns):
        values = part[column].to_numpy(object)
        if column == TAG and set(values) - {"", "0", "1"}:  # 0 stands for images without a tag
            tags = (tag for value in values for tag in value.split(BETWEEN))
            values = np.array([tag for tag in tags if tag != "0"], object)
        counts = {value: count for value, count in Counter(values.tolist()).most_common() if value != ""}
        if column == SEES:
            counts = {value: count for value, count in counts.items() if count > 1}
        every = set(table[column]) - {""}
        if _UNFIT & set(column) or not counts or (column not in (TAG, SEES) and not 2 <= len(every) <= MOST_VALUES):
            continue
        kept = {value: count for value, count in counts.items() if not _UNFIT & set(value)}
        found[column] = (
            {value: kept[value] for value in ("1", "0") if value in kept} if set(kept) <= {"0", "1"} else kept
        )
    return found


def _normal_column(values: np.ndarray, said: dict[object, str]) -> np.ndarray:
    """(N,) words of a column. said: what was made of each word so far; there are few, however many images."""
    column = []
    for value in values:
        word = said.get(value) if isinstance(value, str) else ""
        if word is None:
            word = said[value] = _normal_value(value)
        column.append(word)
    unknown = "" if "0" in set(column) else "0"
    return np.array([unknown if word in ("-1", "") else word for word in column], object)


def _normal_value(value: object) -> str:
    value = uncell(value.strip()) if isinstance(value, str) else ""  # a short row has no value there
    if value.lower() in ("true", "yes"):
        return "1"
    if value.lower() in ("false", "no"):
        return "0"
    return value[:-2] if re.fullmatch(r"-?\d+\.0", value) else value


def _normal_path(path: object) -> str:
    path = unicodedata.normalize("NFC", str(path)).strip().replace("\\", "/")
    return path[2:] if path.startswith("./") else path
