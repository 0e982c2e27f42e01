"""Cards of DNAs: what its owner says of a DNA that others may compare with, and which shared gallery it came from.

A card is a small JSON file beside its DNA. Whoever can write into a shared folder can write anything into one, so every
field is checked for its kind and cut to a length; what does not fit is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from dnacore import versioned
from dnacore.dna.file import SUFFIX
from dnacore.errors import Damaged
from dnacore.paths import discard
from dnacore.workspace.saved import imported
from dnacore.workspace.workspace import Workspace

FORMAT, VERSION = "visual-dna-card", 1
ENDING, PICTURE = ".card.json", ".thumbnails.jpg"  # endings that people's own files do not have
MOST = 64 << 10  #: bytes of a card
_LONGEST, _MOST_WORDS = 1_000, 20


@dataclass(frozen=True)
class Card:
    """What is said about one DNA. file: its name in its gallery. images: how many it describes. words: what the network saw
    first, with the share of images; picture: whether there is a strip of thumbnails (both only if the owner said so).
    sha256, size: of the DNA file; stamp: what changes whenever it does. gallery: where it came from, "" before that.
    """

    file: str
    about: str = ""
    images: int = 0
    extractor: str = ""
    words: tuple[tuple[str, float], ...] = ()
    picture: bool = False
    published: str = ""
    sha256: str = ""
    size: int = 0
    stamp: str = ""
    gallery: str = ""

    @property
    def stem(self) -> str:
        """The name of its files without their endings."""
        return self.file.removesuffix(SUFFIX)


def is_plain(file: str) -> bool:
    """Whether this can only be the name of a DNA file inside a folder, not a path out of it."""
    fine = file.endswith(SUFFIX) and len(file) <= 200 and file.isprintable() and not file.startswith(".")
    return fine and not set('/\\:*?"<>|') & set(file)


def of_json(found: Mapping[str, Any], file: str) -> Card:
    """A card from anywhere. file: what its DNA is called there. Fields of the wrong kind count as absent."""
    return Card(
        file, _text(found.get("about")), _number(found.get("images")), _text(found.get("extractor"), 120),
        _words(found.get("words")), found.get("picture") is True, _text(found.get("published"), 40),
        _text(found.get("sha256"), 64), _number(found.get("size")), _text(found.get("stamp"), 200),
        _text(found.get("gallery"), 4_000),
    )  # fmt: skip


def parse(content: bytes, file: str = "") -> Card:
    """A card file's content. file: what its DNA is called, where that is known better than by the card itself.

    Raises Damaged where it is none.
    """
    found = versioned.parsed(content, file or "a card") if len(content) <= MOST else None
    if found is None or not versioned.fits(found, FORMAT, VERSION):
        raise Damaged(f"The card of {file or 'a DNA'} is none that this program reads. Publish the dataset again.")
    own = found.get("file")
    return of_json(found, file or (own if isinstance(own, str) and is_plain(own) else ""))


def write(path: Path, card: Card) -> Card:
    """Write a card, whole or not at all; returns it as written, with every text cut to its maximum length."""
    card = of_json(asdict(card), card.file)
    versioned.write(path, FORMAT, VERSION, asdict(card), escaped=False)
    return card


def beside(workspace: Workspace, name: str, ending: str = ENDING) -> Path:
    """The path of an imported DNA's card, or of its picture."""
    return workspace.root / imported.FOLDER / f"{name}{ending}"


def kept(workspace: Workspace) -> dict[str, Card]:
    """{name of an imported DNA: its card}, of those that came from a gallery."""
    found = {}
    for name in imported.names(workspace):
        with suppress(OSError, Damaged):
            found[name] = parse(beside(workspace, name).read_bytes())
    return {name: card for name, card in found.items() if card.gallery}


def remove(workspace: Workspace, name: str) -> int:
    """Remove an imported DNA with its card and its picture; returns the bytes freed."""
    paths = [beside(workspace, name, ending) for ending in (SUFFIX, ENDING, PICTURE)]
    with imported.alone(workspace):
        return sum(map(discard, paths))


def _text(value: object, most: int = _LONGEST) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:most]).strip()


def _number(value: object) -> int:
    return value if type(value) is int and 0 <= value < 1 << 53 else 0


def _words(value: object) -> tuple[tuple[str, float], ...]:
    found = []
    for row in (value if isinstance(value, (list, tuple)) else ())[:_MOST_WORDS]:
        match row:
            case [str(word), int() | float() as share] if isfinite(share) and 0 <= share <= 1:
                found.append((_text(word, 60), float(share)))
    return tuple(found)
