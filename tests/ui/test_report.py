"""Reports: self-contained, escaped, and telling a reader what they were made from."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dnacore.workspace.saved import reports
from ui.app import capture
from ui.app.capture import View
from ui.figures import heatmap as heatmaps
from ui.report import html, page

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


def test_a_view_is_known_by_its_question_and_shows_every_side(frozen):
    side = [[{"name": f"{row}{at}", "jpeg": "", "said": ""} for at in range(24)] for row in "ab"]
    assert [one["name"] for one in page._few(side)] == [f"{row}{at}" for row in "ab" for at in range(4)]
    assert page._few([]) == []
    assert "<h2>How far?</h2>" in html.html([frozen]) and html.asked({"title": "Map"}) == "Map"


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


def test_a_dataset_may_be_called_like_a_part_of_the_file(frozen):
    odd = frozen | {"title": "@SCRIPT@ @FIGURES@ @BODY@"}
    document = html.html([odd], title="@STYLE@")
    assert "<h1>@STYLE@</h1>" in document and "@SCRIPT@ @FIGURES@ @BODY@" in document
    assert document.count('id="figures"') == 1 and "Plotly.react" in document


def test_a_damaged_view_takes_no_other_along(frozen):
    document = html.html([{"title": "half"}, frozen, frozen | {"parts": [{"kind": "table"}]}])
    assert document.count("A view that cannot be shown") == 2 and "what to look for" in document


def test_a_file_does_not_invite_to_click(frozen):
    assert "Click" not in json.dumps([part for part in frozen["parts"] if part["kind"] == "figure"])


def report_page() -> None:
    from dnacore.workspace.saved import reports
    from ui.app import reads
    from ui.report import page

    page.views(reports.load(reads.workspace()))


def test_a_view_with_a_choice_called_label_and_a_broken_one_are_shown_and_can_be_removed(workspace_home, frozen):
    from ui.app import reads

    reads._open.cache_clear()
    kept = frozen | {"page": "gallery", "query": [["label", "hat"], ["page", "2"], ["dataset", "faces"]]}
    for view in (kept, {**frozen, "parts": [{"kind": "found"}]}, {**frozen, "title": "Third"}):
        reports.add(reads.workspace(), view)
    app = AppTest.from_function(report_page, default_timeout=60).run()
    assert not app.exception
    assert [button.label for button in app.button].count("Remove") == 3
    assert len(app.error) == 1, "the broken one says so, and only it"
    next(button for button in app.button if button.label == "Remove").click().run()
    assert len(reports.load(reads.workspace()).views) == 2
    reads._open.cache_clear()


def captured(tree: ast.AST) -> list[str]:
    """The texts that a module draws as headlines and captions, without what is for hands only."""
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("caption", "found")
        ):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "layout":
                found += [ast.unparse(argument) for argument in node.args[:1]]
    return found


def test_what_goes_into_a_report_speaks_of_nothing_that_a_file_cannot_do():
    root = Path(html.__file__).parents[2]
    drawn = [path for folder in ("ui", "pages") for path in (root / folder).rglob("*.py")]
    rooms = ("datasets", "start", "jobs")  # which no report is made of
    for path in drawn:
        if path.parent.name in rooms or path.name in ("datasets.py", "start.py"):
            continue
        for text in captured(ast.parse(path.read_text(encoding="utf-8"))):
            assert not re.search(r"(?i)\b(click|drag|arrow keys)\b", text), f"{path.name}: {text}"
