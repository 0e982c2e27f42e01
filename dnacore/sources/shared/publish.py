"""Publishing a dataset's DNA into a shared folder: the counts always, words and thumbnails only where that was said."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dnacore import atomic, versioned
from dnacore.dna.file import SUFFIX, with_suffix
from dnacore.errors import BadInput, Damaged, Unavailable
from dnacore.extractors.labels import class_names
from dnacore.images.thumbnails import thumbnail
from dnacore.sources.shared.place import (
    FORMAT,
    INDEX,
    MOST_BYTES,
    MOST_DNA,
    MOST_DNAS,
    MOST_INDEX,
    MOST_PICTURE,
    VERSION,
    Folder,
    ordinary,
)  # fmt: skip
from dnacore.workspace.datasets import Dataset, clean_name
from dnacore.workspace.kept_words import words_of
from dnacore.workspace.saved import cards
from dnacore.workspace.saved.cards import Card
from dnacore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from dnacore.sources.resolver import Sources

WORDS, PICTURES, SIDE = 8, 6, 160  # words; thumbnails, and their longer side in pixels
ROUNDS = 10  # of writing again what another publisher has mixed with files of theirs


@dataclass(frozen=True)
class Allowed:
    """What the owner allows besides the DNA. about: a sentence of theirs."""

    about: str = ""
    words: bool = False
    thumbnails: bool = False


def publish(
    sources: Sources, name: str, folder: Path, allowed: Allowed, called: str = "", replacing: bool = False
) -> Card:
    """Write a dataset's DNA and its card into a shared folder, and tell the folder's index of it.

    The list of unreadable files stays behind, since it names files, and so do the words on where the activation ranges
    are from, which may name other datasets. called: another name for it there. replacing: put it in the place of one of
    that name. Raises BadInput where there is one and it was not said so, or where a file that is not ours is in the way.
    """
    dataset = sources.dataset(name)
    called = clean_name(called or dataset.name)
    dna = sources.dna(dataset)
    ranges = replace(dna.calibration, origin="", left_out=())
    dna = replace(dna, name=called, rejected=(), source=None, calibration=ranges)
    target = with_suffix(folder / called)
    if not cards.is_plain(target.name):
        raise BadInput(f"{called!r} cannot be the name of a shared file. Give another one with --as.")
    if os.path.exists(target) and not replacing:
        raise _taken(target)
    workspace = sources.workspace
    picture = _strip([dataset.folder / f.path for f in workspace.files(dataset)]) if allowed.thumbnails else None
    _make(folder)
    with TemporaryDirectory() as here:
        content = dna.save(Path(here, called)).read_bytes()
        beside = target.name.removesuffix(SUFFIX)
        strip = folder / f"{beside}{cards.PICTURE}"
        earlier = _earlier(folder, beside)
        _check_room(folder, target.name, len(content))
        if os.path.exists(strip) and not (earlier and earlier.picture) and picture is not None:
            raise _in_the_way(strip)
        card = Card(
            target.name, allowed.about, dna.images, str(dna.extractor.get("name", "")),
            _words(workspace, dataset) if allowed.words else (), picture is not None,
            time.strftime("%Y-%m-%d %H:%M"), _sha256(content), len(content), strip=_sha256(picture) if picture else "",
        )  # fmt: skip
        own = picture is None and os.path.exists(strip) and not (earlier and earlier.picture)
        _put(target, content, replacing)
        card = _laid_down(card, folder, content, picture, own)
        _list(folder)
    return card


def _laid_down(card: Card, folder: Path, content: bytes, picture: bytes | None, own: bool) -> Card:
    """Write what belongs to a DNA that was put into the folder; returns the card as it was written.

    Whoever publishes under this name at the same time may have written between our files. Nobody has a lock (see
    `_list`), but everybody looks after their last file whether all that lies there is of one hand, and writes theirs
    again where it is not: who writes last of all leaves it so. own: a file of the user's is called like the strip.
    """
    strip = folder / f"{card.stem}{cards.PICTURE}"
    for _ in range(ROUNDS):
        if picture is None and not own:
            strip.unlink(missing_ok=True)
        card = cards.write(folder / f"{card.stem}{cards.ENDING}", card)
        if picture is not None:  # after the card that names it: whatever stops us here, it is known to be ours
            atomic.write_bytes(strip, picture)
        if _of_one_hand(folder, card.stem, own):
            return card
        atomic.write_bytes(folder / card.file, content)
    raise Unavailable(
        f"Others keep publishing “{card.stem}” in {folder} at this moment. Try again, or under another name (--as)."
    )


def _of_one_hand(folder: Path, stem: str, own: bool) -> bool:
    """Whether a DNA, its card and its strip were published together."""
    strip = folder / f"{stem}{cards.PICTURE}"
    try:
        card = cards.parse(_content(folder / f"{stem}{cards.ENDING}", cards.MOST), stem + SUFFIX)
        if _sha256(_content(folder / card.file, MOST_DNA)) != card.sha256:
            return False
        if not card.picture:
            return own or not os.path.exists(strip)
        return card.strip in ("", _sha256(_content(strip, MOST_PICTURE)))
    except (FileNotFoundError, Damaged):  # not written yet, by somebody who looks after it as we do
        return False


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise BadInput(f"{folder} is a file, not a folder. Give a folder to publish into.") from error
    except OSError as error:
        raise _closed(folder, error) from error


def _closed(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"Nothing can be published in {folder} ({error.strerror or error}). Choose another folder, or allow writing there."
    )


def _put(target: Path, content: bytes, replacing: bool) -> None:
    """Write a DNA file; without `replacing` only where there is none at this moment, whoever else publishes, too."""
    if not replacing:
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            raise _taken(target) from None
        except OSError as error:
            raise _closed(target.parent, error) from error
    try:
        atomic.write_bytes(target, content)
    except BaseException:
        if not replacing:
            target.unlink(missing_ok=True)
        raise


def _taken(target: Path) -> BadInput:
    return BadInput(
        f"There is a DNA “{target.name.removesuffix(SUFFIX)}” in {target.parent} already. Publish under another name "
        "(--as), or put yours in its place (--replace)."
    )


def _check_room(folder: Path, file: str, size: int) -> None:
    """Raise BadInput where a folder is full, or its index is somebody's own file."""
    there = {card.file: card.size for card in Folder(str(folder)).cards()}
    if file not in there and len(there) >= MOST_DNAS:
        raise BadInput(f"{folder} holds {MOST_DNAS:,} DNAs, as many as a gallery may. Publish into another folder.")
    if size > MOST_DNA or sum((there | {file: size}).values()) > MOST_BYTES:
        raise BadInput(
            f"With this DNA of {size / 1e6:,.0f} MB {folder} would hold more than a gallery may: {MOST_BYTES >> 30:,} GB, of "
            f"{MOST_DNA >> 20:,} MB at most each. Publish into another folder."
        )
    with suppress(FileNotFoundError):
        try:
            found = versioned.parsed(_content(folder / INDEX, MOST_INDEX), INDEX)
        except Damaged:
            found = None
        if not versioned.fits(found, FORMAT, VERSION):
            raise _in_the_way(folder / INDEX)


def _earlier(folder: Path, stem: str) -> Card | None:
    """The card that was published under a name before. Raises BadInput where a file lies there that is none."""
    path = folder / f"{stem}{cards.ENDING}"
    try:
        return cards.parse(_content(path, cards.MOST), stem + SUFFIX)
    except FileNotFoundError:
        return None
    except Damaged:
        raise _in_the_way(path) from None


def _content(path: Path, most: int) -> bytes:
    """A file's first bytes, one more than it may have. Raises FileNotFoundError, BadInput for what is no file of ours."""
    try:
        with ordinary(path) as opened:
            return opened.read(most + 1)
    except FileNotFoundError:
        raise
    except (OSError, BadInput):
        raise _in_the_way(path) from None


def _in_the_way(path: Path) -> BadInput:
    return BadInput(
        f"{path} was not written by this program, or is damaged, so it is left as it is and nothing was published. Move it "
        "away, or publish into another folder."
    )


def _list(folder: Path) -> None:
    """Tell the folder's index of its cards. Without a lock, for which a file of somebody else's would have to be opened:
    whoever finds another's card after writing does it again.
    """
    written: list[Card] | None = None
    while (known := [replace(one, stamp="") for one in Folder(str(folder)).cards() if one.sha256]) != written:
        versioned.write(folder / INDEX, FORMAT, VERSION, {"cards": [asdict(one) for one in known]}, escaped=False)
        written = known


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def _words(workspace: Workspace, dataset: Dataset) -> tuple[tuple[str, float], ...]:
    """What the network says first of most images, with the share of images."""
    said = words_of(workspace, dataset)
    if said is None or not len(said):
        return ()
    counts = np.bincount(said.classes[:, 0], minlength=said.known)
    names = class_names(said.known)
    order = np.argsort(-counts, kind="stable")[:WORDS]
    return tuple((names[at], float(counts[at] / len(said))) for at in order if counts[at])


def _strip(paths: Sequence[Path]) -> bytes | None:
    """Thumbnails of a few images spread over all, side by side in one JPEG; None where none can be read."""
    found: list[Image.Image] = []
    for at in (
        np.unique(np.linspace(0, len(paths) - 1, min(len(paths), 3 * PICTURES)).round().astype(int)) if paths else ()
    ):
        try:
            found.append(Image.open(io.BytesIO(thumbnail(paths[at], SIDE))))
        except BadInput:
            continue
    chosen = [
        found[at] for at in np.unique(np.linspace(0, len(found) - 1, min(len(found), PICTURES)).round().astype(int))
    ]
    if not chosen:
        return None
    whole = Image.new("RGB", (sum(one.width for one in chosen), max(one.height for one in chosen)), "white")
    left = 0
    for one in chosen:
        whole.paste(one, (left, 0))
        left += one.width
    buffer = io.BytesIO()
    whole.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
