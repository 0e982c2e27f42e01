"""Uploads of tabs that were closed: Streamlit keeps them for as long as the server runs, so they are swept away here.

A session that lost its tab is kept for two minutes, in case the tab comes back; after that its files are nobody's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit import runtime

EVERY_S = 20.0


def sweep(running: Any) -> int:
    """Drop the uploaded files of sessions that are gone for good; return how many sessions' there were.

    running: Streamlit's runtime, whose parts for this are private: where they changed, nothing is dropped.
    """
    files = getattr(running, "_uploaded_file_mgr", None)
    sessions = getattr(running, "_session_mgr", None)
    kept = getattr(files, "file_storage", None)
    if files is None or not kept or sessions is None:
        return 0
    owners = list(kept)  # before the sessions are listed: one that begins in between is not in it
    storage = getattr(sessions, "_session_storage", None)
    if storage is None:
        return 0
    known = {one.session.id for one in (*sessions.list_sessions(), *storage.list())}
    gone = [owner for owner in owners if owner not in known]
    for owner in gone:
        files.remove_session_files(owner)
    return len(gone)


@asynccontextmanager
async def swept() -> AsyncIterator[None]:
    """Sweep every now and then while the block lasts."""
    task = asyncio.create_task(_sweeping())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _sweeping() -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        if runtime.exists():
            sweep(runtime.get_instance())
