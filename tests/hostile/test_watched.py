"""The watch over hostile files sees what it is there for."""

from __future__ import annotations

import os
import time

import pytest

from tests.hostile import watched

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a second process")


def at_third(act) -> None:
    watched.each(5, lambda number: act() if number == 2 else None, "try")


def test_all_is_well_where_nothing_happens() -> None:
    watched.each(5, lambda _: None, "try")


def test_a_hang_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "SLOW", 0.3)
    with pytest.raises(pytest.fail.Exception, match=r"try 2: took more than"):
        at_third(lambda: time.sleep(60))


def test_computing_without_end_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def compute() -> None:
        while True:
            pass

    monkeypatch.setattr(watched, "SLOW", 0.3)
    monkeypatch.setattr(watched, "STUCK", 10_000)
    with pytest.raises(pytest.fail.Exception, match=r"try 2: took more than"):
        at_third(compute)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a process' own time cannot be told")
def test_a_file_that_waits_for_a_core_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "SLOW", 0.3)
    at_third(lambda: time.sleep(0.8))


def test_a_crash_is_seen() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"try 2: the process ended with -9"):
        at_third(lambda: os.kill(os.getpid(), 9))


def test_another_error_is_seen() -> None:
    with pytest.raises(pytest.fail.Exception, match="number 2(.|\n)*KeyError"):
        at_third(lambda: {}["x"])


def test_too_much_memory_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "MOST_MEMORY", 5e7)
    with pytest.raises(AssertionError, match="GB"):
        at_third(lambda: b"x" * 200_000_000)
