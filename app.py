"""Visual DNA Studio's server: the dashboard, and the pictures it shows. `streamlit run app.py`, or `make run`."""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from streamlit import get_option
from streamlit.starlette import App

from dnacore.parallel import wait_without_spinning
from dnacore.paths import default_root
from ui.app import errors, navigation, reads
from ui.server import doorstep, entrance, index_html, routes

wait_without_spinning()
_token, _once = entrance.token(default_root()), entrance.Once()

app = App(
    Path(__file__).parent / "ui" / "frame.py",
    routes=[*index_html.routes(navigation.TITLES), *routes.routes(reads.workspace)],
    middleware=[
        *routes.middleware(get_option("server.allowedHosts")),
        Middleware(entrance.Entrance, wanted=_token, once=_once),
    ],
    lifespan=doorstep.opening(_token, _once, reads.workspace),
    on_script_error=errors.report,
)
