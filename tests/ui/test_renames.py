"""A link that names a dataset by a name it had before opens the one of today, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from tests.ui.conftest import draw_pictures
from ui.app import reads, renames


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dc.Workspace:
    """Two datasets; `day` was called `morning` before."""
    made = dc.Workspace.open(tmp_path / "home")
    for seed, name in enumerate(("morning", "night")):
        made.add_dataset(name, draw_pictures(tmp_path / name, 3, (90, 90, 90), seed))
    made.rename_dataset("morning", "day")
    monkeypatch.setattr(reads, "workspace", lambda: made)
    return made


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("morning", "day"),
        ("morning[hat=1][smile=0]", "day[hat=1][smile=0]"),
        ("image:morning:12", "image:day:12"),
        ("morning:12", "day:12"),
        ("morning glory", "morning glory"),
        ("picked:morning", "picked:morning"),
        ("night", "night"),
    ],
)
def test_whatever_names_a_dataset_follows_it(text: str, now: str):
    assert renames.renamed(text, {"morning": "day"}) == now


def page() -> None:
    import streamlit as st

    from ui.app import address, renames

    renames.follow(st.session_state.get("page", "compare"))
    renames.say()
    a = address.select("Compare", ["day", "night"], key="a")
    attribute = address.select("Attribute", ["morning", "hat"], key="attribute")
    st.markdown(f"{a}|{attribute}")


def test_an_old_link_opens_the_renamed_dataset_and_says_so(workspace: dc.Workspace):
    app = AppTest.from_function(page, default_timeout=30)
    app.query_params["a"] = "morning"
    app.query_params["attribute"] = "morning"
    app.run()
    assert not app.exception and not app.warning
    assert app.markdown[0].value == "day|morning", "what is no dataset keeps its name"
    assert app.info[0].value == "“morning” is called “day” now."
    app.run()
    assert app.info, "for as long as the link's view is shown"
    app.selectbox(key="a").set_value("night").run()
    assert not app.info


def test_a_new_dataset_of_the_old_name_is_what_the_link_opens(workspace: dc.Workspace, tmp_path: Path):
    workspace.add_dataset("morning", draw_pictures(tmp_path / "another", 3, (20, 90, 90), 7))
    assert workspace.former_names() == {}
    app = AppTest.from_function(page, default_timeout=30)
    app.query_params["a"] = "morning"
    app.run()
    assert not app.info


def test_choices_that_two_pages_called_the_same_are_told_apart(workspace: dc.Workspace):
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["page"] = "lens"
    app.query_params["with"] = "mini"
    app.run()
    assert app.query_params["second"] in ("mini", ["mini"]) and "with" not in app.query_params
