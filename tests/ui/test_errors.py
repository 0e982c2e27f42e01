"""Errors on a page: the sentence that was meant for a person, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest


@pytest.fixture(autouse=True)
def own_workspace(workspace_home: Path):
    import streamlit as st

    from ui.app import reads

    reads._open.cache_clear()
    st.cache_resource.clear()
    yield workspace_home
    reads._open.cache_clear()
    st.cache_resource.clear()


def run(kind: str) -> AppTest:
    def page(kind: str) -> None:
        from dnacore.errors import BadInput
        from ui.app import errors

        with errors.guarded():
            if kind == "meant":
                raise BadInput("There is no image in this folder. Choose another.")
            raise ZeroDivisionError("secret detail")

    return AppTest.from_function(page, kwargs={"kind": kind}, default_timeout=30).run()


def test_an_error_meant_for_a_person_is_shown_as_it_stands():
    app = run("meant")
    assert [error.value for error in app.error] == ["There is no image in this folder. Choose another."]
    assert not app.exception


def test_an_unexpected_error_is_one_sentence_and_its_details_are_in_the_log(own_workspace):
    app = run("unexpected")
    assert not app.exception and len(app.error) == 1
    said = app.error[0].value
    assert "Your data is untouched" in said and "secret detail" not in said and "Traceback" not in said
    assert "secret detail" in (own_workspace / "dashboard.log").read_text()


@pytest.mark.parametrize("name", ["datasets", "distances", "neurons", "sensitivity", "gallery", "selections"])
def test_every_page_of_an_empty_workspace_says_what_to_do_next(name, monkeypatch):
    root = Path(__file__).parents[2]
    app = AppTest.from_file(str(root / "pages" / f"{name}.py"), default_timeout=60).run()
    assert not app.exception
    assert any("There are no datasets yet" in info.value for info in app.info)
