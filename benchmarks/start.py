"""Seconds from `make run` to the first page: `python -m benchmarks.start [--rounds 3]`.

Set-up is done already (else `make run` would do it first, and this stops). Each round has a new workspace and its own
server: until the first answer, and until a browser has drawn the page (left out where there is no browser). CPU time is
the server's and make's alone, to the moment when it is stopped.
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
from importlib.util import find_spec
from pathlib import Path

import dnacore as dc
from dnacore.workspace import jobs
from tools import browser
from tools.dashboard import free_port
from tools.prepare import Environment

CHECKOUT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60
DRAWN = """() => document.querySelector("[data-testid=stMain] h1, [data-testid=stMain] h2")
  && document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning" """


def once(draw: Callable[[str], None] | None) -> tuple[float, float, float]:
    """Seconds until the first answer, seconds until the page is drawn, and CPU seconds, of one `make run`."""
    port = free_port()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        server = subprocess.Popen(
            ["make", "run", f"PORT={port}", "HEADLESS=1"], cwd=CHECKOUT, env=os.environ | {"VISUAL_DNA_HOME": home},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/"
            while not _answers(url):
                if time.perf_counter() - started > PATIENCE_S or server.poll() is not None:
                    raise SystemExit("the dashboard did not start")
                time.sleep(0.01)
            served = time.perf_counter() - started
            if draw is not None:
                draw(url)
            drawn = time.perf_counter() - started
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
            _stop_jobs(Path(home))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return served, drawn, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
def drawing() -> Iterator[Callable[[str], None] | None]:
    """A call that shows an address in a browser and waits until it is drawn; None where there is no browser."""
    chromium = browser.find()
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

        yield draw
        started.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    if not Environment(CHECKOUT).has("requirements.txt"):
        raise SystemExit("Set-up is not up to date, so `make run` would do it first. Run `make setup`.")
    print(f"{'served, s':>10} {'drawn, s':>10} {'CPU s':>8}")
    for _ in range(asked.rounds):
        with drawing() as draw:
            served, drawn, cpu = once(draw)
        print(f"{served:10.2f} {drawn if draw else float('nan'):10.2f} {cpu:8.2f}", flush=True)


if __name__ == "__main__":
    main()
