"""Components of our own: their script and style come from `ui/static`, a common beginning first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_STATIC = Path(__file__).parent / "static"


def component(name: str, *, above: tuple[str, ...] = (), style: str | None = None) -> Callable[..., Any]:
    """Return the component of `NAME.js` and, where there is one, `STYLE.css` (the script's name unless another is given).

    above: scripts that stand between the common beginning (`dom.js`) and the component's own.
    """
    sheet = _STATIC / f"{style or name}.css"
    return st.components.v2.component(
        f"visual_dna_{name}",
        js="\n".join(_read(f"{part}.js") for part in ("dom", *above, name)),
        css=_read(sheet.name) if sheet.exists() else None,
    )


def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")
