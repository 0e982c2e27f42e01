"""The one HTML page that Streamlit's front end lives in, with this program's title and where its server answers.

Left alone, the front end asks `/datasets/_stcore/health` first when a page other than the first is opened by its
address, and the browser's console fills with 404s; it preloads a font that this program does not use; and every choice
that goes into the address is a step of its own for the Back button.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

TITLE = "Visual DNA Studio"
# A choice changes the address of the page it is made on: Back leads to the page before, not through the choices. A page
# that opens another one with choices made would leave them in its own address first: Back leads to what it was before.
_BASE = """<script>
window.__streamlit = { BACKEND_BASE_URL: window.location.origin };
(() => {
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  let was = null;
  history.pushState = (state, title, url) => {
    const here = window.location, to = url === undefined || url === null ? here : new URL(url, here.href);
    if (to.pathname === here.pathname) {
      if (to.search !== here.search) was = { state: history.state, url: here.href, now: to.search };
      replace(state, title, url);
      return;
    }
    if (was && was.now === to.search && here.search === to.search) replace(was.state, title, was.url);
    was = null;
    push(state, title, url);
  };
})();
</script>"""


def routes(pages: Iterable[str]) -> list[Route]:
    """Return a route for the bare address and for every page's; a name written in capitals leads to its page."""

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(_html(), headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})

    async def lower(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{request.url.path.lower()}{query}")

    names = list(pages)
    written = [form for name in names for form in (name.title(), name.upper())]
    return [
        *(Route(path, page, methods=["GET"]) for path in ("/", *(f"/{name}" for name in names))),
        *(Route(f"/{form}", lower, methods=["GET"]) for form in written),
    ]


@cache
def _html() -> str:
    html = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    html = re.sub(r"<title>.*?</title>", lambda _: f"<title>{TITLE}</title>{_BASE}", html, count=1, flags=re.DOTALL)
    return re.sub(r'<link\s+rel="preload"[^>]*SourceSans[^>]*>', "", html)
