"""Popovers that close once what they were opened for is done."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def popover(label: str, key: str, **more: Any) -> DeltaGenerator:
    """Draw a popover that `close` closes. key: must name what it acts on, so that it is never taken over by another thing."""
    if st.session_state.pop(f"_close_{key}", False):
        st.session_state[key] = False
    return st.popover(label, key=key, on_change="rerun", **more)


def close(key: str) -> None:
    """Close a popover when the page runs next."""
    st.session_state[f"_close_{key}"] = True
