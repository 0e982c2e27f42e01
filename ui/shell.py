"""The frame around every page: navigation, the extractor in use, running jobs, the workspace's size."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui import guard, hands, navigation, sidebar, theme

ICON = str(Path(__file__).parents[1] / "assets" / "icon.png")


def main() -> None:
    """Draw the frame and the page that was asked for."""
    st.set_page_config(page_title="Visual DNA Studio", page_icon=ICON, layout="wide")
    theme.apply()
    st.logo(ICON, size="large")
    page = st.navigation(list(navigation.pages().values()), expanded=True)
    with guard.guarded():
        sidebar.draw()
    with guard.guarded():
        page.run()
    with guard.guarded(), st.sidebar:
        hands.listen()


main()
