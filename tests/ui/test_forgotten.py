"""Uploads of closed tabs do not stay in the server's memory; those of open ones and of ones that may come back do."""

from __future__ import annotations

from types import SimpleNamespace

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from ui.server import forgotten


def session(number: str) -> SimpleNamespace:
    return SimpleNamespace(session=SimpleNamespace(id=number))


def test_the_files_of_sessions_that_are_gone_are_dropped():
    files = MemoryUploadedFileManager("/upload")
    for owner in ("open", "back in a minute", "gone"):
        files.add_file(owner, UploadedFileRec("f", "a.zip", "application/zip", b"x" * 100))
    storage = SimpleNamespace(list=lambda: [session("back in a minute")])
    sessions = SimpleNamespace(list_sessions=lambda: [session("open")], _session_storage=storage)
    assert forgotten.sweep(SimpleNamespace(_uploaded_file_mgr=files, _session_mgr=sessions)) == 1
    assert set(files.file_storage) == {"open", "back in a minute"}


def test_streamlits_runtime_still_has_the_parts_that_are_looked_at():
    from streamlit.runtime.memory_session_storage import MemorySessionStorage
    from streamlit.runtime.runtime import Runtime
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    manager = WebsocketSessionManager(MemorySessionStorage(), None, None, None)  # type: ignore[arg-type]
    assert manager._session_storage.list() == [] and manager.list_sessions() == []
    assert {"_uploaded_file_mgr", "_session_mgr"} <= set(Runtime.__init__.__code__.co_names)


def test_nothing_is_dropped_where_the_parts_are_unknown():
    assert forgotten.sweep(SimpleNamespace()) == 0
