"""Making a component from a script and a style that lie beside its Python, with the common script in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_COMMON = Path(__file__).parent / "common.js"


def component(beside: str, *scripts: str, style: str | None = None, reports: Sequence[str] = ()) -> Callable[..., Any]:
    """Return the component made of `scripts`, which lie in the folder of the Python file `beside`.

    The last script holds the component's default export and gives it its name. style: its CSS; without one, the CSS
    file of the last script's name, where there is one. reports: the names under which it reports what was done with
    it; they are read from the component's result.
    """
    folder = Path(beside).parent
    name = Path(scripts[-1]).stem
    sheet = folder / (style or f"{name}.css")
    declared = st.components.v2.component(
        f"visual_dna_{name}",
        js="\n".join(path.read_text(encoding="utf-8") for path in (_COMMON, *(folder / script for script in scripts))),
        css=sheet.read_text(encoding="utf-8") if sheet.exists() else None,
    )

    # Streamlit only returns names that have a callback.
    heard: dict[str, Any] = {f"on_{name}_change": _nothing for name in reports}

    def mount(**given: Any) -> Any:
        return declared(**heard, **given)

    return mount


def _nothing() -> None:
    """The callback of a report that is read from the component's result."""
