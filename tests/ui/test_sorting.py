"""Sorting and picking in a browser: the slider, the piles with undo, the page of one image, and kept selections."""

from __future__ import annotations

import pytest

from tests.ui.conftest import draw_pictures
from tests.ui.driving import choices, command, settle

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNT = 48


@pytest.fixture(scope="module")
def extracted(dashboard, tmp_path_factory):
    """The module's dashboard with one dataset: half of its pictures warm, which an attribute says."""
    folder = tmp_path_factory.mktemp("pictures") / "mixed"
    draw_pictures(folder / "warm", COUNT // 2, (190, 120, 60), 1)
    draw_pictures(folder / "cold", COUNT // 2, (60, 110, 190), 2)
    lines = ["file,warm"]
    lines += [
        f"{tint}/picture {at:03d}.jpg,{int(tint == 'warm')}" for tint in ("warm", "cold") for at in range(COUNT // 2)
    ]
    (folder / "attributes.csv").write_text("\n".join(lines))
    for words in (["add", "mixed", str(folder)], ["extract", "mixed"]):
        command(dashboard.home, *words)
    return dashboard


def names(page, wall: str) -> list[str]:
    """The pictures of a wall in the order in which they lie."""
    return page.locator(f".st-key-{wall} .cell").evaluate_all(
        "cells => cells.map(cell => [cell.style.transform.match(/-?[\\d.]+/g).map(Number).reverse(), cell.title])"
        ".sort((a, b) => a[0][0] - b[0][0] || a[0][1] - b[0][1]).map(pair => pair[1])"
    )


def test_images_are_sorted_while_the_slider_is_dragged_and_picked_into_piles(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/sensitivity")
    slider = page.locator(".st-key-live .dial input")
    expect(page.locator(".st-key-live .cell img.in").first).to_be_visible()
    settle(page)

    # Before the hand lets go, the images have been sorted anew; the address follows once it has.
    before, box = names(page, "live"), slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2, steps=6)
    expect(page.locator(".st-key-live .number")).to_have_text("1")
    assert names(page, "live") != before and choices(page).get("count") == ["20"]
    page.mouse.up()
    page.wait_for_url("**count=1*")
    settle(page)
    expect(page.locator(".st-key-live .note")).to_contain_text("comes first")

    # Two images go into With by keys, two into Without by their circles; the last change is undone and made again.
    view = page.locator(".st-key-live .view")
    view.focus()
    for key in ("Home", "Space", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".st-key-live .count")).to_have_text(f"2 of {COUNT} images selected")
    page.keyboard.press("w")
    expect(page.locator(".st-key-strip")).to_contain_text("2 with, 0 without")
    settle(page)
    for again in (False, True):
        view.focus()
        for key in ("End", "Space", "ArrowLeft", "Space"):
            page.keyboard.press(key)
        page.get_by_role("button", name="Add to Without").click()
        expect(page.locator(".st-key-strip")).to_contain_text("2 with, 2 without")
        settle(page)
        if not again:  # Back leaves the page: a change is taken back by Undo, and made again by hand
            page.get_by_role("button", name="Undo", exact=True).click()
            expect(page.locator(".st-key-strip")).to_contain_text("2 with, 0 without")
            settle(page)

    # The piles tell what so few images can tell, and a link opens them in another browser.
    page.get_by_role("button", name="Which neurons see the difference?").click()
    expect(page.get_by_test_id("stMain")).to_contain_text("too few to tell most neurons from chance")
    expect(page.locator(".st-key-pile-With .cell")).to_have_count(2)
    settle(page)
    other = extracted.enter(page.context.browser.new_context()).new_page()
    other.goto(page.url)
    expect(other.locator(".st-key-pile-Without .cell")).to_have_count(2, timeout=60_000)


def test_an_image_says_why_and_the_arrow_keys_go_through_the_ranking(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/gallery?dataset=mixed&like=mixed%5Bwarm%3D1%5D&label=warm&truth=warm%3D1")
    expect(page.get_by_test_id("stMain")).to_contain_text("AUC")
    expect(page.locator(".st-key-gallery-bands .cell .label").first).to_have_text("warm")
    page.locator(".st-key-gallery-bands .cell").nth(1).click()
    page.get_by_role("button", name="Why? Look inside").click()
    why = page.locator(".st-key-why")
    expect(why.locator(".neuron")).to_have_count(8)
    settle(page)
    assert choices(page)["like"] == ["mixed[warm=1]"], "the ranking it came from"
    expect(why.locator(".steps span")).to_have_text(f"2 of {COUNT}")
    first = choices(page)["of"]
    page.keyboard.press("ArrowRight")
    expect(why.locator(".steps span")).to_have_text(f"3 of {COUNT}")
    settle(page)
    assert choices(page)["of"] != first
    page.keyboard.press("ArrowLeft")
    expect(why.locator(".steps span")).to_have_text(f"2 of {COUNT}")
    settle(page)
    why.locator(".neuron").first.focus()
    page.keyboard.press("ArrowDown")
    expect(why.locator(".neuron.lit .name")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1, name="Gallery")).to_be_visible()
    settle(page)
    assert choices(page)["like"] == ["mixed[warm=1]"]


def test_a_selection_is_kept_renamed_deleted_and_brought_back(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/sensitivity?piles=attribute&count=5")
    expect(page.locator(".st-key-live .number")).to_have_text("5")
    settle(page)
    page.get_by_role("button", name="Keep these neurons").click()
    page.get_by_role("button", name="Save selection").click()
    settle(page)
    page.goto(f"{extracted.url}/selections")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("warm top 5: 5 neurons")
    settle(page)
    name = page.get_by_role("textbox", name="Name", exact=True)
    name.fill("warm ones")
    name.press("Enter")
    settle(page)
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(main).to_contain_text("warm ones: 5 neurons")
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "warm ones.json"
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(main).to_contain_text("No selection is kept for this extractor yet")
    settle(page)
    page.get_by_role("button", name="Undo: bring back warm ones").click()
    expect(main).to_contain_text("warm ones: 5 neurons")
