"""Exploring in a browser: neurons, the brush, the map, links into another browser, a restarted server, the report."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.ui.conftest import draw_pictures, start
from tests.ui.driving import choices, command, settle
from tools.dashboard import stop

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNT = 40


@pytest.fixture(scope="module")
def extracted(dashboard, tmp_path_factory):
    """The module's dashboard with two datasets, one of them with an attribute, and their DNAs."""
    home = tmp_path_factory.mktemp("pictures")
    warm, cold = (
        draw_pictures(home / "warm", COUNT, (190, 120, 60), 1),
        draw_pictures(home / "cold", COUNT, (60, 110, 190), 2),
    )
    lines = ["file,odd", *(f"picture {number:03d}.jpg,{number % 2}" for number in range(COUNT))]
    (warm / "attributes.csv").write_text("\n".join(lines))
    for words in (["add", "warm", str(warm)], ["add", "cold", str(cold)], ["extract", "warm", "cold"]):
        command(dashboard.home, *words)
    return dashboard


def test_parts_of_a_dataset_are_compared_and_chance_is_said(extracted, browser_page):
    page = browser_page
    parts = "&".join(f"datasets={quote(name)}" for name in ("warm", "cold", "warm[odd=1]", "warm[odd=0]"))
    page.goto(f"{extracted.url}/distances?{parts}")
    expect(page.locator(".st-key-heatmap")).to_contain_text("≈")
    expect(page.get_by_test_id("stMain")).to_contain_text("no more than chance would give")
    settle(page)
    page.get_by_text("pairs as a table").click()
    expect(page.locator(".st-key-pairs-table canvas").first).to_be_visible()
    for measure in ("FD", "KID"):
        page.locator(".st-key-metric").get_by_text(measure, exact=True).click()
        settle(page)
        expect(page.get_by_test_id("stMain")).to_contain_text("Without a noise floor")


def test_a_neuron_is_searched_opened_by_keys_and_its_histogram_brushed(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/neurons?a=warm&b=cold")
    table, lens = page.locator(".st-key-neuron-table"), page.locator(".st-key-lens")
    expect(table.locator(".row").first).to_be_visible()
    expect(lens.locator(".cell img").first).to_be_visible()
    settle(page)
    page.keyboard.press("/")
    page.keyboard.type("block 2.1 7")
    expect(table.locator(".count")).to_contain_text("1 of")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stMain")).to_contain_text("Neuron 7 in block 2.1")
    settle(page)
    assert choices(page)["neuron"] == ["block_2_1:7"]

    # A wide brush shows every image, a narrow one fewer; both without a run of the page.
    area = lens.locator(".area").bounding_box()
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + 1, middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] - 1, middle, steps=6)
    expect(lens.locator(".strips")).to_contain_text(f"in all of {COUNT} images")
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"range=\d+-\d+"))
    settle(page)
    first, last = (int(part) for part in choices(page)["range"][0].split("-"))
    handle = lens.get_by_role("slider", name=re.compile("^Upper end"))
    handle.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    expect(page).not_to_have_url(re.compile(f"range={first}-{last}(&|$)"))
    settle(page)
    low, high = (int(part) for part in choices(page)["range"][0].split("-"))
    assert low == first and high < last

    lens.locator(".cell").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("picture")


def test_a_lasso_on_the_map_lists_the_images_in_it(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/map?layout=pca")
    plane = page.locator(".st-key-image-map .plane")
    expect(page.locator(".st-key-image-map .count")).to_have_text(f"{2 * COUNT} images")
    settle(page)
    plane.focus()
    page.keyboard.press("ArrowRight")
    expect(plane.locator(".card img")).to_be_visible()
    box = plane.bounding_box()
    corners = [(3, 3), (box["width"] - 3, 3), (box["width"] - 3, box["height"] - 3), (3, box["height"] - 3)]
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    expect(page.locator(".st-key-image-map .count")).to_have_text(f"{2 * COUNT} of {2 * COUNT} images selected")
    expect(page.get_by_test_id("stMain")).to_contain_text(f"{2 * COUNT} images inside the lasso")
    expect(page.locator(".st-key-map-picked .cell img").first).to_be_visible()


def test_a_link_opens_the_same_view_in_another_browser_also_after_a_restart(extracted, browser_page):
    page = browser_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{extracted.url}/compare?a=cold&b=warm&metric=nfd&layer=block_2_1")
    expect(page.locator(".st-key-most_different")).to_contain_text("block 2.1")
    settle(page)
    page.get_by_role("button", name="Share link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    shared = parse_qs(urlsplit(link).query)
    assert shared["a"] == ["cold"] and shared["metric"] == ["nfd"] and shared["layer"] == ["block_2_1"]
    assert shared["extractor"] and shared["neuron"]

    page.goto("about:blank")  # its complaints about a server that is gone are not this test's
    stop(extracted)
    extracted.process = start(extracted.home, urlsplit(extracted.url).port).process
    other = extracted.enter(page.context.browser.new_context(viewport={"width": 1440, "height": 1800})).new_page()
    other.goto(link)
    expect(other.locator(".st-key-most_different")).to_contain_text("block 2.1")
    settle(other)
    assert choices(other)["neuron"] == shared["neuron"] and choices(other)["metric"] == ["nfd"]


def test_views_are_collected_into_one_file_that_opens_by_itself(extracted, browser_page, tmp_path):
    page = browser_page
    page.goto(f"{extracted.url}/distances")
    expect(page.locator(".st-key-heatmap .plot-container").first).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Report", exact=True).click()
    page.get_by_role("button", name="Add this view to the report").click()
    expect(page.get_by_text("The report has 1 view now")).to_be_visible()
    settle(page)
    page.goto(f"{extracted.url}/report")
    expect(page.get_by_text("1 view collected")).to_be_visible()
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download report").click()
    file = tmp_path / "report.html"
    waiting.value.save_as(file)

    opened = page.context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: asked.append(f"error: {error}"))
    opened.goto(file.as_uri())
    expect(opened.locator(".plot svg").first).to_be_visible()
    expect(opened.locator("dl")).to_contain_text("cold (40 images), warm (40 images)")
    opened.get_by_text("All pairs").click()
    with opened.expect_download() as saved:
        opened.get_by_role("button", name="Save as CSV").click()
    saved.value.save_as(tmp_path / "table.csv")
    assert "warm" in (tmp_path / "table.csv").read_text(encoding="utf-8-sig")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    opened.close()
