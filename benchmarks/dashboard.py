"""The dashboard on 10,000 images, in a real browser: `python -m benchmarks.dashboard [FOLDER] [--only PART]`.

Takes the workspace of `benchmarks.many` (made anew, or left in FOLDER by an earlier run), starts the dashboard on it,
and prints: seconds of a page change (from the click until the page's own last content is drawn), seconds to the
gallery's first pictures, milliseconds from a move of the slider to the last picture in sight, and the server's memory
over 300 page changes; milliseconds from a click in the filter bar to other pictures, seconds to a neuron's page, how
often a row of a table is blank while it scrolls, and seconds to a map. Needs Chromium and Playwright, as the browser
tests do. Parts: pages, gallery, drag, filter, neuron, table, map, memory. `--images 100000` makes a larger workspace (13 GB).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import dnacore as dc
from benchmarks import looking, many
from tools import browser, dashboard

PAGES = {  # of each page, what it draws last in each of its places
    "Start": (".st-key-start-heatmap .main-svg", "text=Cartoon faces with glasses"),
    "Datasets": (".st-key-look-wall .cell img.in", ".st-key-card-where", "text=How far is it from the others?"),
    "Distances": (".st-key-heatmap .main-svg", ".st-key-pairs"),
    "Neurons": (
        ".st-key-neuron-table .row", ".st-key-lens .strips img", ".st-key-weakest-1 img", ".st-key-alike-table .row",
    ),
    "Sensitivity": (
        ".st-key-sensitive .main-svg", ".st-key-pile-Without .cell img.in", ".st-key-live .cell img.in",
        ".st-key-keep-these",
    ),
    "Gallery": (".st-key-gallery-bands .cell img.in", "text=Below each image: its rank"),
    "Map": (".st-key-image-map canvas", "text=Near each other is alike to the network"),
    "Selections": (".st-key-selection-layers .main-svg", ".st-key-selection-delete"),
}  # fmt: skip
PARTS = ("pages", "gallery", "drag", "filter", "neuron", "table", "map", "memory")
ROUNDS = 5  # warm changes to each page

WHOLE = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  const inside = [...main.querySelectorAll("*")].map((element) => element.shadowRoot).filter((root) => root);
  const pictures = inside.flatMap((root) => [...root.querySelectorAll("img")]);
  return document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
    && !main.querySelector("[data-stale=true]")
    && pictures.every((one) => one.loading === "lazy" || !one.getAttribute("src") || (one.complete && one.naturalWidth));
}"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.dashboard", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="keep the workspace here, for the next run")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part alone")
    parser.add_argument("--images", type=int, default=many.IMAGES)
    parser.add_argument("--changes", type=int, default=300, help="page changes while memory is watched")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = options.folder or Path(temporary, "workspace")
        many.make(home, options.images)
        with dashboard.running(home) as started:
            # The default network may be another one than that of a workspace which an earlier run left.
            made = dc.Workspace.open(home).store.settings()[0]
            layers = list(made.layers.items())
            neurons = [f"{layer}:{count // 2}" for layer, count in layers[:: -(-len(layers) // looking.NEURONS)]]
            measure(
                f"{started.url}/", f"extractor={made.label}", started.process, options.only or PARTS, options.changes,
                neurons,
            )  # fmt: skip


def measure(
    address: str, network: str, process: subprocess.Popen[bytes], parts: Sequence[str], changes: int,
    neurons: Sequence[str],
) -> None:  # fmt: skip
    """Open a browser and print what was measured. network: the choice of extractor, as it stands in an address."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
        page = opened.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(240_000)
        page.goto(f"{address}?{network}")
        wait(page, "Start")
        if "pages" in parts:
            page.goto(f"{address}map?{network}&layout=pca")  # a UMAP would be laid out beside what is measured
            wait(page, "Map")
            pages(page, process)
        if "gallery" in parts:
            gallery(page, f"{address}gallery?{network}")
        if "drag" in parts:
            drag(page, f"{address}sensitivity?{network}")
        if "filter" in parts:
            looking.filtered(page, wait, address, network)
        if "neuron" in parts:
            looking.neuron(page, wait, address, network, neurons)
        if "table" in parts:
            looking.tables(page, wait, address, network)
        if "map" in parts:
            looking.maps(page, wait, address, network)
        if "memory" in parts:
            page.goto(f"{address}?{network}")
            wait(page, "Start")
            memory(page, process, changes)
        print(f"memory of the server in the end: {resident(process.pid):.0f} MB")
        opened.close()


def wait(page, name: str, lasts: Sequence[str] | None = None) -> None:
    """Wait until a page has been drawn to its end, with its pictures. lasts: what it draws last, where not as usual."""
    page.wait_for_function(
        "name => document.querySelector('[data-testid=stMain] h1')?.innerText === name",
        arg={"Start": "Visual DNA Studio"}.get(name, name),
    )
    for last in PAGES[name] if lasts is None else lasts:
        page.locator(last).first.wait_for()
    page.wait_for_function(WHOLE)


def change(page, name: str) -> float:
    """Seconds from the click on a page's name to the page being there whole. Another page must be in front."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True)
    begun = link.evaluate("link => { const begun = performance.now(); link.click(); return begun; }")
    wait(page, name)
    return (page.evaluate("performance.now()") - begun) / 1000


def pages(page, process: subprocess.Popen[bytes]) -> None:
    """Print the seconds of a page change: the first time in this server, and once everything has been there."""
    change(page, "Selections")
    cold: dict[str, float] = {}
    for name in PAGES:
        before = cpu(process.pid)
        cold[name] = change(page, name)
        print(
            f"first {name}: {cold[name]:.2f} s, {cpu(process.pid) - before:.2f} s of the server's CPU time", flush=True
        )
    warm: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(ROUNDS):
        for name in PAGES:
            warm[name].append(change(page, name))
    for name, took in warm.items():
        middle, worst = statistics.median(took), max(took)
        said = f"{middle:5.2f} s warm ({worst:.2f} at worst), {cold[name]:5.2f} s the first time"
        print(f"page change to {name:<12} {said}")


def gallery(page, address: str) -> None:
    """Print the seconds to the first pictures of all images, ranked: the first time, and again."""
    for said in ("the first time", "again", "again"):
        page.goto("about:blank")
        started = time.perf_counter()
        page.goto(f"{address}&dataset=many&like=few&view=wall")
        page.wait_for_selector(".st-key-gallery-wall .cell img.in")
        took = time.perf_counter() - started
        print(f"gallery of all images, from an empty tab to its first pictures: {took:.2f} s {said}")
    change(page, "Neurons")
    started = time.perf_counter()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Gallery", exact=True).click()
    page.wait_for_selector(".st-key-gallery-wall .cell img.in")
    print(f"gallery of all images, from another page to its first pictures: {time.perf_counter() - started:.2f} s")


DRAG = """async () => {
  const inside = [...document.querySelectorAll(".st-key-live *")].find((element) => element.shadowRoot).shadowRoot;
  const range = inside.querySelector(".dial input"), took = [], sorted = [];
  const frame = () => new Promise(requestAnimationFrame);
  const images = () => [...inside.querySelectorAll(".cell img")];
  const seen = () => images().every((image) => image.classList.contains("in"));
  for (let round = 0; round < 2; round++) {
    for (let step = Number(range.max); step >= 0; step -= 3) {
      const begun = performance.now();
      range.value = step;
      range.dispatchEvent(new Event("input"));
      sorted.push(performance.now() - begun);
      do await frame(); while (!seen() && performance.now() - begun < 5000);
      took.push(performance.now() - begun);
    }
  }
  return { took, sorted };
}"""


def drag(page, address: str) -> None:
    """Print the milliseconds from a move of the slider to the last picture in sight."""
    page.goto(f"{address}&from=many&attribute=warm")
    page.wait_for_selector(".st-key-live .cell img.in")
    wait(page, "Sensitivity")
    page.wait_for_timeout(4000)  # what the slider may bring to the front is fetched while the hand rests
    found = page.evaluate(DRAG)
    for what, values in (("sorted and laid out", found["sorted"]), ("last picture in sight", found["took"])):
        worst, middle = max(values), statistics.median(values)
        print(f"slider moved, {what}: {middle:.0f} ms in the middle, {worst:.0f} ms at worst, {len(values)} moves")


def memory(page, process: subprocess.Popen[bytes], changes: int) -> None:
    """Print the server's memory while pages are changed again and again."""
    order = [name for name in PAGES if name != "Start"]
    for number in range(changes + 1):
        if number % max(changes // 6, 1) == 0:
            print(f"after {number:>3} page changes: {resident(process.pid):.0f} MB", flush=True)
        change(page, order[number % len(order)])


def cpu(pid: int) -> float:
    """Seconds of CPU time that a process has taken, which other programs on the machine hardly change."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Megabytes of a process that are in memory and its own: mapped files are the system's."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["RssAnon"].split()[0]) / 1000


if __name__ == "__main__":
    main()
