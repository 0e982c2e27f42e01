"""The frame around every page: navigation, the extractor in use, running jobs, the workspace's size."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from ui import corner, deletion, guard, hands, navigation, sidebar, theme, tour

ICON = str(Path(__file__).parents[1] / "assets" / "icon.png")


def main() -> None:
    """Draw the frame and the page that was asked for."""
    st.set_page_config(page_title="Visual DNA Studio", page_icon=ICON, layout="wide")
    theme.apply()
    st.logo(ICON, size="large")
    page = st.navigation(list(navigation.pages().values()), expanded=True)
    if page.title != navigation.TITLES["datasets"]:
        deletion.finish()
    with guard.guarded():
        sidebar.draw()
    with guard.guarded(), st.sidebar:  # before the page, which may stop where there is nothing to show yet
        hands.listen()
    with st.container(gap=None), guard.guarded():  # one place, whether the panel is there or not: nothing below it moves
        tour.draw()
    with guard.guarded(), suppress(StopException):  # a page that has no more to show still has its corner
        page.run()
    with guard.guarded():
        corner.fill(page.url_path or "start")


main()
