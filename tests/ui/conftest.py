"""A running dashboard with a workspace of its own, and a browser that notices every error and every stray request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, ImageDraw

import dnacore as dc
from dnacore.workspace import jobs
from tools.dashboard import Dashboard, stop
from tools.dashboard import start as start_dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright


def start(home: Path, port: int | None = None) -> Dashboard:
    """Start the dashboard; the temporary folders beside the server's own, where tests draw images, are its roots."""
    roots = os.pathsep.join([str(home.parent), str(home.parent.parent)])
    return start_dashboard(home, port, {"HOME": str(home.parent), "VISUAL_DNA_ROOTS": roots})


def cancel_jobs(home: Path) -> None:
    """Ask every job of a workspace to stop: they outlive the dashboard."""
    workspace = dc.Workspace.open(home)
    for job in jobs.list_jobs(workspace):
        jobs.cancel(workspace, job.id)


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with an empty workspace, shared by one module's tests."""
    started = start(tmp_path_factory.mktemp("dashboard") / "workspace")
    yield started
    stop(started)
    cancel_jobs(started.home)
    assert not (complaints := started.complaints()), "\n".join(complaints)


@dataclass
class Noise:
    """What a page must not do: raise, complain on the console, or talk to another machine."""

    host: str
    problems: list[str] = field(default_factory=list)
    _turn: int = 0

    def listen(self, page) -> None:
        """Collect problems of a page from now on, until it is hushed."""
        turn = self._turn
        page.on("pageerror", lambda error: self._note(turn, f"page error: {error}"))
        page.on("console", lambda said: said.type == "error" and self._note(turn, _told(said)))
        page.on("request", lambda request: self._request(request.url, request.resource_type))

    def hush(self) -> None:
        """Hear no more of the pages listened to so far: they are being closed, and their last requests break off."""
        self._turn += 1

    def _note(self, turn: int, problem: str) -> None:
        if turn == self._turn:
            self.problems.append(problem)

    def _request(self, url: str, kind: str) -> None:
        address = urlsplit(url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.host:
            self.problems.append(f"request to another machine: {url}")
        if kind == "image" and address.path.startswith("/media/"):
            self.problems.append(f"a picture that the next run of the page may take away: {url}")


def _told(said: ConsoleMessage) -> str:
    """What the console says, and of which address: "404" alone helps nobody to find what was not there."""
    return f"console: {said.text} ({said.location.get('url', '')})"


_opened: list[tuple[Playwright, Browser]] = []


def _browser(chromium: str) -> Browser:
    """The browser of this module: started when it is first asked for, since starting takes longer than most stories."""
    from playwright.sync_api import sync_playwright

    if _opened and not _opened[0][1].is_connected():  # it crashed; the tests after that one need not fail, too
        _opened.pop()[0].stop()
    if not _opened:
        playwright = sync_playwright().start()
        _opened.append((playwright, playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])))
    return _opened[0][1]


@pytest.fixture(scope="module", autouse=True)
def _browser_is_closed() -> Iterator[None]:
    """Close the module's browser after it: Playwright's event loop must not run under tests that have their own."""
    yield
    while _opened:
        playwright, browser = _opened.pop()
        browser.close()
        playwright.stop()


@pytest.fixture
def browser_page(dashboard: Dashboard, chromium: str):
    """A page that nobody has used; the test fails if it made noise."""
    with quiet_page(dashboard, chromium, height=2400) as page:
        yield page


@contextmanager
def quiet_page(dashboard: Dashboard, chromium: str, height: int) -> Iterator[Page]:
    """A page with cookies and storage of its own that must make no noise while the `with` lasts."""
    noise = Noise(urlsplit(dashboard.url).netloc)
    browser = _browser(chromium)
    others = set(browser.contexts)
    try:
        context = browser.new_context(viewport={"width": 1440, "height": height}, reduced_motion="reduce")
        page = dashboard.enter(context).new_page()
        page.set_default_timeout(60_000)
        noise.listen(page)
        yield page
        noise.hush()
    finally:
        for context in set(browser.contexts) - others:  # the test's own among them
            context.close()
    assert not noise.problems, noise.problems


def draw_pictures(folder: Path, count: int, tint: tuple[int, int, int], seed: int) -> Path:
    """Draw `count` different small pictures of one tint into a new folder."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        image = Image.new("RGB", (96, 64), tint)
        canvas = ImageDraw.Draw(image)
        for _ in range(6):
            x, y, size = (int(value) for value in (rng.integers(0, 80), rng.integers(0, 50), rng.integers(6, 30)))
            canvas.ellipse((x, y, x + size, y + size), fill=tuple(int(c) for c in rng.integers(0, 256, 3)))
        image.save(folder / f"picture {number:03d}.jpg")
    return folder


@pytest.fixture
def draw_images() -> Callable[[Path, int, tuple[int, int, int], int], Path]:
    """A function that draws `count` different small pictures of one tint into a new folder."""
    return draw_pictures
