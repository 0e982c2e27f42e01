"""Where a shared gallery lies: a folder, or the address of a web server that hands out such a folder.

Nothing in it is trusted. Only ordinary files are opened, never links or pipes, never more bytes than their kind may
have; what is in them is read by a process of its own (`dnacore.sources.import_process`).
"""

from __future__ import annotations

import hashlib
import os
import stat
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, Protocol, cast
from urllib.parse import quote, urljoin, urlsplit

from dnacore import versioned
from dnacore.dna.file import SUFFIX
from dnacore.errors import BadInput, Damaged, DnaError, Unavailable
from dnacore.images.files import explain
from dnacore.paths import absolute
from dnacore.workspace.saved import cards
from dnacore.workspace.saved.cards import Card

INDEX, FORMAT, VERSION = "gallery.json", "visual-dna-gallery", 1
MOST_DNA, MOST_PICTURE, MOST_INDEX = 256 << 20, 4 << 20, 8 << 20  # bytes
MOST_DNAS = 2_000
_PATIENCE, _CHUNK = 30.0, 1 << 20  # seconds without a byte; bytes


class Place(Protocol):
    """A gallery as it is now."""

    @property
    def source(self) -> str:
        """What it is called: an absolute path or an address."""
        ...

    def cards(self) -> list[Card]:
        """The cards of its DNAs, by name. Raises Unavailable where it cannot be reached, BadInput where it is none."""
        ...

    def copy(self, file: str, into: BinaryIO, most: int) -> str:
        """Copy one of its files, `most` bytes at most; returns the SHA-256. Raises OSError, BadInput."""
        ...


def place_of(source: str | Path) -> Place:
    """The gallery that a person named. Raises BadInput for an address of another kind than http and https."""
    text = str(source).strip()
    kind = urlsplit(text).scheme.lower() if "://" in text else ""
    if kind in ("http", "https"):
        return Address(text)
    if kind:
        raise BadInput(f"{text} is no address of a gallery. Give a folder, or an address that begins with https://.")
    return Folder(str(absolute(text)))


@dataclass(frozen=True)
class Folder:
    """A folder of DNA files, with a card beside each where its owner wrote one."""

    source: str

    def cards(self) -> list[Card]:
        """See `Place`."""
        found: list[Card] = []
        try:
            with os.scandir(self.source) as entries:
                for entry in entries:
                    if cards.is_plain(entry.name) and entry.is_file(follow_symlinks=False):
                        about = entry.stat(follow_symlinks=False)
                        found.append(self._card(entry.name, f"{about.st_size}:{about.st_mtime_ns}"))
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
            with _ordinary(beside) as opened:
                content = opened.read(cards.MOST + 1)
                stamp += f":{os.fstat(opened.fileno()).st_mtime_ns}"
            card = cards.parse(content, file)
        return replace(card, stamp=stamp)

    def copy(self, file: str, into: BinaryIO, most: int) -> str:
        """See `Place`."""
        with _ordinary(Path(self.source, file)) as opened:
            return _copied(opened, into, most)


@dataclass(frozen=True)
class Address:
    """A folder of DNA files as a web server hands it out. Its index says what there is: a folder cannot be listed."""

    source: str

    def cards(self) -> list[Card]:
        """See `Place`."""
        try:
            with closing(_open(self._at(INDEX))) as opened:
                found = versioned.parsed(opened.read(MOST_INDEX + 1)[:MOST_INDEX], INDEX)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"The gallery {self.source} cannot be reached ({_why(error)}).") from error
        except Damaged:
            found = None
        rows = found.get("cards") if versioned.fits(found, FORMAT, VERSION) else None
        if not isinstance(rows, list) or len(rows) > MOST_DNAS:
            raise BadInput(f"{self.source} is no gallery of DNAs: its {INDEX} is none that this program reads.")
        by_file = {}
        for row in rows:
            file = row.get("file") if isinstance(row, dict) else None
            if isinstance(file, str) and cards.is_plain(file):
                card = cards.of_json(row, file)
                by_file[file] = replace(card, stamp=f"{card.sha256}:{card.published}")
        return [by_file[file] for file in sorted(by_file)]

    def copy(self, file: str, into: BinaryIO, most: int) -> str:
        """See `Place`."""
        try:
            with closing(_open(self._at(file))) as opened:
                return _copied(opened, into, most)
        except HTTPException as error:
            raise OSError(_why(error)) from error

    def _at(self, file: str) -> str:
        base = self.source.removesuffix(INDEX).rstrip("/") + "/"
        return urljoin(base, quote(file))


def _ordinary(path: Path) -> BinaryIO:
    """Open a file that is neither a link nor a pipe nor a device. Raises OSError, BadInput."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    opened = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise BadInput("It is not an ordinary file.")
    return opened


def _copied(source: BinaryIO, into: BinaryIO, most: int) -> str:
    digest, size = hashlib.sha256(), 0
    while piece := source.read(_CHUNK):
        size += len(piece)
        if size > most:
            raise BadInput(f"It is larger than {most >> 20:,} MB.")
        digest.update(piece)
        into.write(piece)
    return digest.hexdigest()


def _open(address: str) -> BinaryIO:
    """What a web server answers. Other kinds of address, such as file://, are not even followed to."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPRedirectHandler, urllib.request.UnknownHandler,
    ):  # fmt: skip
        opener.add_handler(handler())
    request = urllib.request.Request(
        address, headers={"User-Agent": "visual-dna-studio", "Accept-Encoding": "identity"}
    )
    return cast(BinaryIO, opener.open(request, timeout=_PATIENCE))


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(getattr(reason, "strerror", None) or reason or error) or type(error).__name__
