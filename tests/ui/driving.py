"""What the browser tests share: wait for a page, read its address, prepare a workspace by the command line."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from dnacore.commands import parser

# Answered by the same loop of the server that takes in what was clicked: on a busy machine neither comes at once.
ASK_TWICE = (
    "async () => { for (const _ of [1, 2]) await fetch('/_stcore/health', { cache: 'no-store' }); return true; }"
)


def settle(page) -> None:
    """Wait until the page has stopped running, and the server has heard of what was done last."""
    page.wait_for_timeout(200)
    page.wait_for_function(ASK_TWICE)
    page.wait_for_timeout(100)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )


def open_adding(page) -> None:
    """Open the ways in which images come in, on the Datasets page, where they are not open yet."""
    settle(page)
    button, form = page.get_by_role("button", name="Add images"), page.get_by_role("heading", name="Add images")
    button.or_(form).first.wait_for()
    if button.count():
        button.click()
        form.wait_for()
        settle(page)


def choices(page) -> dict[str, list[str]]:
    """What the address says was chosen."""
    return parse_qs(urlsplit(page.url).query)


def command(home: Path, *words: str, code: int = 0) -> None:
    """Run `dnacore WORDS` on a workspace; it must end with this code (1: done, with files that could not be read).

    In this process: a new one would import torch and compile the kernels again, for every dataset of every module.
    """
    assert parser.main([*words, "--workspace", str(home), "--quiet"]) == code
