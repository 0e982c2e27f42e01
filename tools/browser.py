"""The Chromium that browser tests drive: find it, or install it where that needs no question.

Tests without one are skipped on a person's machine and fail under CI (the `chromium` fixture).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)


def find() -> Path | None:
    """The browser: `$CHROMIUM`, else one on the PATH, else where installers put it, else None."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    on_path = (shutil.which(name) for name in NAMES)
    found = next((Path(one) for one in on_path if one), None)
    return found or next((Path(one) for one in ELSEWHERE if Path(one).exists()), None)


def install() -> None:
    """Install Chromium with the system's packages when none is found and no password is needed; else say what to do."""
    from tools.prepare import say

    if find():
        return
    before = _without_password()
    if before is not None:
        say("Installing Chromium for the browser tests.")
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        get = [*before, "apt-get", "-qq"]
        # The package lists of a fresh machine or container are empty or old.
        subprocess.run([*get, "update"], env=quiet, check=False)
        subprocess.run([*get, "install", "-y", "chromium"], env=quiet, check=False, stdout=subprocess.DEVNULL)
    if not find():
        say(
            "No Chromium for the browser tests, so they will be skipped. Install it (Debian, Ubuntu: "
            "`sudo apt-get install chromium`), or name one with CHROMIUM=/path/to/chrome."
        )


def _without_password() -> list[str] | None:
    """What to put before apt-get: nothing as root, sudo where it asks no password; None where neither works."""
    if sys.platform != "linux" or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    return None
