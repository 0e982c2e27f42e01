"""Who may come in: every route and the WebSocket without the token, other origins, frames, and what the terminal says."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.server import doorstep, entrance

TOKEN = "t" * 40
HERE = "http://127.0.0.1:8501"


def app(token: str = TOKEN, once: entrance.Once | None = None) -> TestClient:
    async def said(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.url.path}?{request.url.query}")

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    routes = [
        Route("/{path:path}", said, methods=["GET", "PUT"]),
        WebSocketRoute("/_stcore/stream", stream),
    ]
    inside = Starlette(routes=routes, middleware=[Middleware(entrance.Entrance, wanted=token, once=once)])
    return TestClient(inside, base_url=HERE, follow_redirects=False)


def hello(client: TestClient, **headers: str) -> str:
    with client.websocket_connect("ws://127.0.0.1:8501/_stcore/stream", headers=headers) as socket:
        return socket.receive_text()


@pytest.mark.parametrize(
    "path", ["/", "/datasets", "/thumb/1/0", "/fonts/x.woff2", "/_stcore/host-config", "/static/x.js"]
)
def test_without_the_token_everything_but_the_health_check_is_403(path):
    client = app()
    answer = client.get(path)
    assert answer.status_code == 403 and "make run" in answer.text
    assert client.get(path, headers={"Cookie": "visual_dna_8501=guess"}).status_code == 403
    assert client.get(f"{path}?token=guess").status_code == 403
    assert app().get("/_stcore/health").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:[", "[::1", "127.0.0.1:\xb2", ""])
def test_a_host_that_is_none_is_refused_like_any_other(host):
    assert app().get("/", headers={"Host": host.encode("latin-1")}).status_code == 403
    assert app().get(f"/?token={TOKEN}", headers={"Host": host.encode("latin-1")}).status_code == 303


def test_the_websocket_is_closed_to_who_has_no_token():
    with pytest.raises(WebSocketDisconnect):
        hello(app())
    assert hello(app(), Cookie=f"visual_dna_8501={TOKEN}", Origin=HERE) == "hello"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:9999", "http://127.0.0.1", "null", "http://localhost:8501"]
)
def test_a_page_of_another_host_or_port_may_not_talk(origin):
    with pytest.raises(WebSocketDisconnect):
        hello(app(), Cookie=f"visual_dna_8501={TOKEN}", Origin=origin)
    with pytest.raises(WebSocketDisconnect):
        hello(app(token=""), Origin=origin)
    refused = app().put("/upload", headers={"Cookie": f"visual_dna_8501={TOKEN}", "Origin": origin})
    assert refused.status_code == 403


def test_the_printed_address_gives_the_cookie_and_the_token_leaves_the_address():
    client = app()
    answer = client.get(f"/gallery?dataset=faces&token={TOKEN}&like=a%26b")
    assert answer.status_code == 303 and answer.headers["location"] == "/gallery?dataset=faces&like=a%26b"
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said and "samesite=lax" in said
    assert client.get("/gallery?dataset=faces").status_code == 200, "the cookie is enough from then on"


def test_the_token_leaves_the_address_on_a_second_click_too():
    once = entrance.Once()
    client = app(once=once)
    for given in (TOKEN, TOKEN, once.new()):
        answer = client.get(f"/gallery?token={given}&dataset=faces")
        assert (answer.status_code, answer.headers["location"]) == (303, "/gallery?dataset=faces")
    assert client.get("/gallery?token=wrong").status_code == 200, "the cookie is enough"
    assert client.get(f"{entrance.HEALTH}?token={TOKEN}").status_code in {200, 303}


def test_what_a_browser_is_started_with_lets_it_in_once():
    once = entrance.Once()
    first, second, third = (app(once=once) for _ in range(3))
    assert first.get("/?token=").status_code == 403, "no code was given out yet"
    code = once.new()
    assert code != TOKEN
    assert second.get(f"/?token={code}").status_code == 303 and second.get("/datasets").status_code == 200
    assert third.get(f"/?token={code}").status_code == 403


def test_the_way_in_leads_to_no_other_machine():
    answer = app().get(f"http://127.0.0.1:8501//evil.example/x?token={TOKEN}")
    assert answer.headers["location"].startswith("/evil.example")


def test_no_site_may_frame_the_dashboard():
    for client in (app(), app(token="")):
        headers = client.get(f"/?token={TOKEN}").headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"] and headers["x-frame-options"] == "DENY"


def test_an_odd_cookie_of_another_program_does_not_hide_ours():
    answer = app().get("/", headers={"Cookie": f'bad[name]="{{; visual_dna_8501={TOKEN}; x=y=z'})
    assert answer.status_code == 200


def test_the_token_is_kept_for_its_owner_only_and_stays_over_a_restart(tmp_path: Path, monkeypatch):
    monkeypatch.delenv(entrance.ENVIRONMENT, raising=False)
    made = entrance.token(tmp_path / "new")
    assert len(made) >= 32 and entrance.token(tmp_path / "new") == made
    assert entrance.token(tmp_path / "other") != made
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "new" / entrance.FILE).stat().st_mode) == 0o600


def test_it_can_be_turned_off_which_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setenv(entrance.ENVIRONMENT, "0")
    assert entrance.token(tmp_path) == "" and not list(tmp_path.iterdir())
    assert app(token="").get("/datasets").status_code == 200
    assert "No token is asked for" in doorstep.greeting(HERE, "")
    assert f"{HERE}/?token={TOKEN}" in doorstep.greeting(HERE, TOKEN)
