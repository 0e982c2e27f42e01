"""Who may come in: a token in the address that the program prints, then a cookie; and which sites may talk to it.

On a machine with several users anybody local can reach a port of 127.0.0.1. Without the token every route but the health
check, and the WebSocket, answer 403. The token is kept in the workspace, readable by its owner only, so that open tabs
and bookmarks survive a restart. `VISUAL_DNA_TOKEN=0` turns it off; any other value is the token.
"""

from __future__ import annotations

import hmac
import os
import secrets
import threading
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENVIRONMENT = "VISUAL_DNA_TOKEN"
PARAMETER = "token"
FILE = "token"
HEALTH = "/_stcore/health"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = (
    "403: this dashboard opens with a token. Open the address that `make run` printed in the terminal; "
    "it ends in ?token=... and is needed once per browser.\n"
)
_FOREIGN = "403: this request comes from another site.\n"
_MONTH_S = 30 * 24 * 3600


def token(root: Path) -> str:
    """Return the token of a workspace's dashboard, made at its first start; "" where it is turned off."""
    given = os.environ.get(ENVIRONMENT, "").strip()
    if given == "0":
        return ""
    if given:
        return given
    path = root / FILE
    try:
        kept = path.read_text(encoding="ascii").strip()
        if len(kept) >= 32:
            path.chmod(0o600)
            return kept
    except (OSError, UnicodeDecodeError):
        pass  # there is none yet, or none that can be read: a new one is as good
    made = secrets.token_urlsafe(32)
    try:
        root.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(made)
    except OSError:
        pass  # a full or read-only disk: the token then lasts as long as this server
    return made


def address(base: str, wanted: str) -> str:
    """Return the address that opens the dashboard, with its token where one is needed."""
    return f"{base}/?{urlencode({PARAMETER: wanted})}" if wanted else base


class Once:
    """A code that lets one browser in, once: what a browser is started with, every user of the machine can list."""

    def __init__(self) -> None:
        self._lock, self._code = threading.Lock(), ""

    def new(self) -> str:
        """Return a new code; the one before is worth nothing any more."""
        with self._lock:
            self._code = secrets.token_urlsafe(32)
            return self._code

    def take(self, given: str) -> bool:
        """Return whether this is the code, which it then is no more."""
        with self._lock:
            right = bool(self._code) and hmac.compare_digest(given.encode(), self._code.encode())
            self._code = "" if right else self._code
            return right


class Entrance:
    """Let in who has the token, and only requests from the dashboard's own pages; forbid other sites to frame it."""

    def __init__(self, app: ASGIApp, wanted: str, once: Once | None = None) -> None:
        self.app, self.wanted, self.once = app, wanted, once or Once()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, hand out the cookie, or pass the request on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _is_foreign(scope, headers):
            await _refuse(_FOREIGN, scope, receive, send)
            return
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        given = [value for key, value in query if key == PARAMETER]
        asks = bool(given) and scope["type"] == "http" and scope["method"] in SAFE and bool(self.wanted)
        if asks and any(map(self._opens, given)):  # with a valid cookie too: the token must not stay in the address
            await self._welcome(scope, query)(scope, receive, _unframed(send))
        elif scope["path"] == HEALTH or not self.wanted or self._knows(headers):
            await self.app(scope, receive, _unframed(send))
        else:
            await _refuse(_REFUSED, scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        return any(self._is_token(value) for value in _cookies(headers.getlist("cookie"), _cookie_name(headers)))

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.wanted.encode())

    def _opens(self, given: str) -> bool:
        return self._is_token(given) or self.once.take(given)

    def _welcome(self, scope: Scope, query: list[tuple[str, str]]) -> Response:
        """Send the browser to the same page without the token in its address, which people share and screens show."""
        rest = urlencode([(key, value) for key, value in query if key != PARAMETER])
        # One slash at the front: //elsewhere.example would be another machine.
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        path = f"/{path.lstrip('/')}"
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        headers = Headers(scope=scope)
        answer.set_cookie(_cookie_name(headers), self.wanted, max_age=_MONTH_S, path="/", httponly=True, samesite="lax")
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer


def _cookie_name(headers: Headers) -> str:
    # Cookies know no ports: two dashboards on one machine must not overwrite each other's.
    port = headers.get("host", "").rpartition(":")[2]
    return f"visual_dna_{port if port.isascii() and port.isdigit() else 'web'}"


def _cookies(headers: Iterable[str], name: str) -> list[str]:
    found = []
    for header in headers:
        for part in header.split(";"):  # one at a time: another program's odd cookie must not hide ours
            try:
                jar: SimpleCookie = SimpleCookie(part.strip())
            except CookieError:
                continue
            if name in jar:
                found.append(jar[name].value)
    return found


def _is_foreign(scope: Scope, headers: Headers) -> bool:
    """Whether a request that can change or read something comes from a page of another host or port."""
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in SAFE):
        return False
    try:
        asked = urlsplit(origin).netloc.lower()
    except ValueError:
        return True
    return not asked or asked != headers.get("host", "").lower()


def _unframed(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.append("Content-Security-Policy", "frame-ancestors 'none'")
            headers["X-Frame-Options"] = "DENY"
        await send(message)

    return sending


async def _refuse(why: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()  # the handshake; closing before it is accepted answers it with 403
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    answer = PlainTextResponse(why, status_code=403, headers={"Cache-Control": "no-store"})
    await answer(scope, receive, _unframed(send))
