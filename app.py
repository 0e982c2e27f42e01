"""Visual DNA Studio's server: the dashboard, and the pictures it shows. `streamlit run app.py`, or `make run`."""

from __future__ import annotations

from pathlib import Path

from streamlit import get_option
from streamlit.starlette import App

from ui import front, guard, navigation, routes, state

app = App(
    Path(__file__).parent / "ui" / "shell.py",
    routes=[*front.routes(navigation.TITLES), *routes.routes(state.workspace)],
    middleware=routes.middleware(get_option("server.allowedHosts")),
    on_script_error=guard.report,
)
