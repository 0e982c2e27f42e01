"""Format and version, with which every file of ours begins: one reader, and one error message for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dnacore import atomic
from dnacore.errors import Damaged

#: What reading a JSON file may raise: it is gone, damaged, of another kind, or lacks what it should hold.
UNREADABLE = (OSError, Damaged, KeyError, TypeError, ValueError)


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


def fits(found: object, expected: str, version: int) -> bool:
    """Whether some JSON content is that of a file of this format and version."""
    return isinstance(found, Mapping) and (found.get("format"), found.get("version")) == (expected, version)


def parsed(content: bytes, name: str) -> Any:
    """What a JSON file holds. Raises Damaged for anything else, such as half a file or endless brackets."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{name} is not JSON that can be read ({error}).") from error


def read(path: Path, expected: str, version: int) -> dict[str, Any]:
    """The content of a JSON file of this format and version. Raises Damaged for another one, OSError where none is."""
    found = parsed(path.read_bytes(), path.name)
    check(found if isinstance(found, dict) else {}, path.name, expected, version, f"a file of {expected}")
    return found


def write(path: Path, expected: str, version: int, content: Mapping[str, Any], escaped: bool = True) -> None:
    """Write a JSON file that `read` reads, whole or not at all. escaped: letters beyond ASCII as numbers, which takes
    up to three times the bytes and holds any text, such as file names that are no valid UTF-8.
    """
    text = json.dumps({"format": expected, "version": version, **content}, ensure_ascii=escaped)
    atomic.write_bytes(path, text.encode())
