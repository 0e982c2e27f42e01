"""Connections that end while the server is speaking."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from starlette.websockets import WebSocket

from ui.server.leaving import Leaving


async def _streamlits(scope, receive, send):
    """What Streamlit does with a connection: it goes on reading although its last message did not arrive."""
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    with suppress(Exception):
        await socket.send_bytes(b"a page")
    await socket.receive_bytes()


def _connected(app, *, present):
    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        if message["type"] == "websocket.send" and not present:
            raise ConnectionResetError

    asyncio.run(app({"type": "websocket", "headers": []}, receive, send))


def test_a_browser_that_left_is_no_error():
    with pytest.raises(RuntimeError, match="not connected"):
        _connected(_streamlits, present=False)
    _connected(Leaving(_streamlits), present=False)


def test_an_error_of_the_page_is_still_one():
    async def broken(scope, receive, send):
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="fault"):
        _connected(Leaving(broken), present=True)
