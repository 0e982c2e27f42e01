"""The frame around every page: navigation, the extractor in use, running jobs, the workspace's size."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from dnacore.paths import ASSETS
from ui import sidebar
from ui.app import address, errors, layout, navigation, renames, theme, words
from ui.choices import closeup
from ui.choices.own import neuron_notes
from ui.components import shortcuts
from ui.datasets import deletion
from ui.report import corner, presenting
from ui.start import tour

ICON = layout.inline((ASSETS / "icon.png").read_bytes())


def main() -> None:
    """Draw the frame and the page that was asked for."""
    st.set_page_config(page_title="Visual DNA Studio", page_icon=ICON, layout="wide")
    address.begin()
    presenting.begin()
    theme.apply()
    words.named_by(neuron_notes.names_of)
    st.logo(ICON, size="large")
    page = st.navigation(list(navigation.pages().values()), expanded=True)
    renames.follow(page.url_path or "start")
    if page.title != navigation.TITLES["datasets"]:
        deletion.finish()
    with errors.guarded():
        sidebar.draw()
    with errors.guarded(), st.sidebar:  # before the page, which may stop early
        shortcuts.listen()
    with (
        st.container(gap=None),
        errors.guarded(),
    ):  # always a container, so that nothing below it moves
        tour.draw()
    closeup.begin()
    with errors.guarded(), suppress(StopException):  # also a page that stopped early has its corner
        page.run()
    with errors.guarded():
        closeup.rest()
    with errors.guarded():
        corner.fill(page.url_path or "start")
    with errors.guarded():
        presenting.draw()


main()
