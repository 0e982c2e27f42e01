"""The address holds the whole view: reopened in another browser or after a restart, every page draws what was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnacore as dc
from dnacore.workspace.saved import reports
from tests.ui import conftest as ui
from tests.ui.conftest import draw_pictures
from tests.ui.driving import choices, command, settle
from ui.components.point_map import Look

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
TOLERANCE = 1.0  # of 255: an address writes a zoom with five digits
COUNT = 28  # halves of it are more than what a ranking shows all at once
Play = Callable[["sync_api.Page"], None]
# What a person sees of a view: sentences, tables, figures, what is chosen and typed, which pictures stand where, and what
# is drawn over them. Components of our own lie in trees of their own.
DRAWN = """() => {
  const roots = [document], under = (root) => {
    for (const { shadowRoot } of root.querySelectorAll('*')) if (shadowRoot) { roots.push(shadowRoot); under(shadowRoot); }
  };
  under(document);
  const beside = '[data-testid=stSidebar], .st-key-page-corner';
  const every = (which) => roots.flatMap((root) => [...root.querySelectorAll(which)]).filter((one) => !one.closest(beside));
  const all = (which) => every(which).filter((one) => one.checkVisibility());
  const said = (one) => one.textContent.trim().replace(/\\s+/g, ' ');
  const bare = (address) => address.replace(/^https?:\\/\\/[^/]+/, '');
  return {
    said: all('h1, h2, h3, .vds-question, .vds-found, .vds-exact, .vds-caption, .vds-row, [data-testid=stAlert]').map(said),
    tables: [...all('.vds-table, .row').map(said), ...every('canvas [role=gridcell]').map(said)],
    figures: all('.js-plotly-plot').map((one) => JSON.stringify(one.data.map((each) => [each.type, each.x, each.y, each.z, each.text]))),
    chosen: all('[aria-pressed=true], [aria-checked=true], [kind$=Active], [data-tag]').map(said),
    filled: all('input, textarea').map((one) => one.type === 'checkbox' ? String(one.checked) : one.value),
    open: all('details').map((one) => `${one.open} ${said(one.querySelector('summary'))}`),
    pictures: all('.cell[title], .tile[title]').map((one) => `${one.title} ${one.style.transform}`).sort(),
    brushed: all('.brush, .box, canvas.heat').map((one) => one.style.cssText),
    painted: all('.plane canvas, canvas.heat, .stage canvas').map((one) => {
      const small = Object.assign(document.createElement('canvas'), { width: 64, height: 40 }).getContext('2d');
      small.drawImage(one, 0, 0, 64, 40);
      return [...small.getImageData(0, 0, 64, 40).data];
    }),
    window: all('[role=dialog] img').map((one) => bare(one.src)),
  };
}"""


def press(key: str, text: str) -> Play:
    """Choose among a few words, or turn a switch."""
    return lambda page: page.locator(f".st-key-{key}").get_by_text(text, exact=True).click()


def pick(label: str, option: str) -> Play:
    """Choose from a list."""

    def choose(page: sync_api.Page) -> None:
        page.get_by_role("combobox", name=label, exact=True).first.click()
        page.get_by_role("option", name=option, exact=True).click()

    return choose


def add(key: str, option: str) -> Play:
    """Add one to several choices."""

    def choose(page: sync_api.Page) -> None:
        page.locator(f".st-key-{key} input").first.fill(option)  # of a long list only a part is drawn
        page.get_by_role("option", name=option).first.click()
        page.keyboard.press("Escape")

    return choose


def nudge(label: str) -> Play:
    """Move a slider by one."""
    return lambda page: page.get_by_role("slider", name=label).first.press("ArrowRight")


def unfold(text: str) -> Play:
    """Open what is closed at first."""
    return lambda page: page.locator("summary").get_by_text(text).first.click()


def open_image(key: str) -> Play:
    """Open the window of the second image of a gallery."""

    def click(page: sync_api.Page) -> None:
        page.locator(f".st-key-{key} .cell").nth(1).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.wait_for_url("**open=*")

    return click


def step(page: sync_api.Page) -> None:
    """Go on to the next image in the window."""
    before = page.url
    page.locator(".st-key-closeup-after button").click()
    page.wait_for_function("before => location.href !== before", arg=before)


def come_closer(page: sync_api.Page) -> None:
    """Zoom into the map, look at one kind of image only, and shade where many lie."""
    plane = page.locator(".st-key-image-map .plane")
    plane.focus()
    for _ in range(4):
        plane.press("+")
    for name in ("Density", "bright"):
        page.locator(".st-key-image-map").get_by_role("button", name=name, exact=True).click()
    page.wait_for_url("**zoom=*_1")  # the second kind


def draw_a_lasso(page: sync_api.Page) -> None:
    """Put the images of the left half of the map into the lasso."""
    box = page.locator(".st-key-image-map .plane").bounding_box()
    left, top, right, bottom = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] / 2, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    page.mouse.move(2, 2)  # nothing is under the hand
    expect(page.get_by_test_id("stMain")).to_contain_text("inside the lasso")
    page.wait_for_url("**lasso=*")


def search_and_sort(page: sync_api.Page) -> None:
    """Look for late neurons in the table, those that chance comes nearest to first."""
    table = page.locator(".st-key-neuron-table")
    table.get_by_label("Search neurons").fill("late")
    for _ in range(2):  # largest first, then smallest first
        table.get_by_role("columnheader", name="Chance").get_by_role("button").click()
    page.wait_for_url("**by=chance-up*")


def brush(page: sync_api.Page) -> None:
    """Move an end of the brushed part."""
    end = page.get_by_role("slider", name="Lower end of the part looked at")
    for _ in range(3):
        end.press("ArrowLeft")
    page.wait_for_url("**range=*")


def warm(page: sync_api.Page) -> None:
    """Lay over the strongest images where the neuron is active; a machine at work takes its time for the first ones."""
    press("heat", "Show where it is active")(page)
    expect(page.locator("canvas.heat")).to_have_count(8, timeout=240_000)


def slide(page: sync_api.Page) -> None:
    """Let so few neurons sort the images."""
    page.locator(".st-key-live .dial input").press("ArrowLeft")
    page.wait_for_function("() => !location.search.includes('count=20&') && !location.search.endsWith('count=20')")


def pick_by_hand(page: sync_api.Page) -> None:
    """Put two images into a pile, the others into the other, and ask which neurons see the difference."""
    cells = page.locator(".st-key-gallery-wall .cell")
    for at in (0, 3):
        cells.nth(at).click(modifiers=["Control"])
    page.get_by_role("button", name="Add to With", exact=True).click()
    page.get_by_role("button", name="Against the rest").click()
    page.get_by_role("button", name="Which neurons see the difference?").click()
    page.wait_for_url("**/sensitivity**")
    expect(page.locator(".st-key-pile-With .cell")).to_have_count(2)


def second_row(page: sync_api.Page) -> None:
    """Look at another one of the saved selections."""
    table = page.locator(".st-key-selections-table canvas").first.bounding_box()
    page.mouse.click(table["x"] + 18, table["y"] + 88)  # the second row's box
    page.wait_for_function("() => !location.search.includes('selection=all')")


PLAYS: dict[str, list[Play]] = {
    "": [],
    "datasets?look=warm": [add("only", "bright"), pick("Show below each image", "shape"), open_image("look-wall"), step],
    "datasets?look=cold&as=table": [pick("Sorted by", "shape"), press("down", "Largest first")],
    "distances": [press("metric", "NFD"), press("order", "As added"), unfold("as a table")],
    "compare": [press("metric", "NFD"), press("apart", "all neurons")],
    "compare?a=warm&b=cold": [open_image("apart-1-2-")],
    "neurons": [press("height", "Cumulative"), pick("with", "warm"), search_and_sort, brush],
    "neurons?a=warm&b=cold": [warm],
    "lens": [press("lens-group", "What it would love to see"), unfold("Settings")],
    "map?layout=pca": [pick("Colour by", "bright"), come_closer, draw_a_lasso],
    "map?show=datasets": [press("metric", "NFD")],
    "sensitivity?piles=attribute&from=warm": [pick("Attribute", "shape"), slide],
    "sensitivity?piles=datasets": [pick("With", "green with bright"), open_image("live")],
    "sensitivity?do=forget&from=warm": [pick("Forget", "shape"), pick("Result", "first learned")],
    "sensitivity?do=leave&whole=warm": [pick("Nearer to", "cold"), unfold("groups")],
    "sensitivity?do=mix": [pick("Come near to", "green"), add("mix", "warm with bright")],
    "gallery?dataset=warm&like=cold&view=wall": [pick_by_hand],
    "gallery?dataset=cold": [
        add("only", "shape"), press("view", "Side by side"), pick("Below each image", "bright"),
        pick("Check the order by", "bright: yes"), open_image("gallery-nearest"), step,
    ],
    "selections": [second_row],
    "studies": [unfold("Settings"), nudge("Seed")],
    "report": [],
    "image?of=warm:3&like=cold": [press("why", "Places"), pick("and unlike", "green")],
}  # fmt: skip


def test_how_a_map_is_looked_at_is_written_and_read_again():
    look = Look("abcd", 2.5, -0.75, 1.25, pictured=True, only=2)
    assert Look.read(look.written()) == look
    assert Look("abcd", x=3.0).written() == "" and Look.read("") is None
    for bad in ("abcd", "abcd_x_1_1_0_0_0", "abcd_nan_1_1_0_0_0", "abcd_99999_1_1_0_0_0", "abcd_1_1_1_0_0_0_0"):
        assert Look.read(bad) is None


@pytest.fixture(scope="module")
def filled(dashboard: ui.Dashboard, tmp_path_factory: pytest.TempPathFactory) -> ui.Dashboard:
    """Three extracted datasets with a table each, three selections, and a report with a view."""
    for seed, (name, tint) in enumerate(
        {"warm": (190, 120, 60), "cold": (60, 110, 190), "green": (70, 160, 90)}.items()
    ):
        folder: Path = draw_pictures(tmp_path_factory.mktemp("reopened") / name, COUNT, tint, seed)
        rows = "".join(f"picture {at:03d}.jpg,{at % 2},{at // 2 % 2}\n" for at in range(COUNT))
        (folder / "attributes.csv").write_text(f"file,bright,shape\n{rows}")
        command(dashboard.home, "add", name, str(folder))
    mini = ("--extractor", "mini")
    command(dashboard.home, "extract", "warm", "cold", "green", *mini)
    for name, to in (("one", "cold"), ("another", "green")):
        command(dashboard.home, "sensitivity", "warm", to, "--top", "5", "--save", name, *mini)
    for name in ("first learned", "second learned"):
        command(dashboard.home, "forget", "warm", "bright", "--keep", "shape", "--save", name, *mini)
    view = {"page": "distances", "title": "Distances", "sentence": "Far?", "drawn": 1.0, "query": [["metric", "nfd"]]}
    reports.add(dc.Workspace.open(dashboard.home), view | {"parts": [], "facts": {}, "note": "Seen before."})
    return dashboard


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("path", PLAYS)
def test_a_view_reopened_in_another_browser_is_the_same(filled: ui.Dashboard, chromium: str, path: str):
    with played(filled, chromium, path) as page:
        same(page, page.url, filled)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("path", ["gallery?dataset=cold", "map?layout=pca", "gallery?dataset=warm&like=cold&view=wall"])
def test_a_view_is_the_same_after_a_restart(filled: ui.Dashboard, chromium: str, path: str):
    with played(filled, chromium, path) as page:
        again = ui.start(filled.home)  # a process that knows only what is on the disk
        try:
            same(page, page.url.replace(filled.url, again.url), again)
        finally:
            ui.stop(again)


@ui.contextmanager
def played(filled: ui.Dashboard, chromium: str, path: str) -> Iterator[Any]:
    """A page on which choices were made by hand."""
    with ui.quiet_page(filled, chromium, height=1600) as page:
        page.goto(f"{filled.url}/{path}{'&' if '?' in path else '?'}extractor=mini")
        arrive(page)
        plain = choices(page)
        for play in PLAYS[path]:
            play(page)
            settle(page)
        arrive(page)
        assert not PLAYS[path] or choices(page) != plain, "what was chosen stands in the address"
        yield page


def same(page: sync_api.Page, address: str, server: ui.Dashboard) -> None:
    """Open an address in a browser that was never here: it shows what the page shows."""
    context = page.context.browser.new_context(viewport=page.viewport_size, reduced_motion="reduce")
    other = server.enter(context).new_page()
    other.set_default_timeout(60_000)
    other.goto(address)
    arrive(other)
    for _ in range(240):  # pictures, tables and canvases come after the page itself says that it is done
        drawn, again = page.evaluate(DRAWN), other.evaluate(DRAWN)
        painted = drawn.pop("painted"), again.pop("painted")
        if again == drawn and apart(*painted) < TOLERANCE:
            break
        other.wait_for_timeout(250)
    for what, shown in drawn.items():
        assert again[what] == shown, what
    assert apart(*painted) < TOLERANCE, "what is drawn on canvases"
    assert choices(other) == choices(page)
    context.close()


def apart(some: list[list[int]], others: list[list[int]]) -> float:
    """How far two rows of canvases are apart, in 255ths of a colour on average of the canvas that differs most."""
    if len(some) != len(others):
        return 255.0
    pairs = zip(some, others, strict=True)
    return max((float(np.abs(np.subtract(one, other)).mean()) for one, other in pairs), default=0.0)


def arrive(page: sync_api.Page) -> None:
    """Wait for a page's headline and until it has come to rest."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    settle(page)
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
