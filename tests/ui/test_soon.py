"""A ranking of very many images begins with a few neurons, and ends as the ranking by all of them."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from tests import small_world
from ui.app import comparisons, reads
from ui.gallery import soon


@pytest.fixture
def workspace(workspace_home: Path, tmp_path: Path):
    """The server's workspace with two extracted datasets."""
    reads._open.cache_clear()
    opened = small_world.workspace(workspace_home)
    for seed, name in enumerate(("day", "night")):
        opened.add_dataset(name, small_world.draw(tmp_path / name, 14, seed=seed, dark=bool(seed)))
        small_world.extract(opened, name)
    yield opened
    reads._open.cache_clear()
    soon._making.clear()
    soon._looked.clear()


def page() -> None:
    """The part of the Gallery that ranks."""
    import streamlit as st

    from ui.app import comparisons, reads
    from ui.gallery import soon

    night, day = reads.ready()
    few = soon.first(night, day, None, None)
    ranked = comparisons.ranking(night, day, None, few)
    st.text(0 if few is None else len(few))
    st.text(",".join(map(str, ranked["index"])))


def test_few_images_are_ranked_by_all_neurons_at_once(workspace: dc.Workspace) -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    assert [one.value for one in app.text][0] == "0" and not soon._making


def test_many_images_are_first_ranked_by_few_neurons_and_then_by_all(
    workspace: dc.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soon, "LARGE", 10)
    monkeypatch.setattr(soon, "FEW", 5)
    app = AppTest.from_function(page, default_timeout=60).run()
    few, first = (one.value for one in app.text)
    assert 1 <= int(few) <= 5 and len(first.split(",")) == 14, "pictures are there at once"
    (made,) = soon._making.values()
    made.result(60)
    app.run()
    few, whole = (one.value for one in app.text)
    night, day = reads.ready()
    comparisons._ranking.clear()
    comparisons.rankings.clear()
    monkeypatch.setattr(soon, "LARGE", 10**9)
    expected = comparisons.ranking(night, day)
    assert few == "0" and whole == ",".join(map(str, expected["index"]))
    pd.testing.assert_frame_equal(made.result(), expected)


def test_a_ranking_that_fails_is_left_to_the_page_to_explain(
    workspace: dc.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soon, "LARGE", 10)
    rank = soon.retrieval.rank

    def failing(*asked: object) -> pd.DataFrame:
        if asked[-1] is None:  # the one by all neurons
            raise dc.BadInput("The disk is gone.")
        return rank(*asked)

    monkeypatch.setattr(soon.retrieval, "rank", failing)
    app = AppTest.from_function(page, default_timeout=60).run()
    (made,) = soon._making.values()
    assert made.exception(60) is not None
    app.run()
    assert app.exception and len(app.text) == 0, (
        "it is raised where the page says what is wrong, and nobody waits for ever"
    )


def test_rankings_that_pages_wait_for_are_all_made_and_others_are_let_go_of(
    workspace: dc.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More pages at once than rankings are kept: none may put away what another one waits for."""
    go = threading.Event()
    monkeypatch.setattr(soon.retrieval, "rank", lambda number: go.wait(60) and number)
    keys = [(f"page {number}",) for number in range(soon.KEPT + 3)]
    for number, key in enumerate(keys):
        soon._begin(key, number)
    waiting = [soon._look(key) for key in keys]
    soon._looked[keys[-1]] -= soon.PATIENCE_S + 1  # its page shows something else now
    assert soon._look(keys[0]) is waiting[0] and soon._look(keys[-1]) is None
    go.set()
    assert [made.result(60) for made in waiting[:-1]] == list(range(len(keys) - 1)) and waiting[-1].cancelled()


def test_the_first_ranking_goes_by_the_weights_of_the_neurons() -> None:
    plain = soon._first_few(np.full(1000, 0.001))
    assert len(plain) <= soon.FEW and plain[0] == 0 and plain[-1] > 900
    weights = np.full(1000, 0.0001)
    weights[[700, 30]] = -0.9, 0.1
    assert soon._first_few(weights)[:2].tolist() == [700, 30]
