"""A workspace from before the built-in network that knows photographs: it opens as it was, and both are used at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from dnacore.extraction.extraction import extract_dataset
from dnacore.extractors import load_extractor
from dnacore.extractors.packaged import Package
from dnacore.extractors.registry import DEFAULT_EXTRACTOR, entry
from dnacore.workspace import jobs
from dnacore.workspace.saved import views
from tests import small_world
from tools.dashboard import CHECKOUT
from ui.app import reads
from ui.start import proposal

BUTTON = "use-new-network"


def page() -> None:
    import streamlit as st

    from ui import sidebar
    from ui.app import reads

    sidebar.draw()
    st.text(reads.extractor())
    st.text(" ".join(one.name for one in reads.ready()))


def opened() -> AppTest:
    return AppTest.from_function(page, default_timeout=60).run()


def shown(app: AppTest) -> list[str]:
    assert not app.exception
    return [text.value for text in app.text]


def proposed(app: AppTest) -> bool:
    return any(button.key == BUTTON for button in app.button)


def extract(workspace: dc.Workspace, name: str, dataset: str) -> None:
    """Extract a dataset with a network of that name, at a size that takes a millisecond an image."""
    network = load_extractor(name, "cpu", input_size=32)
    ranges = dc.Calibration(
        np.full(network.n_neurons, -1.0), np.full(network.n_neurons, 3.0), network.layers, network.fingerprint, "test"
    )
    extract_dataset(workspace, workspace.dataset(dataset), network, ranges, batch_size=4)


@pytest.fixture
def workspace(workspace_home: Path, tmp_path: Path):
    """The server's workspace, with two datasets, a selection and a view under the former network."""
    reads._open.cache_clear()
    found = dc.Workspace.open(workspace_home)
    for name, dark in (("day", False), ("night", True)):
        found.add_dataset(name, small_world.draw(tmp_path / name, 5, dark=dark))
        extract(found, proposal.FORMER, name)
    fingerprint = load_extractor(proposal.FORMER, "cpu", input_size=32).fingerprint
    found.save_selection(dc.Selection.of([1, 2, 3], name="three", extractor=fingerprint))
    views.save(found, "dark ones", "gallery", [("extractor", proposal.FORMER), ("dataset", "night")])
    yield found
    reads._open.cache_clear()


@pytest.fixture
def installed() -> None:
    if entry(DEFAULT_EXTRACTOR).status != "ready":
        pytest.skip("the package of the default network is not installed")


def test_it_opens_with_its_datasets_selections_and_views(workspace: dc.Workspace) -> None:
    assert shown(opened()) == [proposal.FORMER, "night day"]
    assert [one.name for one in workspace.selections()] == ["three"]
    (view,) = views.load(workspace)
    assert view.query[0] == ("extractor", proposal.FORMER), "a view keeps to the network that it was made with"
    one, other = reads.ready(proposal.FORMER)
    assert dc.emd_avg(*(workspace.dna(each.dataset, proposal.FORMER) for each in (one, other))) > 0


def test_one_click_has_everything_extracted_with_the_new_network_beside_the_old(
    workspace: dc.Workspace, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []

    def start(where: dc.Workspace, command: list[str], title: str = "", datasets: tuple[str, ...] = ()) -> None:
        begun.append(list(command))

    monkeypatch.setattr(jobs, "start", start)
    app = opened()
    assert proposed(app)
    app.button(key=BUTTON).click().run()
    assert shown(app)[0] == DEFAULT_EXTRACTOR
    (command,) = begun
    assert command[:3] == ["extract", "night", "day"]
    assert command[command.index("--extractor") + 1] == DEFAULT_EXTRACTOR
    extract(workspace, DEFAULT_EXTRACTOR, "day")

    # Whoever comes now starts with the new one, and finds what is there of either.
    later = opened()
    assert shown(later) == [DEFAULT_EXTRACTOR, "day"] and not proposed(later)
    later.selectbox(key="extractor").set_value(proposal.FORMER).run()
    assert shown(later) == [proposal.FORMER, "night day"] and not proposed(later)


def test_nothing_is_proposed_where_it_could_not_be_done_or_is_not_needed(
    workspace: dc.Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path / "weights"))
    with monkeypatch.context() as patch:
        patch.setattr(Package, "find", lambda self: None)
        assert not proposed(opened())
    workspace.remove_dataset("day")
    workspace.remove_dataset("night")
    app = opened()
    assert shown(app)[0] == DEFAULT_EXTRACTOR and not proposed(app)


def test_the_sidebar_says_why_a_network_cannot_be_used(
    workspace: dc.Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr(Package, "find", lambda self: None)
    app = opened()
    app.selectbox(key="extractor").set_value(DEFAULT_EXTRACTOR).run()
    assert any("pip install" in caption.value for caption in app.caption)


def test_a_link_names_the_network_where_it_is_not_the_usual_one(workspace: dc.Workspace) -> None:
    app = opened()
    assert app.query_params["extractor"] in (proposal.FORMER, [proposal.FORMER])


def test_an_empty_workspace_without_the_package_says_how_to_get_it_and_goes_on_with_random_weights(
    workspace_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr(Package, "find", lambda self: None)
    begun: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda where, command, **more: begun.append(list(command)))
    reads._open.cache_clear()
    try:
        app = AppTest.from_file(str(CHECKOUT / "pages" / "start.py"), default_timeout=60).run()
        assert not app.exception and not begun, "what cannot be done is not begun"
        assert any("pip install" in said.value for said in app.info)
        app.button(key="try-demo").click().run()
    finally:
        reads._open.cache_clear()
    (command,) = begun
    assert command[:2] == ["demo", "--extract"] and command[-1] == "random_resnet18"


def test_a_page_that_was_open_first_goes_on_with_the_network_of_the_first_dnas(workspace_home: Path, tmp_path: Path):
    reads._open.cache_clear()
    found = dc.Workspace.open(workspace_home)
    found.add_dataset("day", small_world.draw(tmp_path / "day", 5, dark=False))
    app = opened()
    assert shown(app)[0] == DEFAULT_EXTRACTOR
    extract(found, proposal.FORMER, "day")
    assert shown(app.run()) == [proposal.FORMER, "day"]

    app.selectbox(key="extractor").select(DEFAULT_EXTRACTOR).run()
    assert shown(app.run())[0] == DEFAULT_EXTRACTOR, "what somebody chose stays"
    reads._open.cache_clear()
