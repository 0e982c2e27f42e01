"""What happens when the server starts: the address to open, token included, is printed, and opened if that was asked."""

from __future__ import annotations

import os
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streamlit import get_option

from ui.server import entrance, forgotten

OPEN = "VISUAL_DNA_OPEN"  # "1": open the address in a browser, as `make run` asks unless HEADLESS=1
PATIENCE_S = 60


def base() -> str:
    """Return where this server answers, without a path."""
    host = get_option("server.address") or "127.0.0.1"
    prefix = str(get_option("server.baseUrlPath") or "").strip("/")
    return f"http://{host}:{get_option('server.port')}" + (f"/{prefix}" if prefix else "")


def greeting(at: str, token: str) -> str:
    """Return what the terminal says at the start."""
    said = f"Visual DNA Studio: {entrance.address(at, token)}"
    if token:
        return (
            f"{said}\nThe token lets this browser in; without it nobody gets in, other users of this machine included."
        )
    return f"{said}\nNo token is asked for ({entrance.ENVIRONMENT}=0): every user of this machine can open it."


def opening(token: str, once: entrance.Once):
    """Return the hook that Streamlit's server calls when it starts."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        at = base()
        print(greeting(at, token), file=sys.stderr, flush=True)
        if os.environ.get(OPEN) == "1":
            # Not the token itself: what a program is started with, other users of the machine can list.
            address = entrance.address(at, once.new() if token else "")
            threading.Thread(target=_open, args=(at, address), daemon=True).start()
        async with forgotten.swept():
            yield

    return lifespan


def _open(at: str, address: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{at}{entrance.HEALTH}", timeout=2):
                webbrowser.open(address)
                return
        except OSError:
            time.sleep(0.2)
