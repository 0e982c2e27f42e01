"""Two piles of very many images are gone through side by side, and give what they give one after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from tests import small_world
from ui.app import reads
from ui.sensitivity import deck


@pytest.fixture
def workspace(workspace_home: Path, tmp_path: Path):
    """The server's workspace with one dataset, whose table tells it in two."""
    reads._open.cache_clear()
    opened = small_world.workspace(workspace_home)
    folder = small_world.draw(tmp_path / "some", 30)
    (folder / "attributes.csv").write_text("file,hat\n" + "".join(f"{at:03d}.png,{at % 2}\n" for at in range(30)))
    opened.add_dataset("some", folder)
    small_world.extract(opened, "some")
    yield opened
    reads._open.cache_clear()


def page() -> None:
    """What the Sensitivity page asks for first."""
    import streamlit as st

    from ui.app import reads
    from ui.choices.piles import Chosen
    from ui.sensitivity import deck

    (whole,) = reads.ready()
    chosen = Chosen(reads.part(whole, "hat", "1"), reads.part(whole, "hat", "0"), (whole,), "attribute", "hat")
    found = deck.sensitivity(chosen)
    st.session_state["found"] = found.emd, found.noise, found.chance, found.images
    st.session_state["deck"] = deck.deck(chosen, found).matrix


def asked() -> tuple:
    deck._sensitivity.clear()
    deck._deck.clear()
    reads._dna.clear()
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception, app.exception[0].value
    return *app.session_state["found"], app.session_state["deck"]


def test_side_by_side_is_as_one_after_the_other(workspace: dc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = asked()
    monkeypatch.setattr(deck, "LARGE", 1)
    together = asked()
    for one, other in zip(alone[:3], together[:3], strict=True):
        np.testing.assert_array_equal(one, other)
    assert alone[3:] == together[3:]


def whole_page() -> None:
    import streamlit as st

    from ui.app import reads
    from ui.choices.piles import Chosen
    from ui.sensitivity import deck

    one, other = reads.ready()
    found = deck.sensitivity(Chosen(one, other, (one, other), "datasets"))
    st.session_state["found"] = found.emd.max(), found.noise


def test_datasets_without_sketches_are_compared_without_what_chance_would_give(
    workspace: dc.Workspace, tmp_path: Path
) -> None:
    workspace.remove_dataset("some")
    for seed, name in enumerate(("day", "night")):
        workspace.add_dataset(name, small_world.draw(tmp_path / name, 6, seed=seed, dark=bool(seed)))
        small_world.extract(workspace, name, sketches=False)
    deck._sensitivity.clear()
    app = AppTest.from_function(whole_page, default_timeout=60).run()
    assert not app.exception, app.exception[0].value
    farthest, noise = app.session_state["found"]
    assert farthest > 0 and noise is None
