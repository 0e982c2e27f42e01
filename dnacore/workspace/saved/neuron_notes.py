"""Names and comments that people give to neurons, kept by the network's fingerprint: another network's are others."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dnacore.errors import BadInput
from dnacore.paths import check_text
from dnacore.workspace.catalogue import Catalogue

LONGEST_NAME, LONGEST_COMMENT = 60, 4000


@dataclass(frozen=True)
class Note:
    """A person's name for a neuron, and a comment; either may be empty."""

    name: str = ""
    comment: str = ""


def of(catalogue: Catalogue, extractor: str) -> dict[str, Note]:
    """{neuron as `layer:index`: its note} of a network, by its fingerprint."""
    rows = catalogue.rows("SELECT neuron, name, text FROM comment WHERE extractor = ?", extractor)
    return {row["neuron"]: Note(row["name"], row["text"]) for row in rows}


def put(catalogue: Catalogue, extractor: str, neuron: str, note: Note) -> None:
    """Keep a note, in place of an earlier one; an empty one is forgotten. Raises BadInput."""
    name, comment = check_text(note.name).strip(), check_text(note.comment).strip()
    if len(name) > LONGEST_NAME or len(comment) > LONGEST_COMMENT or (name and not name.isprintable()):
        raise BadInput(
            f"A name has {LONGEST_NAME} characters at most, in one line, and a comment {LONGEST_COMMENT:,}. Shorten it."
        )
    with catalogue.changing() as db:
        db.execute("DELETE FROM comment WHERE extractor = ? AND neuron = ?", (extractor, neuron))
        if name or comment:
            db.execute("INSERT INTO comment VALUES (?,?,?,?,?)", (extractor, neuron, name, comment, time.time()))
    catalogue.back_up()
