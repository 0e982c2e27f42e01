"""The frame around every page: navigation, the extractor in use, running jobs, the workspace's size."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui import guard, hands, navigation, sidebar, theme


def main() -> None:
    """Draw the frame and the page that was asked for."""
    st.set_page_config(
        page_title="Visual DNA Studio", page_icon=str(Path(__file__).parents[1] / "assets" / "icon.png"), layout="wide"
    )
    theme.apply()
    page = st.navigation({"Visual DNA Studio": list(navigation.pages().values())})
    with guard.guarded():
        sidebar.draw()
    with guard.guarded():
        page.run()
    with guard.guarded(), st.sidebar:
        hands.listen()


main()
