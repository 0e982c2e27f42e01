"""Extraction on a Ray cluster: the same shards, counted by workers on any of its machines.

A shard is counted by exactly the code that counts it on one machine (`Loop`), inside a Ray actor that holds the network;
the actor writes the shard's files into the workspace's folder, which every machine sees under the same path, and only
this process, which holds the dataset, enters them into the catalogue. So a worker or a machine that is lost costs the
shards it had in hand and nothing else, and what was finished is never done again. Actors rather than Ray Data: a shard is
the unit of resuming, its batches must be cut at the same positions as ever, and one that fails is handed to another
worker without Ray deciding anew what belongs to it.

Ray is optional (requirements-ray.txt). It is imported here only, and only when it is asked for.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import Cancelled, DnaError, Unavailable
from dnacore.extraction.loop import Loop
from dnacore.extraction.progress import Progress, Watch
from dnacore.sketches.segments import SketchArrays
from dnacore.sketches.words import Words
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_files import ShardFiles, Written
from dnacore.workspace.store.shard_plan import FileRow, Member, Plan, Shard
from dnacore.workspace.store.shards import Setting, Store

TRIES = 3  # of one shard: more than that many lost workers in a row are the shard's fault, or the cluster's end
LOOK = 0.5  # seconds between two looks at what is done and whether a stop was asked for
PATIENCE = 120.0  # seconds without any machine that could hold a worker before giving up


@dataclass(frozen=True)
class Cluster:
    """Where and how to run. address: of a running cluster, "auto" to find one, "local" to start one on this machine.

    gpus: per worker (0: on the CPU). cpus: per worker; None is a whole machine's, or its share beside each GPU.
    """

    address: str = "auto"
    gpus: float = 0.0
    cpus: float | None = None


@dataclass(frozen=True)
class Work:
    """What a worker needs to know of a dataset, the same for all its shards."""

    dataset: Dataset
    bins: int
    sketch_every: int
    covariance: tuple[str, ...]
    batch_size: int
    total: int


class ShardWorker:
    """Counts shards, one at a time, in a process of its own. Ray makes an actor of it."""

    def __init__(
        self, specification: dict[str, Any], weights: str, device: str, threads: int, calibration: Calibration
    ) -> None:
        """Load the network from this machine's own copy; it must be the very one that was asked for (`from_spec`)."""
        import torch

        from dnacore.extractors import from_spec

        torch.set_num_threads(threads)
        here = weights if os.path.isfile(weights) else None  # else wherever this machine keeps its weights
        self._calibration = calibration
        self._now = 0
        self._problem: DnaError | None = None
        try:
            self._extractor = from_spec(specification, device, here)
        except DnaError as problem:  # raised here, it would look like a worker that was lost
            self._problem = problem

    def count(self, work: Work, files: Sequence[FileRow], into: ShardFiles, before: int) -> Written:
        """Send a shard's images through the network and write its files. before: images done when it was handed out."""
        if self._problem is not None:
            raise self._problem
        kept: list[Written] = []

        def keep(
            members: Sequence[Member], dna: DNA, sketches: SketchArrays | None, sketched: Sequence[str],
            words: Words | None,
        ) -> int:  # fmt: skip
            kept.append(into.write(members, dna, sketches, sketched, words))
            return into.shard

        loop = Loop(
            keep, work.dataset, self._extractor, self._calibration, work.bins, work.sketch_every,
            self._hear(before), lambda: False, work.total, work.covariance,
        )  # fmt: skip
        loop.done = before
        loop.shard(files, work.batch_size)
        self._now = 0
        return kept[0]

    def _hear(self, before: int) -> Watch:
        def hear(progress: Progress) -> None:
            self._now = progress.done - before

        return hear

    def now(self) -> int:
        """How many images of the shard in hand are through; answered while `count` runs."""
        return self._now


class RayEngine:
    """Runs `Loop`s on a cluster. Use `ray_engine`, which connects and cleans up."""

    def __init__(self, ray: Any, cluster: Cluster) -> None:
        self._ray, self._cluster = ray, cluster
        self._workers: dict[Any, tuple[Any, tuple[FileRow, ...], int] | None] = {}  # {actor: (future, files, try)}
        self._made_for: object = None

    def run(self, loop: Loop, work: Plan, batch_size: int, store: Store, setting: Setting) -> list[Shard]:
        """Extract what is to do; returns all shards, kept and new, as `Loop.run` does."""
        try:
            return self._run(loop, work, batch_size, store, setting)
        except BaseException:
            self._end_workers()  # the next dataset must not be given the shards of this one
            raise

    def _run(self, loop: Loop, work: Plan, batch_size: int, store: Store, setting: Setting) -> list[Shard]:
        finished = loop.begin(work)
        todo = deque((files, 1) for files in work.todo)
        if not todo:
            return finished
        about = self._ray.put(
            Work(loop.dataset, loop.bins, loop.sketch_every, tuple(loop.covariance), batch_size, loop.total)
        )
        self._made_ready(loop)
        waited = 0.0
        while todo or self._busy():
            if loop.stop():
                raise Cancelled(
                    f"Stopped on request. {loop.done:,} of {loop.total:,} images of “{loop.dataset.name}” are kept; run it "
                    "again to go on."
                )
            self._hire(loop, len(todo))
            for worker in [worker for worker, task in self._workers.items() if task is None]:
                if todo:
                    files, tried = todo.popleft()
                    future = worker.count.remote(about, files, store.new_shard(), loop.done)
                    self._workers[worker] = (future, files, tried)
            if not self._busy():
                time.sleep(LOOK)
            waited = 0.0 if self._busy() else waited + LOOK
            if waited > PATIENCE:
                raise Unavailable(
                    f"The Ray cluster has had no machine with room for a worker for {PATIENCE:.0f} seconds. "
                    f"{loop.done:,} of {loop.total:,} images are kept: run it again when there is one."
                )
            for written, files, tried in self._collected():
                if written is None:
                    if tried >= TRIES:
                        raise Unavailable(
                            f"A worker was lost {TRIES} times over the same {len(files):,} images, from {files[0].path} on. "
                            f"{loop.done:,} of {loop.total:,} images are kept: look at the cluster's own log, then run it again."
                        )
                    todo.appendleft((files, tried + 1))
                    continue
                number = store.enter(loop.dataset, setting, written)
                finished.append(Shard(number, written.members))
                loop.done += len(written.members)
                loop.rejected += sum(1 for member in written.members if member.reason)
                loop.sketched += written.sketched
            loop.tell(self._in_hand())
        return finished

    # -- workers -------------------------------------------------------------------------------------------------------

    def _busy(self) -> list[Any]:
        return [task[0] for task in self._workers.values() if task is not None]

    def _made_ready(self, loop: Loop) -> None:
        """End workers that hold another network or other ranges."""
        key = loop.extractor.fingerprint, loop.calibration.fingerprint
        if self._made_for != key:
            self._end_workers()
            self._made_for = key

    def _hire(self, loop: Loop, waiting: int) -> None:
        """Start workers for the machines that have room, as long as there are shards for them."""
        idle = sum(task is None for task in self._workers.values())
        cpus, gpus, places = _places(self._ray, self._cluster)
        for _ in range(min(waiting - idle, places - len(self._workers))):
            extractor, weights = loop.extractor, str(loop.extractor.weights_file or "")
            worker = self._ray.remote(ShardWorker).options(
                num_cpus=cpus, num_gpus=gpus, max_concurrency=2, scheduling_strategy="SPREAD"
            ).remote(extractor.spec, weights, "cuda" if gpus else "cpu", max(1, int(cpus)), loop.calibration)  # fmt: skip
            self._workers[worker] = None

    def _collected(self) -> Iterator[tuple[Written | None, tuple[FileRow, ...], int]]:
        """What the workers have finished by now; None where one was lost with its shard."""
        if not self._busy():
            return
        from ray.exceptions import RayActorError, RayTaskError

        ready, _ = self._ray.wait(self._busy(), timeout=LOOK, num_returns=len(self._busy()))
        for worker, task in list(self._workers.items()):
            if task is None or task[0] not in ready:
                continue
            future, files, tried = task
            self._workers[worker] = None
            try:
                yield self._ray.get(future), files, tried
            except RayTaskError as problem:  # an error of ours, whose sentence is meant for the user
                raise problem.cause if isinstance(problem.cause, DnaError) else problem from None
            except RayActorError:
                del self._workers[worker]
                yield None, files, tried

    def _in_hand(self) -> int:
        """Images that are through in shards that are not finished yet."""
        asked = [worker.now.remote() for worker, task in self._workers.items() if task is not None]
        total = 0
        for answer in self._ray.wait(asked, num_returns=len(asked), timeout=LOOK)[0] if asked else []:
            with suppress(Exception):  # a lost worker is noticed where its shard is collected
                total += self._ray.get(answer)
        return total

    def _end_workers(self) -> None:
        for worker in self._workers:
            self._ray.kill(worker)
        self._workers = {}


def _places(ray: Any, cluster: Cluster) -> tuple[float, float, int]:
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


@contextmanager
def ray_engine(cluster: Cluster) -> Iterator[RayEngine]:
    """Connect to a Ray cluster, or start one on this machine where none runs. Raises Unavailable without Ray."""
    try:
        import ray
    except ImportError as error:
        raise Unavailable(
            "Extraction on a Ray cluster needs the package ray, which is not installed here. Get it with: "
            "python -m pip install -r requirements-ray.txt. Without --engine ray this machine extracts alone."
        ) from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anyone
    _connect(ray, cluster.address)
    engine = RayEngine(ray, cluster)
    try:
        yield engine
    finally:
        with suppress(Exception):
            engine._end_workers()
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    # What a worker imports is what this process runs, also where it was not installed but started from a checkout.
    beside = {"env_vars": {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *_python_path()])}}
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
    # On this machine alone, and reachable from this machine alone.
    ray.init(address="local", include_dashboard=False, _node_ip_address="127.0.0.1", **quiet)


def _python_path() -> list[str]:
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
