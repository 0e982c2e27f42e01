"""Saved views: kept under a name for everybody on a workspace, opened from any page."""

from __future__ import annotations

import pytest

import dnacore as dc
from dnacore.errors import BadInput
from dnacore.workspace.saved import views
from tests.ui.conftest import draw_pictures, quiet_page
from tests.ui.driving import choices, command, settle
from ui.app import navigation

COUNT = 24


@pytest.fixture
def workspace(tmp_path):
    return dc.Workspace.open(tmp_path / "workspace")


def test_a_saved_view_comes_back_with_its_choices_in_order(workspace):
    views.save(workspace, "  Hats \n again ", "neurons", [["a", "faces[hat=1]"], ["also", "x"], ["also", "y"]])
    (found,) = views.load(dc.Workspace.open(workspace.root))
    assert (found.name, found.page) == ("Hats again", "neurons")
    assert navigation.choices_of(found.query) == {"a": ["faces[hat=1]"], "also": ["x", "y"]}


def test_a_name_is_used_once_and_what_had_it_is_kept_under_another(workspace):
    for name, layer in (("one", "early"), ("two", "early"), ("one", "late"), ("one", "late")):
        _, before = views.save(workspace, name, "neurons", [["layer", layer]])
    assert before is None, "the same view was saved again"
    assert {one.name: one.query for one in views.load(workspace)} == {
        "one": (("layer", "late"),),
        "two": (("layer", "early"),),
        "one, earlier": (("layer", "early"),),
    }
    _, before = views.save(workspace, "one", "compare", [])
    assert before is not None and (before.name, before.query) == ("one, earlier 2", (("layer", "late"),))
    assert views.load(workspace)[0].page == "compare"
    views.remove(workspace, "one")
    views.remove(workspace, "never there")
    assert {one.name for one in views.load(workspace)} == {"two", "one, earlier", "one, earlier 2"}


def test_views_are_offered_the_question_as_a_name_that_is_free(workspace):
    question = "Ferien against Zeichnungen"
    assert views.free(question, []) == question and views.free(question, [question]) == f"{question} 2"
    assert views.free("word " * 30, []).endswith("word…") and len(views.free("x" * 90, ["x" * 60])) == views.LONGEST
    assert views.free("x" * 90, ["x" * 60]).endswith("x 2")


def test_a_view_without_a_name_and_one_too_many_are_refused(workspace, monkeypatch):
    with pytest.raises(BadInput, match="needs a name"):
        views.save(workspace, "  ", "neurons", [])
    monkeypatch.setattr(views, "MOST", 1)
    views.save(workspace, "one", "neurons", [])
    with pytest.raises(BadInput, match="Remove one first"):
        views.save(workspace, "two", "neurons", [])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "another"}', '{"format": 1, "version": 1}'])
def test_a_damaged_file_is_no_views_and_is_written_anew(workspace, content):
    (workspace.root / "views.json").write_text(content)
    assert views.load(workspace) == []
    views.save(workspace, "one", "neurons", [])
    assert len(views.load(workspace)) == 1


@pytest.mark.browser
@pytest.mark.slow
def test_a_view_is_saved_opened_in_another_browser_and_removed(dashboard, chromium, tmp_path_factory):
    expect = pytest.importorskip("playwright.sync_api").expect
    home = tmp_path_factory.mktemp("seen")
    for name, tint, seed in (("warm", (190, 120, 60), 1), ("cold", (60, 110, 190), 2)):
        command(dashboard.home, "add", name, str(draw_pictures(home / name, COUNT, tint, seed)))
    command(dashboard.home, "extract", "warm", "cold")
    with quiet_page(dashboard, chromium, height=1400) as page:
        page.goto(f"{dashboard.url}/neurons?a=cold&b=warm&neuron=block_0_0:3&log=1")
        settle(page)
        page.get_by_role("button", name="Views").click()
        page.get_by_role("textbox", name="Save this view as").fill("Block <b>three</b>")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("It opens from Views on every page")).to_be_visible()
    with quiet_page(dashboard, chromium, height=1400) as page:
        page.goto(f"{dashboard.url}/distances")
        settle(page)
        page.get_by_role("button", name="Views").click()
        page.get_by_role("button", name="Block <b>three</b>").click()
        expect(page.get_by_role("heading", level=1, name="Neurons")).to_be_visible()
        expect(page.get_by_text("Neuron 3 in block 0.0").first).to_be_visible()
        settle(page)
        assert (choices(page)["a"], choices(page)["b"], choices(page)["log"]) == (["cold"], ["warm"], ["1"])
        # From a page whose choices were changed since, too.
        page.get_by_text("Logarithmic").click()
        settle(page)
        assert "log" not in choices(page)
        page.get_by_role("button", name="Views").click()
        page.get_by_role("button", name="Block <b>three</b>").click()
        settle(page)
        expect(page.get_by_role("switch", name="Logarithmic")).to_be_checked()
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_text("Saved views appear here")).to_be_visible()
