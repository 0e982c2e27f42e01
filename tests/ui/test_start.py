"""The first minute: an empty workspace shows a heatmap of demo data without a click, and a restart forgets nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import dnacore as dc
from dnacore.workspace import jobs, journal
from tests.ui import conftest as ui
from tools.dashboard import start as start_dashboard

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def held_still(home: Path) -> Iterator[None]:
    """The one job of a workspace stands still while the `with` lasts."""
    (job,) = jobs.list_jobs(dc.Workspace.open(home))
    process = [event["pid"] for event in journal.events_of(home / "jobs" / job.id) if event["event"] == "started"][-1]
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_the_first_heatmap_needs_no_click_and_a_restarted_server_goes_on(tmp_path, chromium):
    first = ui.start(tmp_path / "workspace")
    servers, noise = [first], ui.Noise(urlsplit(first.url).netloc)
    try:
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = first.enter(browser.new_context(viewport={"width": 1440, "height": 1200})).new_page()
            page.set_default_timeout(60_000)
            noise.listen(page)
            page.goto(first.url)
            expect(page.get_by_text("Your first heatmap is being made")).to_be_visible(timeout=60_000)
            expect(page.get_by_test_id("stMain").get_by_role("progressbar")).to_be_visible()
            cells = page.locator(".st-key-start-heatmap .barlayer .point")
            expect(cells.first).to_be_attached(timeout=240_000)

            # The job is a process of its own: a server that stops and starts again finds it. On a quick machine it would
            # be over by then, with nothing left to cancel.
            with held_still(first.home):
                noise.hush()  # what a page asks for as it goes is cut off, which is not its fault
                page.close()
                ui.stop(first)
                second = ui.start(tmp_path / "workspace", port=urlsplit(first.url).port)
                servers.append(second)
                other = second.enter(browser.new_context(viewport={"width": 1440, "height": 1200})).new_page()
                other.set_default_timeout(60_000)
                noise.listen(other)
                other.goto(second.url)
                expect(other.locator(".st-key-start-heatmap .barlayer .point").first).to_be_attached()
                sidebar = other.get_by_test_id("stSidebar")
                expect(sidebar.get_by_text("Preparing the demo data")).to_be_visible()
                sidebar.get_by_role("button", name="Cancel").click()
            expect(sidebar.get_by_text("cancelled")).to_be_visible(timeout=60_000)
            browser.close()
    finally:
        for started in servers:
            ui.stop(started)
        ui.cancel_jobs(first.home)
    assert not noise.problems, noise.problems


def test_the_demo_begins_with_the_server_that_somebody_is_about_to_look_at(tmp_path):
    workspace = dc.Workspace.open(tmp_path / "workspace")
    for _ in range(2):  # the second time it holds something, if only a job that was cancelled
        server = start_dashboard(workspace.root, environment={"VISUAL_DNA_OPEN": "0"})
        try:
            deadline = time.monotonic() + 60
            while not jobs.list_jobs(workspace) and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            ui.stop(server)
            ui.cancel_jobs(workspace.root)
        (job,) = jobs.list_jobs(workspace)
        assert job.command == ("demo", "--extract", "--extractor", "efficientnet_lite0")
