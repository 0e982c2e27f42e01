"""A neuron's heat over its images: off at first, said where it cannot be, and one bad image costs the others nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from ui.app import reads
from ui.neurons import heat


def page() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from ui.components.peaks import Peak
    from ui.components.wall import Picture
    from ui.neurons import heat

    first = SimpleNamespace(
        neuron=lambda flat: ("layer", flat), calibration=SimpleNamespace(extractor=st.session_state["network"])
    )
    shown = SimpleNamespace(first=first, flat=3, exact=None)
    if not heat.choose(shown):
        st.text("off")
        return
    rows = [[Peak(Picture(1, at, name=f"{at}.png"), 1.0, None) for at in places] for places in ((0, 1), (2,))]
    found = heat.over(shown, rows)
    st.text(" ".join("none" if one is None else f"{one.max():g}" for row in found for one in row))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[AppTest]:
    """The page with a network that is at hand, and no workspace behind it."""
    monkeypatch.setattr(reads, "absence", lambda: None)
    monkeypatch.setattr(reads, "workspace", lambda: None)
    made = AppTest.from_function(page, default_timeout=30)
    made.session_state["network"] = request.node.name  # maps are kept for the whole server
    made.query_params["heat"] = "1"
    yield made
    heat._maps.clear()


def shown(app: AppTest) -> str:
    app.run()
    assert not app.exception
    return app.text[0].value


def test_it_is_off_until_somebody_wants_it(app: AppTest):
    del app.query_params["heat"]
    assert shown(app) == "off"


def test_without_the_network_one_sentence_says_why(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reads, "absence", lambda: "its weights file is gone; put it back.")
    assert shown(app) == "off"
    assert "put it back" in app.get("html")[0].value


def test_maps_are_shares_of_what_is_strongest_in_all_of_them_and_a_bad_image_is_said(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    asked: list[int] = []

    def found(spot: heat.Spot, *_: object) -> np.ndarray:
        asked.append(spot.image)
        if spot.image == 1:
            raise dc.BadInput("1.png cannot be read.")
        return np.full((2, 2), [4.0, 0.0, 8.0][spot.image], np.float32)

    monkeypatch.setattr(heat, "_map", found)
    monkeypatch.setattr(heat, "AT_ONCE", 30.0)  # however slow the machine is
    assert shown(app) == "0.5 none 1"
    assert any("1 of 3 images could not be looked at. 1.png cannot be read." in one.value for one in app.get("html"))
    assert shown(app) == "0.5 none 1" and sorted(asked) == [0, 1, 2], "what is known is not asked for again"


def test_where_nothing_is_above_zero_that_is_said(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heat, "_map", lambda *_: np.zeros((2, 2), np.float32))
    monkeypatch.setattr(heat, "AT_ONCE", 30.0)
    assert shown(app) == "none none none"
    assert any("nowhere above zero" in one.value for one in app.get("html"))


def test_an_image_whose_disk_is_back_is_tried_again(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    there = False

    def found(*_: object) -> np.ndarray:
        if not there:
            raise dc.BadInput("The disk is gone.")
        return np.ones((2, 2), np.float32)

    monkeypatch.setattr(heat, "_map", found)
    monkeypatch.setattr(heat, "AT_ONCE", 30.0)
    assert shown(app) == "none none none"
    there = True
    assert shown(app) == "none none none", "not at once: every click would ask"
    monkeypatch.setattr(heat, "AGAIN", -1.0)
    assert shown(app) == "1 1 1"
