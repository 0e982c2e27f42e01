"""Visual DNA Studio's server: the dashboard, and the pictures it shows. `streamlit run app.py`, or `make run`."""

from __future__ import annotations

from pathlib import Path

from streamlit import get_option
from streamlit.starlette import App

from ui.app import errors, index_html, navigation, reads, routes

app = App(
    Path(__file__).parent / "ui" / "frame.py",
    routes=[*index_html.routes(navigation.TITLES), *routes.routes(reads.workspace)],
    middleware=routes.middleware(get_option("server.allowedHosts")),
    on_script_error=errors.report,
)
