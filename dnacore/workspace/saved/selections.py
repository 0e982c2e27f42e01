"""Selections that a workspace keeps, by name, as JSON in its catalogue."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dnacore.errors import BadInput, UnknownName
from dnacore.workspace.catalogue import Catalogue

if TYPE_CHECKING:
    from dnacore.neurons.selection import Selection


def newest_first(catalogue: Catalogue) -> list[Selection]:
    """All of them; a damaged one is left out."""
    from dnacore.neurons.selection import Selection

    rows = catalogue.rows("SELECT content FROM selection ORDER BY saved DESC")
    found = []
    for row in rows:
        with suppress(ValueError, TypeError):
            found.append(Selection.from_json(json.loads(row["content"])))
    return found


def named(catalogue: Catalogue, name: str) -> Selection:
    """The one of that name. Raises UnknownName."""
    everything = newest_first(catalogue)
    for found in everything:
        if found.name == name:
            return found
    known = ", ".join(one.name for one in everything) or "none yet"
    raise UnknownName(f"There is no selection {name!r}. The selections are: {known}.")


def save(catalogue: Catalogue, selection: Selection) -> None:
    """Keep one under its name, in place of one of the same name. Raises BadInput without a name."""
    if not selection.name.strip():
        raise BadInput("A selection needs a name to be kept under.")
    with catalogue.changing() as db:
        db.execute(
            "INSERT OR REPLACE INTO selection VALUES (?,?,?)",
            (selection.name, json.dumps(selection.to_json()), time.time()),
        )


def remove(catalogue: Catalogue, name: str) -> None:
    """Forget one. Raises UnknownName."""
    named(catalogue, name)
    with catalogue.changing() as db:
        db.execute("DELETE FROM selection WHERE name = ?", (name,))
