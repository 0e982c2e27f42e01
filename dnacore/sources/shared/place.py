"""Where a shared gallery lies: a folder, or the address of a web server that hands out such a folder.

Nothing in it is trusted. Only ordinary files are opened, never links or pipes, never more bytes than their kind may
have; what is in them is read by a process of its own (`dnacore.sources.import_process`). What a web server answers
comes through `dnacore.sources.shared.download`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote, urljoin

from dnacore import versioned
from dnacore.dna.file import SUFFIX
from dnacore.errors import BadInput, Cancelled, Damaged, DnaError, Unavailable
from dnacore.images.files import explain
from dnacore.paths import absolute
from dnacore.sources.shared.download import checked, is_address, pieces
from dnacore.workspace.saved import cards
from dnacore.workspace.saved.cards import Card

INDEX, FORMAT, VERSION = "gallery.json", "visual-dna-gallery", 1
MOST_DNA, MOST_PICTURE, MOST_INDEX = 256 << 20, 4 << 20, 32 << 20  # bytes
MOST_DNAS, MOST_BYTES = 2_000, 32 << 30  # of one gallery: as many DNAs of 9,984 neurons (15 MB each), and their bytes
_CHUNK = 1 << 20  # bytes

Stop = Callable[[], bool]


class Place(Protocol):
    """A gallery as it is now."""

    @property
    def source(self) -> str:
        """What it is called: an absolute path or an address."""
        ...

    def cards(self, stop: Stop = lambda: False) -> list[Card]:
        """The cards of its DNAs, by name.

        Raises Unavailable where it cannot be reached, BadInput where it is none, Cancelled.
        """
        ...

    def copy(self, file: str, into: BinaryIO, most: int, stop: Stop = lambda: False) -> str:
        """Copy one of its files, `most` bytes at most; returns the SHA-256. Raises OSError, BadInput, Cancelled."""
        ...


def place_of(source: str | Path) -> Place:
    """The gallery that a person named. Raises BadInput for an address of another kind than http and https."""
    text = str(source).strip()
    if is_address(text):
        return Address(checked(text).removesuffix(f"/{INDEX}"))
    if "://" in text:
        raise BadInput(f"{text} is no address of a gallery. Give a folder, or an address that begins with https://.")
    return Folder(str(absolute(text)))


@dataclass(frozen=True)
class Folder:
    """A folder of DNA files, with a card beside each where its owner wrote one."""

    source: str

    def cards(self, stop: Stop = lambda: False) -> list[Card]:
        """See `Place`."""
        found: list[Card] = []
        try:
            with os.scandir(self.source) as entries:
                for entry in entries:
                    if stop():
                        raise Cancelled("Stopped on request. Nothing was changed.")
                    if cards.is_plain(entry.name) and entry.is_file(follow_symlinks=False):
                        about = entry.stat(follow_symlinks=False)
                        card = self._card(entry.name, f"{about.st_size}:{about.st_mtime_ns}")
                        found.append(replace(card, size=about.st_size))
                    if len(found) > MOST_DNAS:
                        raise BadInput(
                            f"{self.source} holds more than {MOST_DNAS:,} DNAs. Share them in several folders."
                        )
        except OSError as error:
            raise Unavailable(f"The shared folder {self.source} cannot be reached ({explain(error)}).") from error
        return sorted(found, key=lambda card: card.file)

    def _card(self, file: str, stamp: str) -> Card:
        beside = Path(self.source, file.removesuffix(SUFFIX) + cards.ENDING)
        card = Card(file)
        with suppress(OSError, DnaError):  # a broken card costs its DNA nothing but the card
            with ordinary(beside) as opened:
                content = opened.read(cards.MOST + 1)
                stamp += f":{os.fstat(opened.fileno()).st_mtime_ns}"
            card = cards.parse(content, file)
        return replace(card, stamp=stamp)

    def copy(self, file: str, into: BinaryIO, most: int, stop: Stop = lambda: False) -> str:
        """See `Place`."""
        with ordinary(Path(self.source, file)) as opened:
            return _copied(_chunks(opened, stop), into, most)


@dataclass(frozen=True)
class Address:
    """A folder of DNA files as a web server hands it out. Its index says what there is: a folder cannot be listed."""

    source: str

    def cards(self, stop: Stop = lambda: False) -> list[Card]:
        """See `Place`."""
        content = io.BytesIO()
        try:
            _copied(pieces(self._at(INDEX), stop), content, MOST_INDEX)
            found = versioned.parsed(content.getvalue(), INDEX)
        except OSError as error:
            raise Unavailable(f"The gallery {self.source} cannot be reached ({error}).") from error
        except (Damaged, BadInput):
            found = None
        rows = found.get("cards") if versioned.fits(found, FORMAT, VERSION) else None
        if not isinstance(rows, list) or len(rows) > MOST_DNAS:
            raise BadInput(f"{self.source} is no gallery of DNAs: its {INDEX} is none that this program reads.")
        by_file = {}
        for row in rows:
            file = row.get("file") if isinstance(row, dict) else None
            if isinstance(file, str) and cards.is_plain(file):
                card = cards.of_json(row, file)
                by_file[file] = replace(card, stamp=f"{card.sha256}:{_digest(row)}")
        return [by_file[file] for file in sorted(by_file)]

    def copy(self, file: str, into: BinaryIO, most: int, stop: Stop = lambda: False) -> str:
        """See `Place`."""
        return _copied(pieces(self._at(file), stop), into, most)

    def _at(self, file: str) -> str:
        return urljoin(self.source + "/", quote(file))


def ordinary(path: Path) -> BinaryIO:
    """Open a file to be read that is neither a link nor a pipe nor a device. Raises OSError, BadInput."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    opened = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise BadInput("It is not an ordinary file.")
    return opened


def _chunks(opened: BinaryIO, stop: Stop) -> Iterator[bytes]:
    while piece := opened.read(_CHUNK):
        if stop():
            raise Cancelled("Stopped on request. Nothing was changed.")
        yield piece


def _copied(source: Iterable[bytes], into: BinaryIO, most: int) -> str:
    digest, size = hashlib.sha256(), 0
    for piece in source:
        size += len(piece)
        if size > most:
            raise BadInput(f"It has more than {most:,} bytes.")
        digest.update(piece)
        into.write(piece)
    return digest.hexdigest()


def _digest(row: object) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]
