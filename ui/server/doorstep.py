"""What happens when the server starts: the address to open, token included, is printed, and opened if that was asked.

Where somebody is about to look at a workspace that has never held anything, its demo data begins to be prepared, too: a
network takes as long to load as the page takes to open.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from streamlit import get_option

from dnacore.errors import DnaError
from dnacore.workspace.upkeep import demo_job
from dnacore.workspace.workspace import Workspace
from ui.server import entrance, forgotten

# Set by `make run`: "1" opens the address in a browser, "0" (HEADLESS=1) leaves that to whoever reads it.
OPEN = "VISUAL_DNA_OPEN"
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


def opening(token: str, once: entrance.Once, workspace: Callable[[], Workspace]):
    """Return the hook that Streamlit's server calls when it starts. workspace: opens the server's own."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        at = base()
        print(greeting(at, token), file=sys.stderr, flush=True)
        if OPEN in os.environ:
            threading.Thread(target=_prepare, args=(workspace,), daemon=True).start()
        if os.environ.get(OPEN) == "1":
            # Not the token itself: what a program is started with, other users of the machine can list.
            address = entrance.address(at, once.new() if token else "")
            threading.Thread(target=_open, args=(at, address), daemon=True).start()
        async with forgotten.swept():
            yield

    return lifespan


def _prepare(workspace: Callable[[], Workspace]) -> None:
    with suppress(DnaError, OSError):  # the page says what is wrong, to somebody who can do something about it
        demo_job.begin_where_new(workspace())


def _open(at: str, address: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{at}{entrance.HEALTH}", timeout=2):
                webbrowser.open(address)
                return
        except OSError:
            time.sleep(0.2)
