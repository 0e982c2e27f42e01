"""Pictures, fonts and long columns over HTTP: `/thumb/{dataset}/{index}`, `/image/{dataset}/{index}`, `/fonts/{name}`,
`/columns/{name}`.

A client names an image by dataset number and index, never by a path; whatever goes wrong is a plain 404 that says
nothing about the disk. Everything is sent as JPEG made by this program, so no metadata of the user's files leaves it.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dnacore.errors import DnaError
from dnacore.images import tars, thumbnails
from dnacore.images.thumbnails import stamp
from dnacore.paths import ASSETS
from ui.server import allowed, blobs

if TYPE_CHECKING:
    from dnacore.workspace.workspace import Workspace


THUMB_SIDE, IMAGE_SIDE = 256, 1600
FONTS = ASSETS / "fonts"
_FOREVER = "private, max-age=31536000, immutable"
_ASK_AGAIN = "private, no-cache"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
# Decoding is the expensive part: more than two at once only makes every one of them late.
_decoders = threading.BoundedSemaphore(2)


def routes(workspace: Callable[[], Workspace]) -> list[Route]:
    """Return the routes; `workspace` is asked at every request, so its folder may be chosen after the start."""

    def thumb(request: Request) -> Response:
        return _picture(request, workspace(), THUMB_SIDE, keep=True)

    def image(request: Request) -> Response:
        return _picture(request, workspace(), IMAGE_SIDE, keep=False)

    return [
        Route("/thumb/{dataset:int}/{index:int}", thumb, methods=["GET"]),
        Route("/image/{dataset:int}/{index:int}", image, methods=["GET"]),
        Route("/fonts/{name}", _font, methods=["GET"]),
        Route("/columns/{name}", _columns, methods=["GET"]),
    ]


def middleware(allowed_hosts: list[str]) -> list[Middleware]:
    """Return the check of the Host header that Streamlit makes for its socket, for every route (DNS rebinding)."""
    if not allowed_hosts or "*" in allowed_hosts:
        return []
    return [Middleware(TrustedHostMiddleware, allowed_hosts=[*allowed_hosts], www_redirect=False)]


def _picture(request: Request, workspace: Workspace, side: int, *, keep: bool) -> Response:
    dataset, index = request.path_params["dataset"], request.path_params["index"]
    try:
        path = allowed.image_path(workspace, dataset, index)
        content = stamp(path, *tars.about(path))
        etag = f'"{content}-{side}"'
        asked = request.query_params.get("v", "")
        caching = _FOREVER if len(asked) >= 8 and content.startswith(asked) else _ASK_AGAIN
        headers = {**_HEADERS, "ETag": etag, "Cache-Control": caching}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = _rendered(workspace.root, path, content, side, keep=keep)
    except (DnaError, OSError, OverflowError):
        return Response(
            "Not found", status_code=404, media_type="text/plain", headers={**_HEADERS, "Cache-Control": "no-store"}
        )
    return Response(body, media_type="image/jpeg", headers=headers)


def _rendered(root: Path, path: Path, content: str, side: int, *, keep: bool) -> bytes:
    kept = root / "thumbs" / content[:2] / f"{content}-{side}.jpg"
    if keep and kept.is_file():
        body = kept.read_bytes()
        if body.startswith(b"\xff\xd8") and body.endswith(b"\xff\xd9"):
            return body
    with _decoders:
        body = thumbnails.thumbnail(path, side)
    if keep:
        _keep(kept, body)
    return body


def _keep(path: Path, body: bytes) -> None:
    # Not flushed to the disk: a thumbnail lost in a power cut is made again, and a torn one is recognised above.
    # A full or read-only disk must not cost the picture either: it was made, it is only not remembered.
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        os.replace(temporary, path)
    except OSError:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _font(request: Request) -> Response:
    name = request.path_params["name"]
    path = FONTS / name
    if not re.fullmatch(r"[a-z0-9-]+\.woff2", name) or not path.is_file():
        return Response("Not found", status_code=404, media_type="text/plain", headers=_HEADERS)
    return FileResponse(path, media_type="font/woff2", headers={**_HEADERS, "Cache-Control": _FOREVER})


def _columns(request: Request) -> Response:
    found = blobs.get(request.path_params["name"])
    if found is None:
        return Response(
            "Not found", status_code=404, media_type="text/plain", headers={**_HEADERS, "Cache-Control": "no-store"}
        )
    return Response(found[0], media_type=found[1], headers={**_HEADERS, "Cache-Control": _FOREVER})
