"""Links that are wrong, too long or hostile, and choices of one page that must not turn up on another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from tests import small_world
from ui.app import errors, navigation, reads
from ui.components import point_map, shortcuts
from ui.components.point_map import Kind, Look
from ui.components.wall import Picture

FRAME = Path(__file__).parents[2] / "ui" / "frame.py"
HOSTILE = "<script>alert(1)</script> & *stars* $sums$"
DIGITS = "9" * 5000  # Python makes no number of so many
ZOOMED = "0a1b2c3d_2.5_0_0_0_0_-1"  # the address of a map that was zoomed
PAGES = ("datasets", "distances", "compare", "neurons", "gallery", "image", "map", "sensitivity")
KEYS = (
    "a", "also", "attribute", "b", "by", "colour", "columns", "count", "dataset", "datasets", "do", "find", "from", "hand",
    "label", "lasso", "layer", "like", "look", "map-seed", "metric", "neuron", "neurons", "of", "only", "open", "piles",
    "range", "show", "sorted", "top", "typed", "unlike", "view", "zoom",
)  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dc.Workspace]:
    """A dataset with a table of labels and one with an awkward name."""
    home = tmp_path_factory.mktemp("odd-links")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISUAL_DNA_HOME", str(home))
        reads._open.cache_clear()
        opened = small_world.workspace(home)
        table = home / "labels.csv"
        table.write_text("file,hat\n" + "".join(f"{at:03d}.png,{at % 2}\n" for at in range(22)))
        opened.add_dataset("faces", small_world.draw(home / "one", 22, seed=1), attributes=table)
        opened.add_dataset(HOSTILE.replace("/", " "), small_world.draw(home / "other", 22, seed=2))
        for one in opened.datasets():
            small_world.extract(opened, one.name)
        yield opened
        reads._open.cache_clear()


@pytest.fixture
def unexpected(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """The errors that no page foresaw."""
    found: list[Exception] = []
    usual = errors.report

    def report(error: Exception) -> bool:
        if not isinstance(error, dc.DnaError):
            found.append(error)
        return usual(error)

    monkeypatch.setattr(errors, "report", report)
    return found


def visit(app: AppTest, page: str, **choices: str | list[str]) -> AppTest:
    app.query_params.clear()
    for key, value in choices.items():
        app.query_params[key] = value
    return app.switch_page(f"../pages/{page}.py").run()


def opened() -> AppTest:
    return AppTest.from_file(str(FRAME), default_timeout=120).run()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "value",
    [HOSTILE, DIGITS, f"faces:{DIGITS}", "faces[hat=1][nothing=2]"],
    ids=["markup", "digits", "image", "no-part"],
)
def test_a_wrong_link_opens_the_page(
    workspace: dc.Workspace, unexpected: list[Exception], page: str, value: str
) -> None:
    app = visit(opened(), page, **dict.fromkeys(KEYS, value))
    assert not app.exception and not unexpected


@pytest.mark.parametrize("page", ["distances", "map"])
def test_a_dataset_named_many_times_is_shown_once(
    workspace: dc.Workspace, unexpected: list[Exception], page: str
) -> None:
    app = visit(opened(), page, datasets=["faces"] * 40)
    assert not app.exception and not unexpected
    assert app.multiselect(key="datasets").value == ["faces"]


def test_how_a_map_was_looked_at_is_no_dataset(workspace: dc.Workspace) -> None:
    app = visit(opened(), "map", layout="pca", zoom=ZOOMED)
    assert app.query_params["zoom"] == ZOOMED
    visit(app, "datasets")
    assert not app.warning, "a dataset of that name was never asked for"
    visit(app, "map", layout="pca")
    assert not {"look"} & set(app.query_params)


def test_an_older_link_to_a_zoomed_map_still_works(workspace: dc.Workspace) -> None:
    app = visit(opened(), "map", layout="pca", look=ZOOMED)
    assert app.query_params["zoom"] == ZOOMED


def test_a_link_to_one_kind_that_is_gone_shows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict] = []

    def component(*, data: dict, **_: object) -> dict:
        sent.append(data)
        return {}

    monkeypatch.setattr(point_map, "_component", component)
    pictures = [Picture(1, at, name=f"{at}.png") for at in range(3)]
    points, kinds = np.arange(6.0).reshape(3, 2), [Kind("one", "#000000"), Kind("two", "#ffffff")]

    def look_at(only: int) -> dict:
        for look in ("", Look(sent[0]["place"], 2.0, only=only).written() if sent else ""):
            point_map.show(
                pictures, points, kinds, np.array([0, 1, 1]), ["", "", ""], key="map", title="Map", look=look
            )
        return sent[-1]["look"]

    look_at(0)
    assert look_at(1)["only"] == 1
    assert look_at(2)["only"] == -1 and look_at(2)["zoom"] == 2.0


def test_every_page_opens_after_every_other_one(workspace: dc.Workspace, unexpected: list[Exception]) -> None:
    app = opened()
    for page in (*navigation.TITLES, *reversed(navigation.TITLES)):
        visit(app, page)
        assert not app.exception and not unexpected, page
        assert not [one.value for one in app.warning if "not here any more" in one.value], page


def test_the_list_of_keys_takes_the_place_of_an_opened_image(
    workspace: dc.Workspace, unexpected: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcuts, "_component", lambda **_: {"help": 1})  # somebody presses `?`
    app = visit(opened(), "gallery", open="faces:3")
    assert not app.exception and not unexpected and not app.error
    assert "open" not in app.query_params
