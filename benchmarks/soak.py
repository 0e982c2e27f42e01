"""Browsers that click about for a long time: `python -m benchmarks.soak HOME [--minutes 30] [--browsers 4] [--seed 0]`.

Works on a copy of the workspace in HOME, in which datasets must be extracted. First one browser lets the lens and the
studies find their usual answers and puts a view of every page into the report, so that those pages have something to show.
Then every browser goes from page to page, and on each clicks a few things at random: choices, boxes, images, neurons,
select boxes; now and then it reloads, or closes its tab and opens another. Nothing is clicked that deletes, adds or starts
a job. Prints the server's own memory every half minute, how much it grew after the first five minutes, how often every
page was looked at, and every error of a page or in the server's log; ends with 1 where there was an error, where memory
grew by a tenth or more, or where a page or an image was never opened. Needs Chromium and Playwright, as browser tests do.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.dashboard import resident
from tools import browser, dashboard

PAGES = (
    "", "datasets", "compare", "distances", "map", "neurons", "lens", "sensitivity", "gallery", "image", "selections",
    "studies", "report",
)  # fmt: skip
WARM = 300  # seconds in which memory may grow: libraries are loaded and caches filled
EVERY = 30  # seconds between two looks at the memory
MOST_GROWTH = 0.1
AGAIN = re.compile("^(Look|Run it) again$")  # is there when the answer is
ASKED = {"lens": "Look", "studies": "Run this study"}  # what is pressed for an answer, where none is kept
PATIENCE_MS = 180_000  # a page that takes longer than this hangs, also on a machine that is busy with other things
CLICKS = {
    "choice": "[data-testid=stMain] [data-testid=stButtonGroup] button:visible",
    "box": "[data-testid=stMain] [data-testid=stCheckbox] label:visible",
    "image": "[data-testid=stMain] .cell:visible",
    "row": "[data-testid=stMain] .row:visible",
    "select": "[data-testid=stMain] [data-testid=stSelectbox] input:visible",
    "figure": "[data-testid=stMain] .main-svg .nsewdrag:visible",
}
READY = "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"


class Tally:
    """What the browsers did and what went wrong, shared by their threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.done: Counter[str] = Counter()
        self.pages: Counter[str] = Counter()
        self.errors: list[str] = []

    def count(self, what: str) -> None:
        """Count one thing that was done."""
        with self._lock:
            self.done[what] += 1

    def look(self, page: str) -> None:
        """Count one look at a page."""
        with self._lock:
            self.pages[page] += 1

    def error(self, what: str) -> None:
        """Keep one thing that went wrong."""
        with self._lock:
            self.errors.append(what)


class Visitor:
    """One browser that clicks about until it is told to stop."""

    def __init__(
        self, started: dashboard.Dashboard, query: str, seed: int, tally: Tally, stop: threading.Event
    ) -> None:
        self.started, self.query, self.tally, self.stop = started, query, tally, stop
        self.random = random.Random(seed)
        self.ahead: list[str] = []  # pages to look at: all of them, in another order each round

    def run(self) -> None:
        """Click until the end."""
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
            context = opened.new_context(viewport={"width": 1440, "height": 900})
            page = None
            while not self.stop.is_set():
                try:
                    page = self._visit(context, page) if page else self._tab(context)
                except Exception as problem:  # the program under test may do anything; the others go on
                    if not self.stop.is_set():
                        self.tally.error(f"{page.url if page else 'a new tab'}: {str(problem).splitlines()[0]}")
                    for left in context.pages:
                        left.close()
                    page = None
            opened.close()

    def _tab(self, context):
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.tally.error(f"{page.url}: {error}"))
        self._open(page, "")
        return page

    def _open(self, page, name: str) -> None:
        page.goto(f"{self.started.url}/{name}{self.query}")
        self._settle(page)
        self.tally.count("opened")

    def prepare(self) -> None:
        """Let every page have something to show: answers of the lens and of a study, a report with a view of each."""
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
            page = self._tab(opened.new_context(viewport={"width": 1440, "height": 900}))
            for name in PAGES[2:-1]:
                self._open(page, name)
                ask = page.get_by_role("button", name=ASKED.get(name, "no such"), exact=True)
                if ask.count():
                    ask.click()
                    ask.wait_for(state="detached")
                    page.get_by_role("button", name=AGAIN).first.wait_for()
                    self._settle(page)
                menu = page.get_by_role("button", name="Report", exact=True)
                if menu.count():
                    menu.click()
                    page.get_by_role("button", name="Add this view to the report").click()
                    page.get_by_text("Added. The report has").last.wait_for()
                    self._settle(page)
                    self.tally.count("added to the report")
            opened.close()

    def _settle(self, page) -> None:
        page.wait_for_function(READY)
        page.wait_for_timeout(250)
        page.wait_for_function(READY)
        for shown in page.locator("[data-testid=stException]").all_inner_texts():
            self.tally.error(f"{page.url}: {shown[:300]}")

    def _visit(self, context, page):
        chance = self.random.random()
        if chance < 0.05:
            page.close()
            return self._tab(context)
        if chance < 0.15:
            page.reload()
            self._settle(page)
            self.tally.count("reloaded")
        self.ahead = self.ahead or self.random.sample(PAGES, len(PAGES))
        name = self.ahead.pop()
        link = page.get_by_test_id("stSidebarNav").locator(f'a[href$="/{name}"]')
        if chance < 0.3 or not link.count():
            self._open(page, name)
        else:
            link.first.click()
            self._settle(page)
            self.tally.count("changed page")
        self.tally.look(name)
        for _ in range(3):
            self._click(page)
        return page

    def _click(self, page) -> None:
        kinds = {kind: page.locator(selector) for kind, selector in CLICKS.items()}
        there = [kind for kind, found in kinds.items() if found.count()]
        if not there or self.stop.is_set():
            return
        kind = self.random.choice(there)
        found = kinds[kind]
        one = found.nth(self.random.randrange(max(1, min(found.count(), 40))))  # it may have gone since it was counted
        try:
            one.click(timeout=5_000)
        except Exception:  # it went, or something lies over it: a person would look elsewhere too
            self.tally.count("missed")
            return
        if kind == "select":
            for key in (*["ArrowDown"] * self.random.randrange(1, 5), "Enter"):
                page.keyboard.press(key)
        self._settle(page)
        if page.get_by_role("dialog").locator("img").count():
            self.tally.count("image opened")
        page.keyboard.press("Escape")  # closes what the click opened
        self._settle(page)
        self.tally.count(kind)


def soak(home: Path, minutes: float, browsers: int, seed: int, extractor: str) -> int:
    """Let browsers click about on a workspace, print what came of it, and return the exit code."""
    tally, stop = Tally(), threading.Event()
    query = f"?extractor={extractor}" if extractor else ""
    with dashboard.running(home) as started:
        visitors = [Visitor(started, query, seed + number, tally, stop) for number in range(browsers)]
        visitors[0].prepare()
        threads = [threading.Thread(target=one.run, name=f"browser {at}") for at, one in enumerate(visitors)]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        memory: list[tuple[float, float]] = []
        while (since := time.monotonic() - begun) < minutes * 60 and started.process.poll() is None:
            memory.append((since, resident(started.process.pid)))
            done = tally.done.total()
            print(
                f"{since / 60:5.1f} min  {memory[-1][1]:6.0f} MB  {done:5} steps  {len(tally.errors)} errors",
                flush=True,
            )
            stop.wait(EVERY)
        if started.process.poll() is not None:
            tally.error(f"the server ended with code {started.process.returncode}")
        stop.set()
        for thread in threads:
            thread.join(120)
        problems = tally.errors + started.complaints()
    print(", ".join(f"{what} {count}" for what, count in tally.done.most_common()))
    print("looks: " + ", ".join(f"{page or 'start'} {tally.pages[page]}" for page in PAGES))
    problems += [f"{page or 'start'} was never looked at" for page in PAGES if not tally.pages[page]]
    problems += [] if tally.done["image opened"] else ["no image was opened"]
    for problem in problems:
        print(f"error: {problem}")
    grew = growth(memory)
    print(f"{len(problems)} errors; memory after the first {WARM // 60} minutes grew by {grew:.1%}")
    return int(bool(problems) or grew >= MOST_GROWTH)


def growth(memory: list[tuple[float, float]]) -> float:
    """How much the last minute's mean is above the mean of the first minute after the warm-up; 0 where it was too short."""
    early = [size for since, size in memory if WARM <= since < WARM + 60]
    late = [size for since, size in memory if since > memory[-1][0] - 60]
    return sum(late) / len(late) / (sum(early) / len(early)) - 1 if early else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path, help="a workspace with extracted datasets, which is copied")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--browsers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--extractor", default="", help="the extractor the datasets were extracted with, if not the usual"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary, "workspace")
        shutil.copytree(options.home, home, ignore=shutil.ignore_patterns("dashboard.log", "locks"))
        sys.exit(soak(home, options.minutes, options.browsers, options.seed, options.extractor))


if __name__ == "__main__":
    main()
