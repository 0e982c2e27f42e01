"""What a web server answers, piece by piece, however slow or hostile it is.

A thread of its own waits for the server, so that a stop and a deadline are heeded whatever the server does, or does not.
Only http and https are spoken, and a redirect never leads to another host or away from https.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPException, HTTPMessage, HTTPResponse
from queue import Empty, Queue
from threading import Event, Thread
from time import monotonic
from typing import IO, Any, cast
from urllib.error import URLError
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import Request

from dnacore.errors import BadInput, Cancelled

PATIENCE, SLOWEST = 30.0, 20_000  # seconds without a byte; bytes a second that a server must reach after that time
_PIECE, _LOOK = 1 << 16, 0.2  # bytes; seconds between two looks at a wish to stop


def is_address(text: str) -> bool:
    """Whether a text names a web server rather than a folder."""
    return text.strip().lower().startswith(("http://", "https://"))


def checked(text: str) -> str:
    """An address as it can be asked for: letters beyond ASCII encoded, no slash at its end.

    Raises BadInput for one that is broken, or holds a query or a password.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
        host = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise BadInput(f"{text} is no address that can be asked for ({error}). Check how it is written.") from error
    if not host:
        raise BadInput(f"{text} names no server. Give the address as https://server/folder.")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise BadInput(
            f"The address of a gallery cannot hold a “?”, a “#” or a name with “@” ({parts.hostname}): every file is asked "
            "for below it. Give the address of the folder alone."
        )
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~").rstrip("/")
    return urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", path, "", ""))


def pieces(address: str, stop: Callable[[], bool]) -> Iterator[bytes]:
    """What a web server answers. Raises OSError with a plain fragment, Cancelled."""
    found: Queue[bytes | Exception] = Queue(16)
    left, begun, size = Event(), monotonic(), 0
    Thread(target=_read, args=(address, found, left), daemon=True).start()
    try:
        while True:
            if stop():
                raise Cancelled("Stopped on request. Nothing was changed.")
            if monotonic() - begun > PATIENCE + size / SLOWEST:
                raise TimeoutError("it answers too slowly")
            try:
                piece = found.get(timeout=_LOOK)
            except Empty:
                continue
            if isinstance(piece, Exception):
                raise OSError(_why(piece)) from piece
            if not piece:
                return
            size += len(piece)
            yield piece
    finally:
        left.set()
        with suppress(Empty):  # makes room for the one piece that the thread may be waiting to hand over
            while True:
                found.get_nowait()


def _read(address: str, found: Queue[bytes | Exception], left: Event) -> None:
    try:
        with closing(_open(address)) as answer:
            while not left.is_set():
                piece = answer.read1(_PIECE)
                found.put(piece)
                if not piece:
                    return
    except (OSError, HTTPException, ValueError) as error:  # a broken address that it sends to is a ValueError
        found.put(error)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a server to another of its own pages only: elsewhere may be a machine that only this one can reach."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        safer = (old.scheme, new.scheme, new.port) == ("http", "https", None) and old.hostname == new.hostname
        if not safer and (old.scheme, old.netloc) != (new.scheme, new.netloc):
            raise URLError(f"it sends to another place, {new.scheme}://{new.netloc}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(address: str) -> HTTPResponse:
    """What a web server answers. Other kinds of address, such as file://, are not even followed to."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor, _SameHost,
        urllib.request.UnknownHandler,
    ):  # fmt: skip
        opener.add_handler(handler())
    headers = {"User-Agent": "visual-dna-studio", "Accept-Encoding": "identity"}
    return cast(HTTPResponse, opener.open(Request(address, headers=headers), timeout=PATIENCE))


def _why(error: Any) -> str:
    reason = getattr(error, "reason", None)
    return str(getattr(reason, "strerror", None) or reason or error) or type(error).__name__
