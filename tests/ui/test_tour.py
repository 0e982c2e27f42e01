"""The tour: from the first page to the neurons that see hats and the images that have one, in under ten clicks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import dnacore as dc
from dnacore.demo import draw
from tests.ui import conftest as ui
from tests.ui.driving import command
from ui.start import tour

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 240_000
DRAWN = {"faces": 160, "streets_base": 40}  # fewer than the demo has, and enough for the tour's question
LOOKED_AT = 10  # the nearest ones, at this width


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ui.Dashboard]:
    """Faces and streets, in a dashboard that sees no folder of another test's: the start page proposes what it finds."""
    home = tmp_path_factory.mktemp("tour") / "home"
    home.mkdir()
    workspace = dc.Workspace.open(home / "workspace")
    for name, count in DRAWN.items():
        folder = workspace.root / "demo" / name
        workspace.add_dataset(name, folder, attributes=draw(name, folder, count))
    # By the quickest network that knows hats on drawings.
    command(workspace.root, "extract", *DRAWN, "--extractor", "mini")
    started = ui.start(home / "workspace")
    yield started
    ui.stop(started)
    ui.cancel_jobs(started.home)


class Hand:
    """Clicks, and counts them."""

    def __init__(self) -> None:
        self.clicks = 0

    def click(self, target) -> None:
        target.click()
        self.clicks += 1


def test_which_neurons_see_hats_and_which_images_have_one(dashboard: ui.Dashboard, browser_page):
    page, hand = browser_page, Hand()
    page.goto(dashboard.url)
    panel = page.locator(".st-key-tour")

    hand.click(page.get_by_role("button", name="Take the tour"))
    for number, step in enumerate(tour.STEPS, 1):
        expect(panel).to_contain_text(f"Step {number} of {len(tour.STEPS)}")
        expect(panel).to_contain_text(step.title)
        expect(page.locator(f"{step.points}.vds-pointed")).to_have_count(1)
        if step.page == "sensitivity":
            # Which neurons see hats: the bars, with their names, and chance beside them.
            expect(page.locator(".st-key-sensitive .barlayer .point").first).to_be_attached()
            expect(page.get_by_role("combobox", name="Attribute")).to_have_value("hat")
        if number < len(tour.STEPS):
            hand.click(panel.get_by_role("button", name="Next"))

    # Which images have one: the first of the ranking, by the table that the ranking never saw.
    expect(page.get_by_role("heading", level=1, name="Gallery")).to_be_visible()
    cells = page.locator(".st-key-gallery-bands .cell img.in")
    expect(cells.nth(LOOKED_AT - 1)).to_be_visible()
    shown = [cell.get_attribute("alt") for cell in cells.all()[:LOOKED_AT]]
    workspace = dc.Workspace.open(dashboard.home)
    faces = workspace.dataset("faces")
    table = workspace.attributes(faces)["hat"]
    hats = {Path(file).name: value for file, value in table.items()}
    assert sum(hats[name] == "1" for name in shown) >= 0.8 * LOOKED_AT
    assert sum(value == "1" for value in table) < 0.6 * len(table), "or there would be nothing to find"
    assert hand.clicks < 10

    # The panel goes on after a reload, and closes; the page stays.
    page.reload()
    expect(panel).to_contain_text(f"Step {len(tour.STEPS)} of")
    panel.get_by_role("button", name="Finish").click()
    expect(panel).to_have_count(0)
    expect(page.get_by_role("heading", level=1, name="Gallery")).to_be_visible()
    assert "tour" not in page.url


def test_the_tour_is_taken_with_the_keyboard_alone(dashboard: ui.Dashboard, browser_page):
    page = browser_page
    page.goto(dashboard.url)
    page.get_by_role("button", name="Take the tour").focus()
    page.keyboard.press("Enter")
    panel = page.locator(".st-key-tour")
    expect(panel).to_contain_text("Step 1 of")
    panel.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("Step 2 of")
    # Nothing is blocked: the page beneath is used as ever, and the panel comes along.
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Start").click()
    expect(page.get_by_role("heading", level=1, name="Visual DNA Studio")).to_be_visible()
    expect(panel).to_contain_text("Step 2 of")
    panel.get_by_role("button", name="Back").focus()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("Step 1 of")
    panel.get_by_role("button", name="Close the tour").focus()
    page.keyboard.press("Space")
    expect(panel).to_have_count(0)


def test_ones_own_folder_is_compared_after_two_clicks(dashboard: ui.Dashboard, browser_page, draw_images):
    page, hand = browser_page, Hand()
    draw_images(dashboard.home.parent / "Holiday pictures", 12, (190, 120, 60), 1)
    page.goto(dashboard.url)
    hand.click(page.get_by_role("button", name="Use my folder"))
    hand.click(page.get_by_role("button", name="Holiday pictures (12 images)"))
    expect(page.get_by_text("Holiday pictures is most like")).to_be_visible(timeout=PATIENCE)
    # While the figure is drawn anew, the page holds the one before it too.
    expect(page.locator(".st-key-start-heatmap").filter(has_text="Holiday pictures")).to_be_visible(timeout=PATIENCE)
    assert hand.clicks == 2
