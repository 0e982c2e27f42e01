"""The window of one image is part of the address: a link opens it, and Back leads to the page before and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ui import conftest as ui
from tests.ui import foreign
from tests.ui.driving import choices, command, settle

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def filled(dashboard: ui.Dashboard, tmp_path_factory: pytest.TempPathFactory) -> ui.Dashboard:
    """Two datasets without any table, one with a name that an address must quote."""
    folder = tmp_path_factory.mktemp("opened")
    for name, made in ((foreign.PETS, foreign.pets(folder / "pets")), ("drei", foreign.few(folder / "few"))):
        command(dashboard.home, "add", name, str(Path(made)))
    command(dashboard.home, "extract", foreign.PETS, "--extractor", "mini")
    return dashboard


def test_opening_and_closing_an_image_leaves_no_dead_steps_behind(filled: ui.Dashboard, browser_page):
    page, window = browser_page, browser_page.get_by_role("dialog")
    page.goto(f"{filled.url}/distances?extractor=mini")
    settle(page)
    page.get_by_role("link", name="Gallery").first.click()
    page.wait_for_url("**/gallery**")
    settle(page)
    plain, steps = choices(page), page.evaluate("history.length")
    for _ in range(2):
        page.locator(".cell").first.click()
        expect(window).to_be_visible()
        page.wait_for_url("**open=*")
        address = page.evaluate("location.search")
        page.locator(".st-key-closeup-after button").click()
        settle(page)
        page.wait_for_function("before => location.search !== before", arg=address)
        opened = choices(page)["open"]
        at = window.get_by_text(re.compile("^[0-9]+ of 24$")).inner_text()
        page.keyboard.press("Escape")
        expect(window).to_have_count(0)
        settle(page)
        assert choices(page) == plain, "closed, it is gone from the address"
    assert page.evaluate("history.length") == steps
    page.locator(".cell").first.click()
    page.wait_for_url("**open=*")
    page.locator(".st-key-closeup-after button").click()
    expect(window.get_by_text(at, exact=True)).to_be_visible()
    settle(page)
    assert choices(page)["open"] == opened
    page.get_by_role("button", name="Why? Look inside").click()
    page.wait_for_url("**/image**")
    expect(page.locator(".st-key-why .neuron").first).to_be_visible()
    settle(page)
    expect(window).to_have_count(0)
    page.go_back()  # one press: the page before, with the window as it was
    page.wait_for_url("**/gallery**")
    expect(window.get_by_text(at, exact=True)).to_be_visible()
    assert choices(page) == plain | {"open": opened}
    page.go_back()
    page.wait_for_url("**/distances**")
    settle(page)
    expect(window).to_have_count(0)


def test_a_link_opens_an_image_that_the_page_does_not_show_and_one_without_a_dna(filled: ui.Dashboard, browser_page):
    page, window = browser_page, browser_page.get_by_role("dialog")
    page.goto(f"{filled.url}/datasets?extractor=mini&look={'drei'}&open=drei:2")
    expect(window.get_by_text("2.png")).to_be_visible()
    expect(window.get_by_role("button", name="Why? Look inside")).to_have_count(0)
    page.goto(f"{filled.url}/selections?extractor=mini&open=drei:1")
    expect(window.get_by_text("1.png")).to_be_visible()
    page.goto(f"{filled.url}/gallery?extractor=mini&open=nobody:1")
    expect(page.get_by_text("The image that the link opens is not here any more.")).to_be_visible()
    settle(page)
    assert "open" not in choices(page)
    expect(window).to_have_count(0)
