"""A dashboard for tests, pictures and measurements: started on a free port of this machine, and stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

CHECKOUT = Path(__file__).resolve().parents[1]
PATIENCE_S = 90
LOG = "server.log"  # beside the workspace: what the server printed


@dataclass
class Dashboard:
    """A started server: where it answers, where its workspace is, and the process behind it."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def cookie(self) -> dict[str, str]:
        """What a browser that was let in carries, as Playwright's `add_cookies` takes it."""
        token = (self.home / "token").read_text(encoding="ascii").strip()
        return {"name": f"visual_dna_{urlsplit(self.url).port}", "value": token, "url": self.url}

    def complaints(self) -> list[str]:
        """Return what the server printed or logged of errors that nobody expected."""
        found = []
        for path in (self.home.parent / LOG, self.home / "dashboard.log"):
            text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            at = text.find("Traceback")
            if at >= 0:
                found.append(f"{path.name}: {text[max(0, at - 200) : at + 2000]}")
        return found

    def enter(self, context: BrowserContext) -> BrowserContext:
        """Let a browser's context in, without visiting anything; returns the context."""
        context.add_cookies([self.cookie])
        return context


def start(home: Path, port: int | None = None, environment: Mapping[str, str] | None = None) -> Dashboard:
    """Start the dashboard on a workspace and wait until it answers. Raises RuntimeError where it does not.

    port: a free one where none is given. environment: what is set for it beside the workspace.
    """
    port = port or free_port()
    home.parent.mkdir(parents=True, exist_ok=True)
    log = (home.parent / LOG).open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"],
        cwd=CHECKOUT,
        env=os.environ | {"VISUAL_DNA_HOME": str(home)} | dict(environment or {}),
        stdout=log,
        stderr=log,
    )
    log.close()
    started = Dashboard(f"http://127.0.0.1:{port}", home, process)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{started.url}/_stcore/health", timeout=2):
                return started
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"the dashboard ended by itself with code {process.returncode}") from None
            time.sleep(0.2)
    process.kill()
    raise RuntimeError(f"the dashboard did not answer within {PATIENCE_S} seconds")


def stop(dashboard: Dashboard) -> None:
    """Stop the dashboard."""
    dashboard.process.terminate()
    try:
        dashboard.process.wait(20)
    except subprocess.TimeoutExpired:
        dashboard.process.kill()
        dashboard.process.wait(20)


@contextmanager
def running(home: Path) -> Iterator[Dashboard]:
    """A dashboard that runs inside the `with`, for pictures and measurements: it asks for no token."""
    started = start(home, environment={"VISUAL_DNA_TOKEN": "0"})
    try:
        yield started
    finally:
        stop(started)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
