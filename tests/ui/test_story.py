"""The whole story in a browser: from a folder of images to the images that make the difference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ui.driving import choices, open_adding, settle

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=60_000)  # pages draw in a second; a machine busy with other tests takes longer
PATIENCE = 240_000
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def click_bar(page, chart: str, number: int) -> None:
    """Click a bar of a figure as a hand would: plotly hears the mouse, not the element."""
    bar = page.locator(f".st-key-{chart} .barlayer .point").nth(number)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 2, y)
    page.wait_for_timeout(150)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    settle(page)


def add_folder(page, folder: Path, name: str) -> None:
    open_adding(page)
    page.get_by_role("textbox", name="Folder").fill(str(folder))
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[class*=st-key-dataset-]").filter(has_text=name)).to_be_visible()
    settle(page)


def open_page(page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    settle(page)


def test_from_a_folder_to_an_answer(dashboard, browser_page, draw_images, tmp_path):
    page = browser_page
    warm = draw_images(tmp_path / "warm", 150, (190, 120, 60), 1)
    cold = draw_images(tmp_path / "cold", 150, (60, 110, 190), 2)
    (cold / "broken.jpg").write_bytes(b"")

    # Two folders are added; their thumbnails are there before anything is extracted.
    page.goto(f"{dashboard.url}/datasets")
    expect(page.get_by_text("There are no datasets yet")).to_be_visible()
    add_folder(page, warm, "warm")
    expect(page.locator(".st-key-look-wall .cell img.in").first).to_be_visible()
    add_folder(page, cold, "cold")
    expect(page.get_by_text("1 of 151 files could not be read. See which")).to_be_visible()

    # A page without a DNA says what to do next.
    open_page(page, "Distances")
    expect(page.get_by_text("This page needs two datasets")).to_be_visible()
    page.get_by_role("link", name="Extract").click()
    settle(page)

    # Extraction runs in the background with its progress in sight, is cancelled, and resumed.
    page.get_by_role("button", name="Extract all 2").click()
    expect(page.get_by_test_id("stMain").get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_text(re.compile(r"\d+ of 300 images")).first).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_test_id("stSidebar").get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("stSidebar").get_by_text("cancelled")).to_be_visible(timeout=PATIENCE)
    page.get_by_test_id("stSidebar").get_by_role("button", name="Resume").click()
    expect(page.get_by_test_id("stSidebar").get_by_text("1 running")).to_be_visible()
    open_page(page, "Gallery")
    # On every page: how far it is, or, on a quick machine, that it is over.
    tray = page.get_by_test_id("stSidebar")
    expect(tray.get_by_role("progressbar").or_(tray.get_by_text("none running")).first).to_be_visible()
    open_page(page, "Datasets")
    expect(page.get_by_text("2 datasets, 2 extracted")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stSidebar").get_by_text("none running")).to_be_visible()

    # The heatmap is there at once; a cell opens the pair, a layer and a neuron narrow it down.
    open_page(page, "Distances")
    expect(page.locator(".st-key-heatmap .barlayer .point")).to_have_count(2)
    click_bar(page, "heatmap", 1)
    expect(page.get_by_role("heading", level=1, name="Compare")).to_be_visible()
    settle(page)
    assert {*choices(page)["a"], *choices(page)["b"]} == {"cold", "warm"}
    click_bar(page, "by_layer", 2)
    expect(page.locator(".st-key-most_different")).to_contain_text("block 1.1")
    click_bar(page, "most_different", 3)
    neuron = choices(page)["neuron"][0]
    assert neuron.startswith("block_1_1:")
    expect(page.locator(".st-key-telling")).to_contain_text("share of activations")
    expect(page.locator("[class*=st-key-apart-]")).to_have_count(2)
    expect(page.locator("[class*=st-key-apart-] .cell img.in").first).to_be_visible()

    # The neuron's histograms; where the two part stand the images.
    page.get_by_role("link", name="Look at this neuron").click()
    expect(page.locator(".st-key-lens")).to_contain_text("warm")
    expect(page.locator(".st-key-lens .cell img").first).to_be_visible()
    settle(page)
    assert choices(page)["neuron"] == [neuron]

    # The gallery ranks by that neuron; an image opens with its rank, and Escape leads back.
    page.get_by_role("link", name="Rank images by this neuron").click()
    expect(page.locator(".st-key-gallery-bands .cell").first).to_be_visible()
    settle(page)
    assert choices(page)["typed"] == [neuron]
    page.locator(".st-key-gallery-bands .cell").nth(2).click()
    expect(page.get_by_role("dialog")).to_contain_text("3 of 150")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    # A reload reopens the same view.
    before = choices(page)
    page.reload()
    expect(page.locator(".st-key-gallery-bands .cell").first).to_be_visible()
    settle(page)
    assert choices(page) == before


def test_the_wall_is_driven_by_the_keyboard(dashboard, browser_page):
    page = browser_page
    page.goto(f"{dashboard.url}/gallery?view=wall&dataset=warm&like=cold")
    wall = page.locator(".st-key-gallery-wall .view")
    expect(wall.locator(".cell").first).to_be_visible()
    wall.focus()
    for key in ("ArrowRight", "ArrowRight", "Space", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".st-key-gallery-wall .count")).to_have_text("2 of 150 images selected")
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-gallery-wall .count")).to_have_text("150 images")
    page.keyboard.press("End")
    expect(wall.locator(".cell.active .left")).to_have_text("150")
    scrolled = wall.evaluate("view => view.scrollTop")
    assert scrolled > 0
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("150 of 150")
    page.keyboard.press("Escape")
    settle(page)
    assert wall.evaluate("view => view.scrollTop") == scrolled, "nothing moves under the hand"


def test_names_are_shown_as_they_stand_and_never_as_markup(dashboard, browser_page, draw_images, tmp_path):
    page = browser_page
    folder = draw_images(tmp_path / "strange", 3, (90, 160, 90), 3)
    strange = "<img src=x onerror=alert(1)> *a* $b$.jpg"
    (folder / "picture 000.jpg").rename(folder / strange)
    page.on("dialog", lambda opened: pytest.fail(f"a name was run as code: {opened.message}"))
    page.goto(f"{dashboard.url}/datasets")
    name = "<b>it's *x* $y$"
    add_folder(page, folder, name)
    expect(page.locator("[class*=st-key-dataset-]").filter(has_text=name)).to_be_visible()
    cell = page.locator(".st-key-look-wall .cell").first
    expect(cell.locator("img")).to_have_attribute("alt", strange)
    cell.click()
    expect(page.get_by_role("dialog")).to_contain_text(strange)
    expect(page.get_by_role("dialog")).to_contain_text(name)


def test_a_wrong_folder_gets_a_sentence_and_no_traceback(dashboard, browser_page, tmp_path):
    page = browser_page
    page.goto(f"{dashboard.url}/datasets")
    open_adding(page)
    page.get_by_role("textbox", name="Folder").fill(str(tmp_path / "nowhere"))
    button = page.get_by_role("button", name="Add", exact=True)
    button.click()
    alert = page.get_by_role("alert").first
    expect(alert).to_be_visible()
    assert abs(alert.bounding_box()["y"] - button.bounding_box()["y"]) < 120  # where the eye is
    assert "Traceback" not in page.get_by_test_id("stMain").inner_text()
