"""A browser that leaves while something is being sent to it: no error, and nothing for the log.

Streamlit goes on reading from such a connection and reports that it was never opened.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Leaving:
    """Let connections of pages end quietly when the browser at the other end is gone; other errors pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on, and end it where the browser has left."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        gone = False

        async def receiving() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "websocket.disconnect"
            return message

        async def sending(message: Message) -> None:
            nonlocal gone
            try:
                await send(message)
            except OSError:  # what servers raise when nobody is there any more
                gone = True
                raise

        try:
            await self.app(scope, receiving, sending)
        except Exception:
            if not gone:
                raise
