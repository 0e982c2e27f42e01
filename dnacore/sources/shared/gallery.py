"""Shared galleries in a workspace: taking their DNAs in, saying what changed since, and which is nearest to a dataset.

What was taken in is a copy and stays when the gallery changes or vanishes; the gallery itself is only ever read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

from dnacore.distances.emd import emd_avg
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput, Cancelled, DnaError, UnknownName
from dnacore.extraction.progress import lock_file
from dnacore.images.files import explain
from dnacore.sources.import_process import import_apart
from dnacore.sources.shared.place import MOST_BYTES, MOST_DNA, MOST_PICTURE, Address, Place, place_of
from dnacore.workspace.saved import cards, imported
from dnacore.workspace.saved.cards import Card
from dnacore.workspace.workspace import Workspace

Said = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Taken:
    """What came of looking at a gallery. names: what was taken in now, by its names here; same: what was here before.

    gone: what is here and no longer in the gallery; skipped: (file, reason) of what could not be taken in.
    """

    source: str
    names: tuple[str, ...]
    same: int
    gone: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def take_in(
    workspace: Workspace, source: str | Path, say: Said = lambda *_: None, stop: Callable[[], bool] = lambda: False
) -> Taken:
    """Take every DNA of a gallery into the workspace that is not here yet, or changed since. say: (file, done, total).

    Raises Unavailable where the gallery cannot be reached, BadInput where it holds no DNA.
    """
    place = place_of(source)
    there = place.cards(stop)
    if not there:
        raise BadInput(
            f"There is no DNA in {place.source}. Publish one there: python -m dnacore gallery publish NAME FOLDER"
        )
    if (size := sum(card.size for card in there)) > MOST_BYTES:
        raise BadInput(
            f"{place.source} holds {size / (1 << 30):,.0f} GB of DNAs; a gallery may have {MOST_BYTES >> 30} GB. Take single "
            "files in (python -m dnacore import FILE), or ask its owner to share them in several folders."
        )
    names: list[str] = []
    skipped: list[tuple[str, str]] = []
    with FileLock(lock_file(workspace, "galleries")):
        here = _of(workspace, place.source)
        known = {card.file: (name, card) for name, card in here.items()}
        for done, card in enumerate(there):
            if stop():
                raise _stopped(names)
            say(card.file, done, len(there))
            name, before = known.get(card.file, ("", None))
            if before is not None and before.stamp == card.stamp:
                continue
            try:
                names.append(_take(workspace, place, card, name, stop))
            except Cancelled as stopped:
                raise _stopped(names) from stopped
            except DnaError as problem:
                skipped.append((card.file, str(problem)))
            except OSError as problem:
                skipped.append((card.file, explain(problem)))
    files = {card.file for card in there}
    gone = tuple(name for name, card in here.items() if card.file not in files)
    return Taken(place.source, tuple(names), len(there) - len(names) - len(skipped), gone, tuple(skipped))


def _stopped(names: Sequence[str]) -> Cancelled:
    return Cancelled(f"Stopped on request. DNAs taken in: {len(names)}, which are kept. Run it again to go on.")


def _take(workspace: Workspace, place: Place, card: Card, name: str, stop: Callable[[], bool]) -> str:
    """Take one DNA in under a free name, or in the place of the one that it was before; returns the name.

    It never shares a DNA with another gallery, or with what was imported by hand: each is removed without the others.
    """
    with TemporaryDirectory(prefix="visual-dna-gallery-") as folder:
        path, picture = Path(folder, card.file), Path(folder, "thumbnails")
        with path.open("wb") as file:
            found = place.copy(card.file, file, min(MOST_DNA, card.size), stop)
        if card.sha256 != found and (card.sha256 or isinstance(place, Address)):
            raise BadInput("It is not the file that its card tells of. Whoever published it should do so again.")
        if card.picture:
            with picture.open("wb") as file:
                try:
                    drawn = place.copy(card.stem + cards.PICTURE, file, MOST_PICTURE, stop)
                except (OSError, BadInput):
                    drawn = "none"
                if card.strip not in ("", drawn):  # of another publisher, whose words its card does not have
                    drawn = "none"
                if drawn == "none":
                    file.truncate(0)
        came = import_apart(workspace, path, name, picture if card.picture else None, apart=True)
    shown = cards.beside(workspace, came.name, cards.PICTURE).is_file()
    card = replace(card, gallery=place.source, images=came.images, picture=shown)
    cards.write(cards.beside(workspace, came.name), card)
    return came.name


def galleries(workspace: Workspace) -> dict[str, dict[str, Card]]:
    """{source: {name here: card}} of the galleries that DNAs were taken from."""
    found: dict[str, dict[str, Card]] = {}
    for name, card in cards.kept(workspace).items():
        found.setdefault(card.gallery, {})[name] = card
    return found


def _of(workspace: Workspace, source: str) -> dict[str, Card]:
    return galleries(workspace).get(source, {})


def leave(workspace: Workspace, source: str) -> list[str]:
    """Remove all that came from a gallery; returns the names. The gallery itself is not touched. Raises UnknownName."""
    known = galleries(workspace)
    if source not in known and (source := place_of(source).source) not in known:
        raise UnknownName(f"Nothing came from {source}. There are: {', '.join(known) or 'no galleries'}.")
    for name in known[source]:
        cards.remove(workspace, name)
    return list(known[source])


def news(workspace: Workspace, source: str) -> str:
    """What changed in a gallery since it was looked at, in one sentence; "" for nothing. Asks the gallery itself."""
    here = _of(workspace, source)
    kept = f"What came from it, {len(here)} {'DNA' if len(here) == 1 else 'DNAs'}, is kept as it was."
    try:
        there = {card.file: card.stamp for card in place_of(source).cards()}
    except DnaError as problem:
        return f"{problem} {kept}"
    known = {card.file: card.stamp for card in here.values()}
    change = Counter(
        "new" if file not in known else "changed" for file, stamp in there.items() if known.get(file) != stamp
    )
    change["no longer there"] = len(known.keys() - there.keys())
    told = [f"{count} {what}" for what, count in change.items() if count]
    return f"The gallery {source} is not what it was: {', '.join(told)}. {kept}" if told else ""


def nearest(
    workspace: Workspace, dna: DNA, label: str, broken: Callable[[str, str], None] = lambda *_: None
) -> list[tuple[str, float]]:
    """The imported DNAs by their distance to a DNA, nearest first: (name, EMD in bins). Those that cannot be compared,
    of another network or over other activation ranges, are left out. broken: told of (name, reason) of each file that
    cannot be read.
    """
    found = []
    for one in imported.comparable(workspace, label):
        try:
            other = imported.load(one)
        except DnaError as problem:
            broken(one.name, str(problem))
            continue
        if other is not None:
            found.append((one.name, emd_avg(dna, other)))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))
