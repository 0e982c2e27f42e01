"""Parts of `python -m benchmarks.dashboard`: the filter bar, a neuron's page, the tables that scroll, and the map."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

FILTERS = (
    "with shape round",
    "with shape square",
    "with warm",
    "without warm",
)  # what `benchmarks.many` says of its images
NEURONS = 8
CLICK = "one => { const begun = performance.now(); one.click(); return begun; }"
ENTER = """one => {
  const begun = performance.now();
  one.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  return begun;
}"""
# The pictures of a wall that are in sight, as text; "" while one of them is missing.
IN_SIGHT = """function inSight(selector) {
  const root = [...document.querySelectorAll(`${selector} *`)].find((one) => one.shadowRoot)?.shadowRoot;
  if (!root?.querySelector(".view")) return "";
  const view = root.querySelector(".view").getBoundingClientRect(), low = Math.min(view.bottom, innerHeight);
  const shown = [...root.querySelectorAll(".cell img")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.bottom > view.top && box.top < low;
  });
  return shown.every((one) => one.classList.contains("in")) ? shown.map((one) => one.src).sort().join() : "";
}"""


def said(what: str, took: Sequence[float], unit: str = "ms", digits: int = 0) -> None:
    """Print the first of some times, and the middle and worst of the others."""
    first, rest = took[0], list(took[1:]) or list(took)
    middle, worst = statistics.median(rest), max(rest)
    print(
        f"{what}: {middle:.{digits}f} {unit} ({worst:.{digits}f} at worst), {first:.{digits}f} the first time",
        flush=True,
    )


def filtered(page, wait: Callable[..., None], address: str, network: str) -> None:
    """Print the milliseconds from a click in the filter bar to other pictures, on the pages that have one."""
    pages = (("Datasets", "datasets", "look=many", ".st-key-look-wall"),
             ("Gallery", "gallery", "dataset=many&like=few&view=wall", ".st-key-gallery-wall"))  # fmt: skip
    for name, path, asked, wall in pages:
        page.goto(f"{address}{path}?{network}&{asked}")
        wait(page, name, (f"{wall} .cell img.in",))
        for again in ("new", "known"):
            took = []
            for chosen in FILTERS:
                before = page.evaluate(f"wall => {{ {IN_SIGHT} return inSight(wall); }}", wall)
                page.locator(".st-key-only input").first.click()
                option = page.locator("[role=option]", has_text=chosen).first
                took.append(_other_pictures(page, wall, before, option.evaluate(CLICK)))
                wait(page, name, (f"{wall} .cell img.in",))
                before = page.evaluate(f"wall => {{ {IN_SIGHT} return inSight(wall); }}", wall)
                page.keyboard.press("Escape")
                off = page.locator(".st-key-only [aria-label^=Remove], .st-key-only [aria-label='Clear all']").first
                _other_pictures(page, wall, before, off.evaluate(CLICK))
                wait(page, name, (f"{wall} .cell img.in",))
            said(f"filter bar on {name}, {again} conditions, from the click to other pictures", took)


def _other_pictures(page, wall: str, before: str, begun: float) -> float:
    """Milliseconds until all pictures in sight are there and are not those of before."""
    page.wait_for_function(
        f"([wall, before]) => {{ {IN_SIGHT} const now = inSight(wall); return now && now !== before; }}",
        arg=[wall, before],
    )
    return page.evaluate("performance.now()") - begun


def neuron(page, wait: Callable[..., None], address: str, network: str, neurons: Sequence[str]) -> None:
    """Print the seconds to a neuron's page whole: opened by a link, and from the table of neurons."""
    took = []
    for code in neurons:
        page.goto("about:blank")
        started = time.perf_counter()
        page.goto(f"{address}neurons?{network}&a=many&b=few&neuron={code}")
        wait(page, "Neurons")
        took.append(time.perf_counter() - started)
    said("a neuron's page by a link, from an empty tab to its last picture", took, "s", 2)
    took, named = [], ".st-key-lens svg[role=img]"
    for _ in neurons:
        before = page.locator(named).first.get_attribute("aria-label")
        view = page.locator(".st-key-neuron-table .view").first
        view.focus()
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        begun = view.evaluate(ENTER)
        page.locator(f"{named}:not([aria-label='{before}'])").first.wait_for()
        wait(page, "Neurons")
        took.append((page.evaluate("performance.now()") - begun) / 1000)
    said("another neuron, from Enter in the table to its last picture", took, "s", 2)


# Scrolls by a few rows a frame, then in long leaps; in each frame after the scroll was drawn, every row in sight must be
# there with what it says. Rows of the neuron table are elements; those of the table of images are painted on a canvas.
SCROLL_NEURONS = """async () => {
  const root = [...document.querySelectorAll(".st-key-neuron-table *")].find((one) => one.shadowRoot).shadowRoot;
  const view = root.querySelector(".view"), frame = () => new Promise(requestAnimationFrame), took = [];
  let frames = 0, gaps = 0;
  const end = view.scrollHeight - view.clientHeight;
  const stops = [...Array(150).keys()].map((at) => at * 60).concat([...Array(50).keys()].map((at) => (at * 7919 * 34) % end));
  for (const top of stops) {
    const begun = performance.now();
    view.scrollTop = top;
    await frame(); await frame();
    const box = view.getBoundingClientRect();
    const there = [...root.querySelectorAll(".row")].filter((one) => one.querySelector(".said").textContent)
      .map((one) => one.getBoundingClientRect()).sort((a, b) => a.top - b.top);
    let at = box.top;
    for (const one of there) if (one.top <= at + 1.5) at = Math.max(at, one.bottom);
    frames++;
    if (at < Math.min(box.bottom, view.querySelector(".canvas").getBoundingClientRect().bottom) - 1.5) gaps++;
    took.push(performance.now() - begun);
  }
  return { frames, gaps, worst: Math.max(...took) };
}"""
SCROLL_IMAGES = """async ([rowHeight, settle]) => {
  const grid = document.querySelector("[data-testid=stDataFrame]"), canvas = grid.querySelector("canvas");
  const view = grid.querySelector(".dvn-scroller"), frame = () => new Promise(requestAnimationFrame), took = [], pictured = [];
  const end = view.scrollHeight - view.clientHeight, scale = canvas.width / canvas.clientWidth;
  // A row is there where something is written in its column of file names, and pictured where its first cell has colours.
  const rows = (left, right, minimum) => {
    const pen = canvas.getContext("2d"), height = Math.round(rowHeight * scale), head = canvas.height % 1 + Math.round(36 * scale);
    let blank = 0;
    const from = head + Math.round((rowHeight - (view.scrollTop % rowHeight)) * scale) % height;
    for (let top = from; top + height <= canvas.height - 2; top += height) {
      const { data } = pen.getImageData(Math.round(left * scale), top + 4, Math.round((right - left) * scale), height - 8);
      const seen = new Set();
      for (let at = 0; at < data.length; at += 4) seen.add((data[at] >> 4 << 8) | (data[at + 1] >> 4 << 4) | data[at + 2] >> 4);
      if (seen.size < minimum) blank++;
    }
    return blank;
  };
  let frames = 0, gaps = 0;
  const stops = [...Array(150).keys()].map((at) => at * 60).concat([...Array(30).keys()].map((at) => (at * 7919 * 64) % end));
  for (const top of stops) {
    const begun = performance.now();
    view.scrollTop = top;
    await frame(); await frame();
    frames++;
    if (rows(124, 196, 3)) gaps++;
    took.push(performance.now() - begun);
  }
  for (let leap = 1; leap <= 10; leap++) {
    const begun = performance.now();
    view.scrollTop = (leap * 6007 * 64) % end;
    do await frame(); while (rows(52, 110, 3) && performance.now() - begun < settle);
    pictured.push(performance.now() - begun);
  }
  return { frames, gaps, worst: Math.max(...took), pictured };
}"""


def tables(page, wait: Callable[..., None], address: str, network: str) -> None:
    """Print in how many frames of a scripted scroll a row in sight was blank, in both tables."""
    page.goto(f"{address}neurons?{network}&a=many&b=few")
    wait(page, "Neurons")
    found = page.evaluate(SCROLL_NEURONS)
    print(f"table of neurons: a row in sight blank in {found['gaps']} of {found['frames']} frames, "
          f"the longest frame {found['worst']:.0f} ms", flush=True)  # fmt: skip
    took = []
    for _ in range(3):
        page.goto("about:blank")
        started = time.perf_counter()
        page.goto(f"{address}datasets?{network}&look=many&as=table")
        page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
        wait(page, "Datasets", ("[data-testid=stDataFrame] canvas",))
        took.append(time.perf_counter() - started)
    said("table of images, from an empty tab", took, "s", 2)
    page.wait_for_timeout(2000)
    found = page.evaluate(SCROLL_IMAGES, [64, 5000])
    print(f"table of images: a row in sight blank in {found['gaps']} of {found['frames']} frames, "
          f"the longest frame {found['worst']:.0f} ms", flush=True)  # fmt: skip
    said("table of images, pictures of all rows in sight after a leap", found["pictured"])


def maps(page, wait: Callable[..., None], address: str, network: str) -> None:
    """Print the seconds to the map of all images by PCA, again, and with more images than the sample it begins with."""
    asked, last = f"{address}map?{network}&datasets=many&layout=pca", (".st-key-image-map canvas",)
    took = []
    for _ in range(3):
        page.goto("about:blank")
        started = time.perf_counter()
        page.goto(asked)
        _mapped(page, wait, last)
        took.append(time.perf_counter() - started)
    said("map of images (PCA), from an empty tab", took, "s", 2)
    more = page.locator(".st-key-most button")
    for place in range(1, more.count()):
        chosen = more.nth(place)
        title, before = (
            chosen.inner_text(),
            page.locator(".st-key-image-map [aria-label^=Map]").first.get_attribute("aria-label"),
        )
        begun = chosen.evaluate(CLICK)
        page.locator(f".st-key-image-map [aria-label^=Map]:not([aria-label='{before}'])").first.wait_for()
        _mapped(page, wait, last)
        print(
            f"map with more images ({title}): {(page.evaluate('performance.now()') - begun) / 1000:.2f} s", flush=True
        )


def _mapped(page, wait: Callable[..., None], last: Sequence[str]) -> None:
    wait(page, "Map", last)
    page.locator("text=Near each other is alike to the network").first.wait_for()
