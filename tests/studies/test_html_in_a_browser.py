"""A study's HTML file in a browser that has no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnacore.studies.frame import export
from tests.studies.test_study import HOSTILE, hostile

playwright = pytest.importorskip("playwright.sync_api")


@pytest.mark.browser
def test_figures_are_drawn_and_nothing_is_asked_of_a_network(chromium: str, tmp_path: Path) -> None:
    file = tmp_path / "study.html"
    file.write_text(export.as_html(hostile()), "utf-8")
    asked, said = [], []
    with (
        playwright.sync_playwright() as start,
        start.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
        page.goto(file.as_uri())
        page.wait_for_function("document.querySelectorAll('.figure .main-svg').length >= 4")
        assert page.inner_text("h1") == HOSTILE
        assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] and not said
        assert page.evaluate("document.querySelectorAll('b, .figure script').length") == 0
