"""Publishing a dataset's DNA into a shared folder: the counts always, words and thumbnails only where that was said."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dnacore import atomic, versioned
from dnacore.dna.file import SUFFIX, with_suffix
from dnacore.errors import BadInput
from dnacore.extractors.labels import class_names
from dnacore.images.thumbnails import thumbnail
from dnacore.sources.shared.place import FORMAT, INDEX, VERSION, Folder
from dnacore.workspace.datasets import Dataset, clean_name
from dnacore.workspace.kept_words import words_of
from dnacore.workspace.saved import cards
from dnacore.workspace.saved.cards import Card
from dnacore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from dnacore.sources.resolver import Sources

WORDS, PICTURES, SIDE = 8, 6, 160  # words; thumbnails, and their longer side in pixels


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

    The list of unreadable files stays behind, since it names files. called: another name for it there. replacing: put it
    in the place of one of that name. Raises BadInput where there is one and it was not said so.
    """
    dataset = sources.dataset(name)
    called = clean_name(called or dataset.name)
    dna = replace(sources.dna(dataset), name=called, rejected=(), source=None)
    target = with_suffix(folder / called)
    if not cards.is_plain(target.name):
        raise BadInput(f"{called!r} cannot be the name of a shared file. Give another one with --as.")
    if target.exists() and not replacing:
        raise BadInput(
            f"There is a DNA “{called}” in {folder} already. Publish under another name (--as), or put yours in its place "
            "(--replace)."
        )
    workspace = sources.workspace
    picture = _strip([dataset.folder / f.path for f in workspace.files(dataset)]) if allowed.thumbnails else None
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as here:
        content = dna.save(Path(here, called)).read_bytes()
        beside = target.name.removesuffix(SUFFIX)
        atomic.write_bytes(target, content)
        if picture is None:
            (folder / f"{beside}{cards.PICTURE}").unlink(missing_ok=True)
        else:
            atomic.write_bytes(folder / f"{beside}{cards.PICTURE}", picture)
        card = Card(
            target.name, allowed.about, dna.images, str(dna.extractor.get("name", "")),
            _words(workspace, dataset) if allowed.words else (), picture is not None,
            time.strftime("%Y-%m-%d %H:%M"), _sha256(content), len(content),
        )  # fmt: skip
        cards.write(folder / f"{beside}{cards.ENDING}", card)
        _list(folder)
    return card


def _list(folder: Path) -> None:
    """Tell the folder's index of its cards. Without a lock, for which a file of somebody else's would have to be opened:
    whoever finds another's card after writing does it again.
    """
    written: list[Card] | None = None
    while (known := [replace(one, stamp="") for one in Folder(str(folder)).cards() if one.sha256]) != written:
        versioned.write(folder / INDEX, FORMAT, VERSION, {"cards": [asdict(one) for one in known]})
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
