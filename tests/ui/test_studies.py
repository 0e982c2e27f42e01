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
    """The module's dashboard with two small datasets without any table."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, tint in (("warm", (190, 120, 60)), ("cold", (60, 110, 190))):
        draw_pictures(folder / name, 24, tint, len(name))
        command(dashboard.home, "add", name, str(folder / name))
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
