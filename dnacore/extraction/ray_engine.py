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

from dnacore.dna.adding import Sum
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import Cancelled, DnaError, Unavailable
from dnacore.extraction.loop import Loop
from dnacore.extraction.progress import Progress, Watch
from dnacore.extraction.ray_cluster import PIECE, Cluster, add_up, connect, is_held, places
from dnacore.extractors import Extractor
from dnacore.sketches.segments import SketchArrays
from dnacore.sketches.words import Words
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_files import ShardFiles, Written
from dnacore.workspace.store.shard_plan import FileRow, Member, Plan, Shard
from dnacore.workspace.store.shards import Setting, Store

TRIES = 3  # of one shard: more than that many lost workers in a row are the shard's fault, or the cluster's end
LOOK = 0.5  # seconds between two looks at what is done and whether a stop was asked for
WAITS = 15.0  # seconds without an answer of any worker before saying that others hold the cluster
PATIENCE = 120.0  # seconds without any machine that could hold a worker before giving up


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
        """Nothing is loaded yet, so that a worker answers as soon as the cluster has given it a place."""
        self._specification, self._weights, self._device = specification, weights, device
        self._threads, self._calibration = threads, calibration
        self._now = 0
        self._extractor: Extractor | None = None

    def _loaded(self) -> Extractor:
        """The network from this machine's own copy; it must be the very one that was asked for (`from_spec`)."""
        import torch

        from dnacore.extractors import from_spec

        torch.set_num_threads(self._threads)
        if self._extractor is None:
            here = (
                self._weights if os.path.isfile(self._weights) else None
            )  # else wherever this machine keeps its weights
            self._extractor = from_spec(self._specification, self._device, here)
        return self._extractor

    def count(self, work: Work, files: Sequence[FileRow], into: ShardFiles, before: int) -> Written:
        """Send a shard's images through the network and write its files. before: images done when it was handed out."""
        kept: list[Written] = []

        def keep(
            members: Sequence[Member], dna: DNA, sketches: SketchArrays | None, sketched: Sequence[str],
            words: Words | None,
        ) -> int:  # fmt: skip
            kept.append(into.write(members, dna, sketches, sketched, words))
            return into.shard

        loop = Loop(
            keep, work.dataset, self._loaded(), self._calibration, work.bins, work.sketch_every,
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
        self._asked: dict[Any, Any] = {}  # {actor: the answer to `now` that is still to come}
        self._through: dict[Any, int] = {}  # {actor that has answered: images of its shard that were through by then}
        self._heard = time.monotonic()

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
                self._hand_out(worker, todo, about, loop, store)
            if not self._busy():
                time.sleep(LOOK)
            waited = 0.0 if self._busy() else waited + LOOK
            if waited > PATIENCE:
                raise Unavailable(
                    f"The Ray cluster has had no machine with room for a worker for {PATIENCE:.0f} seconds. "
                    f"{loop.done:,} of {loop.total:,} images are kept: run it again when there is one."
                )
            for worker, written, files, tried in self._collected():
                if written is None:
                    if tried >= TRIES:
                        raise Unavailable(
                            f"A worker was lost {TRIES} times over the same {len(files):,} images, from {files[0].path} on. "
                            f"{loop.done:,} of {loop.total:,} images are kept: look at the cluster's own log, then run it again."
                        )
                    todo.appendleft((files, tried + 1))
                    continue
                self._hand_out(
                    worker, todo, about, loop, store
                )  # at once: the catalogue can wait, a network should not
                number = store.enter(loop.dataset, setting, written)
                finished.append(Shard(number, written.members))
                loop.done += len(written.members)
                loop.rejected += sum(1 for member in written.members if member.reason)
                loop.sketched += written.sketched
            self._tell(loop, self._in_hand())
        return finished

    def merge(self, loop: Loop, store: Store, setting: Setting) -> None:
        """Add the shards up on the cluster, some at a time, so that who asks for the DNA finds the sum."""

        def say(done: int, total: int) -> None:
            if loop.stop():
                raise Cancelled("Stopped on request. All images are kept; run it again to go on.")
            loop.say(Progress("adding up the shards of", loop.dataset.name, done, total))

        def with_room(paths: Sequence[Path]) -> Sum:
            if len(paths) > PIECE:
                self._end_workers()  # they hold the places that the sums need
            return add_up(self._ray, paths, say)

        store.merge_by(loop.dataset, setting, with_room)

    def _tell(self, loop: Loop, ahead: int) -> None:
        """Report how far it is, or that others hold the cluster and no worker has a place there so far."""
        if self._through or time.monotonic() - self._heard < WAITS or not is_held(self._ray, self._cluster):
            loop.tell(ahead)
            return
        stage = f"waiting for a free {'GPU' if self._cluster.gpus else 'CPU'} of the cluster for"
        loop.say(Progress(stage, loop.dataset.name, loop.done, loop.total, loop.rejected))

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
        cpus, gpus, room = places(self._ray, self._cluster)
        for _ in range(min(waiting - idle, room - len(self._workers))):
            extractor, weights = loop.extractor, str(loop.extractor.weights_file or "")
            worker = self._ray.remote(ShardWorker).options(
                num_cpus=cpus, num_gpus=gpus, max_concurrency=2, scheduling_strategy="SPREAD"
            ).remote(extractor.spec, weights, "cuda" if gpus else "cpu", max(1, int(cpus)), loop.calibration)  # fmt: skip
            self._workers[worker] = None

    def _hand_out(
        self, worker: Any, todo: deque[tuple[tuple[FileRow, ...], int]], about: Any, loop: Loop, store: Store
    ) -> None:
        """Give a worker the next shard, where there is one."""
        if todo:
            files, tried = todo.popleft()
            future = worker.count.remote(about, files, store.new_shard(), loop.done)
            self._workers[worker] = (future, files, tried)

    def _collected(self) -> Iterator[tuple[Any, Written | None, tuple[FileRow, ...], int]]:
        """(worker, what it has finished by now, the shard's files, try); None where it was lost with its shard."""
        if not self._busy():
            return
        from ray.exceptions import RayActorError, RayTaskError

        self._ray.wait(self._busy(), timeout=LOOK)  # returns with the first: no worker waits for the others
        ready, _ = self._ray.wait(self._busy(), timeout=0, num_returns=len(self._busy()))
        for worker, task in list(self._workers.items()):
            if task is None or task[0] not in ready:
                continue
            future, files, tried = task
            self._workers[worker] = None
            self._asked.pop(worker, None)  # what it was asked is of the shard before
            try:
                written = self._ray.get(future)
            except RayTaskError as problem:  # an error of ours, whose sentence is meant for the user
                raise problem.cause if isinstance(problem.cause, DnaError) else problem from None
            except RayActorError:
                del self._workers[worker]
                self._through.pop(worker, None)
                yield worker, None, files, tried
                continue
            self._through[worker] = 0
            yield worker, written, files, tried

    def _in_hand(self) -> int:
        """Images that are through in shards that are not finished yet, as far as the workers have said."""
        for worker, task in self._workers.items():
            if task is not None and worker not in self._asked:
                self._asked[worker] = worker.now.remote()
        asked = {answer: worker for worker, answer in self._asked.items()}
        for answer in self._ray.wait(list(asked), num_returns=len(asked), timeout=0)[0] if asked else []:
            del self._asked[asked[answer]]
            with suppress(Exception):  # a lost worker is noticed where its shard is collected
                self._through[asked[answer]] = self._ray.get(answer)
        if self._through:
            self._heard = time.monotonic()
        return sum(self._through.values())

    def _end_workers(self) -> None:
        for worker in self._workers:
            self._ray.kill(worker)
        self._workers, self._asked, self._through = {}, {}, {}


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
    connect(ray, cluster.address)
    engine = RayEngine(ray, cluster)
    try:
        yield engine
    finally:
        with suppress(Exception):  # the cluster may be gone; what ended the work is what is told
            engine._end_workers()
        ray.shutdown()
