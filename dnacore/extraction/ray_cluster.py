"""A Ray cluster: reaching or starting one, how many workers it has room for, and adding shards up on it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dnacore.dna.adding import Sum, add_files, add_sum
from dnacore.errors import DnaError, Unavailable

PIECE = 64  # shards that one task adds up
PATIENCE = 60.0  # seconds without the first sum before this process adds up alone
LOOK = 0.5  # seconds between two looks at whether a stop was asked for


@dataclass(frozen=True)
class Cluster:
    """Where and how to run. address: of a running cluster, "auto" to find one, "local" to start one on this machine.

    gpus: per worker (0: on the CPU). cpus: per worker; None is a whole machine's, or its share beside each GPU.
    """

    address: str = "auto"
    gpus: float = 0.0
    cpus: float | None = None


def places(ray: Any, cluster: Cluster) -> tuple[float, float, int]:
    """(CPUs a worker, GPUs a worker, how many workers the living machines have room for)."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    able = [(m.get("CPU", 0.0), m.get("GPU", 0.0)) for m in machines]
    able = [(cpu, gpu) for cpu, gpu in able if cpu >= 1 and gpu >= cluster.gpus]
    if not able:
        return 1.0, cluster.gpus, 0
    if cluster.cpus:
        cpus = cluster.cpus
    elif cluster.gpus:
        cpus = min(max(1.0, cpu // max(1, int(gpu / cluster.gpus))) for cpu, gpu in able)
    else:
        cpus = min(cpu for cpu, _ in able)
    rooms = (min(cpu // cpus, int(gpu / cluster.gpus) if cluster.gpus else cpu) for cpu, gpu in able)
    return cpus, cluster.gpus, int(sum(rooms))


def is_held(ray: Any, cluster: Cluster) -> bool:
    """Whether somebody holds any of what a worker needs."""
    kind = "GPU" if cluster.gpus else "CPU"
    return bool(ray.available_resources().get(kind, 0.0) < ray.cluster_resources().get(kind, 0.0))


def add_up(ray: Any, paths: Sequence[Path], say: Callable[[int, int], None]) -> Sum:
    """The sum of shard files, added up by tasks of the cluster, a piece each. say: called with (files, of how many).

    Counts are added as they come, moments in the order of the files, so that the sum is that of one process to the last
    bit. Raises as `add_files` does, and Unavailable where a task was lost too often.
    """
    from ray.exceptions import RayError, RayTaskError

    pieces = [list(paths[start : start + PIECE]) for start in range(0, len(paths), PIECE)]
    if len(pieces) < 2:
        return add_files(paths)
    task = ray.remote(add_files).options(num_cpus=1, max_retries=2)
    width = 2 + int(ray.cluster_resources().get("CPU", 1))  # sums, of 80 MB each, that may wait in the cluster's memory
    waiting: deque[Any] = deque()
    total, done, started = None, 0, time.monotonic()
    try:
        while done < len(pieces):
            while len(waiting) < width and done + len(waiting) < len(pieces):
                number = done + len(waiting)
                waiting.append(task.remote(pieces[number], number > 0))
            say(min(done * PIECE, len(paths)), len(paths))
            if not ray.wait([waiting[0]], timeout=LOOK)[0]:
                if total is None and time.monotonic() - started > PATIENCE:  # others hold the cluster
                    return add_files(paths)
                continue
            found: Sum = ray.get(waiting.popleft())
            if total is None:  # what comes out of the cluster's memory cannot be written to
                total = replace(found, histograms=found.histograms.copy(), outside=found.outside.copy())
            else:
                add_sum(total, found)
            done += 1
    except RayTaskError as problem:
        raise problem.cause if isinstance(problem.cause, DnaError) else problem from None
    except RayError as problem:
        raise Unavailable(f"The cluster could not add the shards up ({type(problem).__name__}).") from problem
    finally:
        for left in waiting:
            ray.cancel(left)
    assert total is not None
    return total


def connect(ray: Any, address: str) -> None:
    """Connect to a cluster, or start one on this machine where none runs. Raises Unavailable."""
    heed = signal.getsignal(signal.SIGTERM)
    try:
        _connected(ray, address)
    finally:  # Ray's own would end this process on the spot, instead of cancelling the job
        if heed is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, heed)


def _connected(ray: Any, address: str) -> None:
    # What a worker imports is what this process runs, also where it was not installed but started from a checkout.
    # A worker's network runs in a thread, whose freed memory glibc would give back in spite of `forward.malloc` if the
    # thread had an arena of its own: that cost half of a forward (docs/scale.md).
    path = os.pathsep.join([str(Path(__file__).parents[2]), *_python_path()])
    beside = {"env_vars": {"PYTHONPATH": path, "MALLOC_ARENA_MAX": "1"}}
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error", "runtime_env": beside}
    if address != "local":
        try:
            ray.init(address=address, **quiet)
            return
        except (ConnectionError, ValueError) as error:
            if address != "auto":
                raise Unavailable(
                    f"No Ray cluster answers at {address}. Start one there (ray start --head), or leave --ray-address out."
                ) from error
    if hasattr(os, "nice"):  # else workers have 15 and wait for every other program, which the local engine does not
        os.environ.setdefault("RAY_worker_niceness", str(os.nice(0)))
    # On this machine alone, and reachable from this machine alone.
    ray.init(address="local", include_dashboard=False, _node_ip_address="127.0.0.1", **quiet)


def _python_path() -> list[str]:
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
