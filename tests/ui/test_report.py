"""Reports: self-contained, escaped, and telling a reader what they were made from."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from dnacore.workspace.saved import reports
from ui.app import capture
from ui.app.capture import View
from ui.figures import heatmap as heatmaps
from ui.report import html

FACTS = {
    "extractor": "some network",
    "network": "abc123",
    "neurons": 1920,
    "calibration": "def456",
    "calibration_origin": "",
    "datasets": [{"name": "<i>cats</i>", "images": 1204, "unreadable": 3}],
}


class NoImages:
    """A workspace whose images are gone."""

    def image_path(self, dataset, index):
        raise OSError


@pytest.fixture
def frozen():
    view = View("distances", "Distances", "How far?", 1_700_000_000.0)
    figure = heatmaps.heatmap(["<b>x</b>", "y"], np.array([[0.0, 2.0], [2.0, 0.0]]), unit="bins")
    view.parts = [
        ("found", "<script>alert(1)</script> differ"),
        ("figure", (figure, 'a "heatmap"')),
        ("table", (pd.DataFrame({"One": ["</td><b>", "=cmd"], "Distance": [1.5, np.nan]}), "Pairs")),
        ("caption", "what to look for"),
        ("images", ("Images", [], 0)),
    ]
    return html.freeze(view, NoImages(), [["a", "<i>cats</i>"]], FACTS)


def test_what_is_known_late_stands_where_it_is_drawn():
    capture.begin("Sensitivity", "Which neurons?")
    capture.text("caption", "above")
    here = capture.place()
    capture.text("caption", "below")
    capture.text("found", "known late")
    capture.lift(here)
    assert [said for _, said in capture.current().parts] == ["above", "known late", "below"]


def test_a_view_can_be_kept_as_plain_data(frozen):
    assert json.loads(json.dumps(frozen)) == frozen


def test_names_are_never_markup(frozen):
    document = html.html([frozen], title="<h1>mine")
    body = document[: document.index('<script type="application/json"')]
    assert "<script>alert" not in body and "&lt;script&gt;alert" in body
    assert "</td><b>" not in body and "<i>cats" not in body and "<h1>mine" not in body
    figures_text = re.search(r'id="figures">(.*?)</script>', document, re.S)[1]
    assert "<" not in figures_text
    assert json.loads(figures_text)["figures"][0]["figure"]["data"]


def test_the_file_asks_nothing_of_any_server(frozen):
    document = html.html([frozen])
    without_plotly = re.sub(r"<script>.*?</script>", "", document, flags=re.S)
    assert "default-src 'none'" in without_plotly
    assert not re.findall(r"""(?:src|href)=["'](?!data:)[^"']+""", without_plotly)
    assert not re.findall(r"url\((?!data:)", without_plotly)


def test_a_reader_learns_what_it_was_made_from(frozen):
    document = html.html([frozen])
    for said in ("some network, 1,920 neurons", "abc123", "def456", "1,204 images, 3 unreadable", "2023-11-14"):
        assert said in document


def test_the_report_survives_and_a_damaged_one_is_empty(tmp_path, frozen):
    class Home:
        root = tmp_path

    reports.add(Home, frozen)
    reports.add(Home, {**frozen, "title": "Second"})
    reports.describe(Home, "Title", "Intro")
    kept = reports.load(Home)
    assert (kept.title, [view["title"] for view in kept.views]) == ("Title", ["Distances", "Second"])
    reports.arrange(Home, kept.views[::-1])
    assert [view["title"] for view in reports.load(Home).views] == ["Second", "Distances"]
    (tmp_path / "report.json").write_text("{")
    assert reports.load(Home).views == ()
