"""What every file of ours says first: its format and its version. One reader of that, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnacore.errors import Damaged


def check(found: Mapping[str, Any], name: str, expected: str, version: int, what: str, key: str = "format") -> None:
    """Raise Damaged unless a file's header names this format and version.

    name, what: the file's name and what it should be, for the message. key: where its header says what it is.
    """
    if found.get(key) != expected:
        raise Damaged(f"{name} is not {what}: it says {found.get(key)!r}.")
    if found.get("version") != version:
        raise Damaged(
            f"{name} was written as version {found.get('version')}; this program reads version {version}. Use a newer "
            "version of the program."
        )
