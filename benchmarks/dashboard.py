"""The dashboard on 10,000 images, in a real browser: `python -m benchmarks.dashboard [FOLDER] [--only PART]`.

Makes a workspace with 10,000 tiny drawn images whose sketches are made up (or takes the one that an earlier run left in
FOLDER), starts the dashboard on it, and prints: seconds of a page change (warm), seconds to the gallery's first
pictures, milliseconds from a move of the slider to the last picture in sight, and the server's memory over 300 page
changes.
Needs Chromium and Playwright, as the browser tests do. Parts: pages, gallery, drag, memory.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import dnacore as dc
from dnacore.calibration import Calibration
from dnacore.plan import Member
from dnacore.sketches import QUANTILES, SketchArrays
from dnacore.sources import DEFAULT_EXTRACTOR
from tools import browser

CHECKOUT = Path(__file__).resolve().parents[1]
IMAGES, SHARD = 10_000, 500
PAGES = ("Start", "Datasets", "Distances", "Neurons", "Sensitivity", "Gallery", "Selections")
PARTS = ("pages", "gallery", "drag", "memory")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.dashboard", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="keep the workspace here, for the next run")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part alone")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--changes", type=int, default=300, help="page changes while memory is watched")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = options.folder or Path(temporary, "workspace")
        make(home, options.images)
        with dashboard(home) as (address, process):
            # The default network may be another one than that of a workspace which an earlier run left.
            made = dc.Workspace.open(home).store.settings()[0].label
            measure(f"{address}/", f"extractor={made}", process, options.only or PARTS, options.changes)


def make(home: Path, count: int) -> None:
    """Make the workspace unless it is there: images, attributes, sketches, DNAs."""
    workspace = dc.Workspace.open(home)
    if "many" in {dataset.name for dataset in workspace.datasets()}:
        return
    started = time.perf_counter()
    extractor = dc.load_extractor(DEFAULT_EXTRACTOR, device="cpu")
    calibration = Calibration(
        np.zeros(extractor.n_neurons), np.ones(extractor.n_neurons), extractor.layers, extractor.fingerprint, "made up"
    )
    workspace.choose_calibration(calibration)
    for seed, (name, images) in enumerate((("many", count), ("few", 600))):
        warm = draw(home.parent / f"{home.name}-images" / name, images, seed)
        workspace.add_dataset(name, home.parent / f"{home.name}-images" / name)
        extract(workspace, name, extractor, calibration, warm, seed)
    print(f"made {count:,} images and their sketches in {time.perf_counter() - started:.0f} s")


def draw(folder: Path, count: int, seed: int) -> np.ndarray:
    """Draw tiny pictures and write their attributes; return of each how warm it is, (count,) 0 to 1."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    warm = random.random(count)
    lines = ["file,warm,shape"]
    for number in range(count):
        tint = (int(60 + 180 * warm[number]), 110, int(240 - 180 * warm[number]))
        image = Image.new("RGB", (96, 72), tint)
        canvas, round_ = ImageDraw.Draw(image), number % 2
        for _ in range(3):
            x, y, side = random.integers(0, 70), random.integers(0, 50), random.integers(8, 26)
            fill = tuple(int(value) for value in random.integers(0, 256, 3))
            (canvas.ellipse if round_ else canvas.rectangle)((x, y, x + side, y + side), fill=fill)
        image.save(folder / f"{number:05d}.jpg", quality=80)
        lines.append(f"{number:05d}.jpg,{int(warm[number] > 0.5)},{'round' if round_ else 'square'}")
    (folder / "attributes.csv").write_text("\n".join(lines) + "\n")
    return warm


def extract(
    workspace: dc.Workspace, name: str, extractor: dc.Extractor, calibration: Calibration, warm: np.ndarray, seed: int
) -> None:
    """Keep sketches and DNAs as extraction would, with made-up values: some neurons see how warm an image is."""
    dataset, store = workspace.dataset(name), workspace.store
    files = workspace.scan(dataset).files
    setting = store.setting(extractor, calibration, 1000)
    random = np.random.default_rng(seed)
    sees = np.where(np.arange(extractor.n_neurons) % 40 == 0, 500.0, random.uniform(0, 40, extractor.n_neurons))
    for start in range(0, len(files), SHARD):
        members = files[start : start + SHARD]
        centre = 250 + sees[:, None] * warm[None, start : start + len(members)]
        centre = centre + random.normal(0, 40, centre.shape)
        spread = np.linspace(-60, 60, QUANTILES)
        quantiles = np.clip(centre[..., None] + spread, 0, 999).astype(np.uint16)
        value = quantiles.astype(np.float32) / 999
        places = random.integers(0, QUANTILES, centre.shape).astype(np.uint16)
        arrays = SketchArrays(quantiles, value.max(2), places, value.mean(2))
        counts = np.stack([np.bincount(row.ravel(), minlength=1000) for row in quantiles])
        dna = dc.DNA(
            counts, np.zeros((len(counts), 2), np.int64), len(members), arrays.means.mean(1).astype(np.float64),
            arrays.means.var(1).astype(np.float64) * len(members), calibration, extractor.spec, name,
        )  # fmt: skip
        hashes = [file.hash for file in members]
        store.add_shard(dataset, setting, [Member(f.hash, f.path) for f in members], dna, arrays, hashes)
    store.finish(dataset, setting, store.shards(dataset, setting))
    store.compact(dataset, setting)


@contextmanager
def dashboard(home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the dashboard on a workspace; yield its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    environment = os.environ | {"VISUAL_DNA_HOME": str(home)}
    process = subprocess.Popen(
        line, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait()


def measure(
    address: str, network: str, process: subprocess.Popen[bytes], parts: tuple[str, ...] | list[str], changes: int
) -> None:
    """Open a browser and print what was measured. network: the choice of extractor, as it stands in an address."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
        page = opened.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(240_000)
        page.goto(f"{address}?{network}")
        wait(page)
        if "gallery" in parts:
            gallery(page, f"{address}gallery?{network}")
        if "pages" in parts or "memory" in parts:
            cold = {name: change(page, name) for name in PAGES}
            if "pages" in parts:
                warm = {name: statistics.median(change(page, name) for _ in range(3)) for name in reversed(PAGES)}
                for name in PAGES:
                    print(f"page change to {name:<12} {warm[name]:5.2f} s warm, {cold[name]:5.2f} s the first time")
        if "drag" in parts:
            drag(page, f"{address}sensitivity?{network}")
        if "memory" in parts:
            memory(page, process, changes)
        opened.close()


def wait(page) -> None:  # noqa: ANN001
    """Wait until the page has been drawn."""
    page.wait_for_selector("[data-testid=stMain] h1")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )


def change(page, name: str) -> float:  # noqa: ANN001
    """Seconds from the click on a page's name to the page being there whole."""
    started = time.perf_counter()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    page.wait_for_function(
        "name => document.querySelector('[data-testid=stMain] h1')?.innerText === name && "
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'",
        arg={"Start": "Visual DNA Studio"}.get(name, name),
        polling=20,
    )
    return time.perf_counter() - started


def gallery(page, address: str) -> None:  # noqa: ANN001
    """Print the seconds to the first pictures of all images, ranked: the first time, and again."""
    for said in ("the first time", "again", "again"):
        page.goto("about:blank")
        started = time.perf_counter()
        page.goto(f"{address}&dataset=many&like=few&view=wall")
        page.wait_for_selector(".st-key-gallery-wall .cell img.in")
        took = time.perf_counter() - started
        print(f"gallery of all images, from an empty tab to its first pictures: {took:.2f} s {said}")
    wait(page)
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


def drag(page, address: str) -> None:  # noqa: ANN001
    """Print the milliseconds from a move of the slider to the last picture in sight."""
    page.goto(f"{address}&from=many&attribute=warm")
    page.wait_for_selector(".st-key-live .cell img.in")
    wait(page)
    page.wait_for_timeout(4000)  # what the slider may bring to the front is fetched while the hand rests
    found = page.evaluate(DRAG)
    for what, values in (("sorted and laid out", found["sorted"]), ("last picture in sight", found["took"])):
        worst, middle = max(values), statistics.median(values)
        print(f"slider moved, {what}: {middle:.0f} ms in the middle, {worst:.0f} ms at worst, {len(values)} moves")


def memory(page, process: subprocess.Popen[bytes], changes: int) -> None:  # noqa: ANN001
    """Print the server's memory while pages are changed again and again."""
    order = [name for name in PAGES if name != "Start"]
    for number in range(changes + 1):
        if number % max(changes // 6, 1) == 0:
            print(f"after {number:>3} page changes: {resident(process.pid):.0f} MB", flush=True)
        change(page, order[number % len(order)])


def resident(pid: int) -> float:
    """Megabytes of a process that are in memory and its own: mapped files are the system's."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["RssAnon"].split()[0]) / 1000


if __name__ == "__main__":
    main()
