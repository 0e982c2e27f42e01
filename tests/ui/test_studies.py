"""The Studies page: every study is offered from its description, runs beside the page, and its answer can be kept."""

from __future__ import annotations

import csv

import pytest

from dnacore import studies
from tests.ui.conftest import draw_pictures
from tests.ui.driving import choices, command, settle

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def extracted(dashboard, tmp_path_factory):
    """The module's dashboard with two small datasets; one has a table."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, tint in (("warm", (190, 120, 60)), ("cold", (60, 110, 190))):
        draw_pictures(folder / name, 24, tint, len(name))
        command(dashboard.home, "add", name, str(folder / name))
    rows = "\n".join(f"{path.name},{at % 2}" for at, path in enumerate(sorted((folder / "warm").iterdir())))
    (folder / "warm.csv").write_text(f"file,odd\n{rows}\n")
    command(dashboard.home, "add", "warm", str(folder / "warm"), "--attributes", str(folder / "warm.csv"))
    command(dashboard.home, "extract", "warm", "cold", "--extractor", "mini")
    return dashboard


def test_a_question_is_answered_beside_the_page_and_can_be_taken_along(extracted, browser_page, tmp_path):
    page = browser_page
    page.goto(f"{extracted.url}/studies?study=photo-drawing")
    expect(page.get_by_role("button", name="Run this study")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Run this study").click()
    expect(page.locator(".st-key-study-csv")).to_be_visible(timeout=120_000)
    settle(page)
    assert "nearest to" in page.locator(".vds-found").first.inner_text().lower()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()

    with page.expect_download() as coming:
        page.get_by_role("button", name="Table (CSV)").click()
    coming.value.save_as(tmp_path / "table.csv")
    rows = list(csv.reader((tmp_path / "table.csv").read_text("utf-8").splitlines()))
    assert len(rows) > 1

    # The answer is kept: the address opens it again, and another choice asks another question.
    page.goto(page.url)
    expect(page.locator(".st-key-study-csv")).to_be_visible()
    assert choices(page)["study"] == ["photo-drawing"]


def test_every_study_is_offered_with_its_question(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/studies?study=footprint")
    expect(page.get_by_role("button", name="Run this study")).to_be_visible()
    settle(page)
    shown = page.get_by_test_id("stMain").inner_text()
    assert [one.question for one in studies.every() if one.question not in shown] == []


@pytest.mark.parametrize("name", [one.name for one in studies.every()])
def test_every_study_can_be_asked_on_its_page(extracted, browser_page, name):
    page = browser_page
    page.goto(f"{extracted.url}/studies?study={name}")
    settle(page)
    expect(page.get_by_text("Settings", exact=True)).to_be_visible()
    expect(page.locator("[data-testid=stMain]")).not_to_contain_text("could not be drawn")
    page.get_by_text("Settings", exact=True).click()
    expect(page.get_by_text("Seed", exact=True)).to_be_visible()


def test_a_study_of_attributes_opens_on_a_dataset_that_has_some(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/studies?study=ignore")
    expect(page.get_by_role("button", name="Run this study")).to_be_visible()
    settle(page)
    assert choices(page)["ignore-dataset"] == ["warm"]
    page.goto(f"{extracted.url}/studies?study=changes")
    expect(page.get_by_role("button", name="Run this study")).to_be_visible()
    settle(page)
    asked = choices(page)
    both = asked["changes-dataset"] + asked["changes-other"]
    assert sorted(both) == ["cold", "warm"], "so that their distance is said as a change"


def test_a_table_of_scores_of_ones_own_is_judged_on_the_page(extracted, browser_page, tmp_path):
    table = tmp_path / "scores.csv"
    table.write_text("target,source,score,distance\nsnow,rain,60,2\nsnow,fog,40,1\nsnow,night,50,3\n")
    page = browser_page
    page.goto(f"{extracted.url}/studies?study=transfer")
    settle(page)
    page.get_by_text("Settings").first.click()
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(table)
    expect(page.get_by_text("scores.csv")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Run this study").click()
    expect(page.locator(".vds-found").first).to_contain_text("Ranking by distance is off by", timeout=120_000)
    expect(page.get_by_text("is about two of the datasets that were chosen")).to_be_visible()
    assert len(list((extracted.home / "studies").glob("given-*.csv"))) == 1


def test_a_study_is_cancelled_from_the_page_and_can_be_run_again(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/studies?study=changes")
    page.get_by_role("button", name="Run this study").click()
    page.locator(".st-key-study-job").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Run this study")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("cancelled.").first).to_be_visible()


def test_the_places_of_a_picture_lie_on_it(extracted, browser_page):
    page = browser_page
    page.goto(f"{extracted.url}/studies?study=realism")
    page.get_by_role("button", name="Run this study").click()
    expect(page.locator(".st-key-study-csv")).to_be_visible(timeout=120_000)
    picture = page.locator("[data-testid=stMain] figure").first
    expect(picture.locator("span").first).to_be_visible()
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stMain] figure img')].every((one) => one.naturalWidth > 0)"
    )
    image, *spots = (one.bounding_box() for one in (picture.locator("img"), *picture.locator("span").all()))
    for spot in spots:
        assert image["x"] - 1 <= spot["x"] and spot["x"] + spot["width"] <= image["x"] + image["width"] + 1
        assert image["y"] - 1 <= spot["y"] and spot["y"] + spot["height"] <= image["y"] + image["height"] + 1
