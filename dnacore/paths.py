"""Paths as people give them, and what files and folders take on disk."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnacore.errors import BadInput

if TYPE_CHECKING:
    import platformdirs

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the start of a formula
_PACKAGED = Path(__file__).parent / "assets"
#: Weights, calibrations and fonts that come with the tool: inside the package in a wheel, beside it in a checkout.
ASSETS = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[1] / "assets"


def default_root() -> Path:
    """Where a workspace is unless somebody says otherwise: `$VISUAL_DNA_HOME`, else the platform's user data."""
    chosen = os.environ.get("VISUAL_DNA_HOME")
    return Path(chosen).expanduser() if chosen else _folders().user_data_path


def weights_folder() -> Path:
    """Where weights are kept: `$VISUAL_DNA_WEIGHTS`, else `visual-dna/weights` in the user's cache folder."""
    chosen = os.environ.get("VISUAL_DNA_WEIGHTS")
    return Path(chosen).expanduser() if chosen else _folders().user_cache_path / "weights"


def _folders() -> platformdirs.PlatformDirs:
    import platformdirs

    return platformdirs.PlatformDirs("visual-dna", appauthor=False, opinion=False)


def absolute(path: Path | str) -> Path:
    """The path from the root, `~` resolved and links not. Raises BadInput for text that no path can hold."""
    text = check_text(str(path))
    try:
        return Path(os.path.abspath(Path(text).expanduser()))
    except RuntimeError:  # ~somebody, who is not known here: then it is a file's name
        return Path(os.path.abspath(text))


def discard(path: Path) -> int:
    """Delete a file of our own; return its bytes. One that somebody still reads (Windows) is left for `Store.sweep`."""
    freed = size(path)
    try:
        path.unlink()
    except OSError:
        return 0
    return freed


def discard_folder(folder: Path) -> int:
    """Delete a folder of our own; return its bytes.

    It gets another name first: a process that dies in the middle leaves no half-empty folder under the name that others
    trust, only one that `Store.sweep` knows for what it is.
    """
    freed = folder_size(folder)
    with suppress(OSError):
        if not folder.name.endswith(".partial"):
            import secrets

            gone = folder.with_name(f".{folder.name[:60]}.{secrets.token_hex(6)}.partial")
            os.rename(folder, gone)
            folder = gone
        shutil.rmtree(folder, ignore_errors=True)
    return freed


def size(path: Path) -> int:
    """Bytes of a file; 0 for one that is not there."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def folder_size(folder: Path | str) -> int:
    """Bytes of all files in a folder."""
    # Thousands of thumbnails: a listing tells most of what a look at each file would, in a tenth of the time.
    total = 0
    with suppress(OSError), os.scandir(folder) as listed:  # a folder or a file may go while we look
        for entry in listed:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    total += folder_size(entry.path)
                elif entry.is_file():
                    total += entry.stat().st_size
    return total


def shown(text: str) -> str:
    """A text as a terminal may show it: names of files can hold codes that would move its cursor or rename it."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def cell(value: Any) -> Any:
    """A value for a CSV: a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def uncell(text: str) -> str:
    """The text that `cell` wrote: without the apostrophe in front of what a spreadsheet would take for a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def check_text(text: str) -> str:
    """Return the text; raise BadInput if it holds what neither a path nor the catalogue can (NUL, broken UTF-8)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = "\0"
    if "\0" in text:
        raise BadInput("A name or path that was given is not valid text (UTF-8). Rename the file or folder first.")
    return text
