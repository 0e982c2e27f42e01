"""The button that begins to present does not present by being drawn."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from ui.app import theme
    from ui.report import presenting

    presenting.begin()
    presenting.link()
    st.text(theme.presenting())


def test_nobody_presents_before_they_press_the_button() -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception and app.text[0].value == "False"
    app.button[0].click().run()
    assert not app.exception and app.text[0].value == "True"
