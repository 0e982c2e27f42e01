"""The one HTML page that Streamlit's front end lives in, with this program's title and where its server answers.

Left alone, the front end asks `/datasets/_stcore/health` first when a page other than the first is opened by its
address, and the browser's console fills with 404s; and it preloads a font that this program does not use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

TITLE = "Visual DNA Studio"
_BASE = "<script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin }</script>"


def routes(pages: Iterable[str]) -> list[Route]:
    """Return a route for the bare address and for every page's."""

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(_html(), headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})

    return [Route(path, page, methods=["GET"]) for path in ("/", *(f"/{name}" for name in pages))]


@cache
def _html() -> str:
    html = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    html = re.sub(r"<title>.*?</title>", f"<title>{TITLE}</title>{_BASE}", html, count=1, flags=re.DOTALL)
    return re.sub(r'<link\s+rel="preload"[^>]*SourceSans[^>]*>', "", html)
