"""Trying many files in a process of its own, so that a crash, a hang or too much memory is seen for what it is."""

from __future__ import annotations

import os
import select
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable

import pytest

SLOW = 10.0  # seconds of computing for one file; more is a hang
STUCK = 12  # as many times as long may a file take that is not computed on: other programs may have the cores
MOST_MEMORY = 2e9  # bytes that the process may ever have in memory, beyond what the tests around it had


def each(count: int, attempt: Callable[[int], None], what: str) -> None:
    """Call attempt(0), attempt(1), ... and fail, with the number, where one raises, crashes, hangs or takes 2 GB."""
    if not hasattr(os, "fork"):  # Windows: the same without a second process to be sure of
        for number in range(count):
            attempt(number)
        return
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _child(count, attempt, writing)
    os.close(writing)
    number, said, begun, computed = -1, "", time.monotonic(), _computed(child)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        (had,) = struct.unpack("q", pipe.read(8))
        while True:
            if not select.select([pipe], [], [], SLOW)[0]:
                if time.monotonic() - begun < STUCK * SLOW and _computed(child) - computed < SLOW:
                    continue
                os.kill(child, signal.SIGKILL)
                said = f"took more than {SLOW:g} s"
                break
            step = pipe.read(4)
            if not step:
                break
            (number,) = struct.unpack("i", step)
            begun, computed = time.monotonic(), _computed(child)
            if number < 0:
                said = os.read(pipe.fileno(), 1 << 16).decode(errors="replace")
                break
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if said or code:
        pytest.fail(f"{what} {number if number >= 0 else ''}: {said or f'the process ended with {code}'}")
    most = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) - had
    assert number == count - 1 and most < MOST_MEMORY, f"{what} took {most / 1e9:.1f} GB"


def _computed(process: int) -> float:
    """Seconds that a process has computed so far; not a number where that cannot be told."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return float("nan")


def _resident() -> int:
    """Bytes that this process has in memory now; 0 where that cannot be told."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _child(count: int, attempt: Callable[[int], None], pipe: int) -> None:
    number = 0
    os.write(pipe, struct.pack("q", _resident()))
    try:
        for number in range(count):
            os.write(pipe, struct.pack("i", number))
            attempt(number)
        os._exit(0)
    except BaseException:
        os.write(pipe, struct.pack("i", -1) + f"number {number}: {traceback.format_exc()}".encode()[-16_000:])
    finally:
        os._exit(1)
