"""What the browser tests share: wait for a page, read its address, prepare a workspace by the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tools.dashboard import CHECKOUT


def settle(page) -> None:
    """Wait until the page has stopped running."""
    page.wait_for_timeout(300)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )


def choices(page) -> dict[str, list[str]]:
    """What the address says was chosen."""
    return parse_qs(urlsplit(page.url).query)


def command(home: Path, *words: str, code: int = 0) -> None:
    """Run `dnacore WORDS` on a workspace; it must end with this code (1: done, with files that could not be read)."""
    line = [sys.executable, "-m", "dnacore", *words]
    environment = os.environ | {"VISUAL_DNA_HOME": str(home)}
    ended = subprocess.run(line, cwd=CHECKOUT, env=environment, check=False, capture_output=True)
    assert ended.returncode == code, ended.stderr.decode(errors="replace")
