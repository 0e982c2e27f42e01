"""Seconds from `make run` to the first page: `python -m benchmarks.start [--rounds 3] [--demo]`.

Set-up is done already (else `make run` would do it first, and this stops). Each round has a new workspace and its own
server: until the first answer, and until a browser has drawn the page (left out where there is no browser). CPU time is
the server's and make's alone, to the moment when it is stopped. With --demo, also seconds from opening the page to the
first heatmap in it, and until all demo data is extracted.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import dnacore as dc
from dnacore.workspace import jobs
from tools import browser as chromium_of
from tools.dashboard import free_port
from tools.prepare import Environment

CHECKOUT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60
DEMO_PATIENCE_S = 300
HEATMAP = ".st-key-start-heatmap .barlayer .point"
DRAWN = """() => document.querySelector("[data-testid=stMain] h1, [data-testid=stMain] h2")
  && document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning" """


@dataclass(frozen=True)
class Browser:
    """draw: show an address and wait until it is drawn. heatmap: wait until the page shows its first heatmap."""

    draw: Callable[[str], None]
    heatmap: Callable[[], None]


def once(browser: Browser | None, demo: bool) -> tuple[float, ...]:
    """Seconds until the first answer, seconds until the page is drawn, and CPU seconds, of one `make run`; with `demo`
    seconds from opening the page to the first heatmap and until all demo data is there."""
    port = free_port()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        server = subprocess.Popen(
            ["make", "run", f"PORT={port}", "HEADLESS=1"], cwd=CHECKOUT,
            env=os.environ | {"VISUAL_DNA_HOME": home, "VISUAL_DNA_TOKEN": "0"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/"
            while not _answers(url):
                if time.perf_counter() - started > PATIENCE_S or server.poll() is not None:
                    raise SystemExit("the dashboard did not start")
                time.sleep(0.01)
            served = time.perf_counter() - started
            if browser is not None:
                browser.draw(url)
            drawn = time.perf_counter() - started
            further = _demo(browser, Path(home), started + served) if browser is not None and demo else ()
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
            _stop_jobs(Path(home))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return served, drawn, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, *further


def _demo(browser: Browser, home: Path, opened: float) -> tuple[float, float]:
    browser.heatmap()
    shown = time.perf_counter() - opened
    workspace = dc.Workspace.open(home)
    while any(job.state == "running" for job in jobs.list_jobs(workspace)):
        if time.perf_counter() - opened > DEMO_PATIENCE_S:
            raise SystemExit("the demo data was not extracted")
        time.sleep(0.1)
    return shown, time.perf_counter() - opened


def _stop_jobs(home: Path) -> None:
    """End the drawing of the demo that the first visitor started: it outlives the server, and would slow the next."""
    workspace = dc.Workspace.open(home)
    for job in jobs.list_jobs(workspace):
        jobs.cancel(workspace, job.id)
    deadline = time.monotonic() + PATIENCE_S
    while any(job.state == "running" for job in jobs.list_jobs(workspace)) and time.monotonic() < deadline:
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def browsing() -> Iterator[Browser | None]:
    """A browser with an empty page; None where there is none."""
    chromium = chromium_of.find()
    if chromium is None or find_spec("playwright") is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = started.new_page()

        def draw(url: str) -> None:
            page.goto(url)
            page.wait_for_function(DRAWN)

        def heatmap() -> None:
            page.wait_for_selector(HEATMAP, state="attached", timeout=DEMO_PATIENCE_S * 1000)

        yield Browser(draw, heatmap)
        started.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--demo", action="store_true")
    asked = options.parse_args()
    if not Environment(CHECKOUT).has("requirements.txt"):
        raise SystemExit("Set-up is not up to date, so `make run` would do it first. Run `make setup`.")
    columns = ["served, s", "drawn, s", "CPU s", *(["heatmap, s", "demo, s"] if asked.demo else [])]
    print(" ".join(f"{column:>10}" for column in columns))
    for _ in range(asked.rounds):
        with browsing() as browser:
            found = list(once(browser, asked.demo))
        if browser is None:
            found[1:2] = [float("nan")]
        print(" ".join(f"{value:10.2f}" for value in found), flush=True)


if __name__ == "__main__":
    main()
