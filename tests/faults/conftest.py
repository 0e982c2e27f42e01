"""Says at the end how many fault points were tried and lost."""

from __future__ import annotations

import pytest

from tests.faults import tally


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if tally.tried:
        each = ", ".join(f"{name} {count}" for name, count in tally.tried.items())
        terminalreporter.write_line(f"fault points tried: {tally.tried.total()}, lost: {tally.lost.total()} ({each})")
