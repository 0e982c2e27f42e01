"""Several datasets ticked in the list: deleted with their names in the question, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from tests import small_world
from ui.app import reads
from ui.datasets import deletion


@pytest.fixture
def workspace(workspace_home: Path, tmp_path: Path):
    """The server's workspace with three datasets, none extracted, one of them drawn as the demo's are."""
    reads._open.cache_clear()
    opened = dc.Workspace.open(workspace_home)
    for name in ("first", "second"):
        opened.add_dataset(name, small_world.draw(tmp_path / name, 3))
    opened.add_dataset("faces", small_world.draw(opened.root / "demo" / "faces", 3))
    yield opened
    for one in deletion.pending():
        deletion.undo(one.dataset)
    reads._open.cache_clear()


def page() -> None:
    from ui.datasets import list as datasets

    datasets.draw_list()


def names(app: AppTest) -> list[str]:
    assert not app.exception
    return [button.label for button in app.button if str(button.key).startswith("look-")]


def test_own_datasets_come_first_and_several_are_deleted_and_taken_back(workspace: dc.Workspace) -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    assert names(app) == ["second", "first", "faces"]
    for box in app.checkbox[:2]:
        box.check()
    app.run()
    assert any("Delete second and first?" in text.value for text in app.markdown)
    next(button for button in app.button if button.key == "several-delete-go").click().run()
    assert names(app) == ["faces"] and not any(box.value for box in app.checkbox)
    assert {one.dataset.name for one in deletion.pending()} == {"first", "second"}
    next(button for button in app.button if button.label == "Undo").click().run()
    assert len(names(app)) == 2 and len(workspace.datasets()) == 3


def test_deleting_the_dataset_that_is_looked_at_says_so_once(workspace: dc.Workspace) -> None:
    def both() -> None:
        from ui.datasets import list as datasets

        datasets.draw_list()
        datasets.look_through()

    app = AppTest.from_function(both, default_timeout=60)
    app.query_params["look"] = "first"
    app.run()
    assert not app.exception and app.selectbox(key="look").value == "first"
    next(button for button in app.button if str(button.key).startswith("delete-")).click().run()
    assert not app.exception and not app.warning
    assert [text.value for text in app.markdown if "is deleted" in text.value][0].startswith("**first**")
    assert app.selectbox(key="look").value == "second"


def test_a_link_to_adding_a_folder_opens_it(workspace: dc.Workspace) -> None:
    def adding() -> None:
        from ui.datasets import adding

        adding.draw()

    app = AppTest.from_function(adding, default_timeout=60)
    app.query_params["add"] = "folder"
    app.run()
    assert not app.exception and app.text_input(key="add-folder").value == ""
