"""Extraction on a Ray cluster of three machines, all of them this one: the same DNA, whatever is lost on the way."""

from __future__ import annotations

import builtins
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dnacore as dc
from dnacore.errors import Cancelled, Unavailable
from dnacore.extraction import ray_cluster, ray_engine
from dnacore.extraction.extraction import Report, extract_dataset
from dnacore.extraction.progress import Progress
from dnacore.extractors import load_extractor
from dnacore.workspace import jobs

FOLDERS, EACH = 6, 32  # a folder of 32 images is a shard of its own
LISTED = "listed.txt"
PATIENCE = 300.0  # seconds; a busy machine starts three workers in a minute or two


def test_without_ray_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "ray":
            raise ImportError(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(Unavailable, match="requirements-ray.txt"), ray_engine.ray_engine(ray_engine.Cluster()):
        pass


class OneMachine:
    """As much of Ray as the engine needs: one machine of two cores whose workers refuse the first shard."""

    class TaskError(Exception):
        cause = dc.BadInput("no")

    def __init__(self) -> None:
        self.killed: list[object] = []

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": {"CPU": 2.0, "GPU": 1.0}}]

    def available_resources(self) -> dict[str, float]:
        return {}

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0, "GPU": 1.0}

    def put(self, thing: object) -> object:
        return thing

    def remote(self, kind: type) -> Any:
        def method() -> Any:
            return SimpleNamespace(remote=lambda *_: object())

        return SimpleNamespace(
            options=lambda **_: SimpleNamespace(
                remote=lambda *_: type("Actor", (), {"count": method(), "now": method()})()
            )
        )

    def wait(self, futures: list[object], **_: object) -> tuple[list[object], list[object]]:
        return futures[:1], futures[1:]

    def get(self, future: object) -> object:
        raise self.TaskError

    def kill(self, worker: object) -> None:
        self.killed.append(worker)


def test_a_dataset_that_fails_leaves_no_worker_at_its_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what they give later would be entered as the next dataset's."""
    there = OneMachine()
    errors = SimpleNamespace(RayActorError=ConnectionError, RayTaskError=OneMachine.TaskError)
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(exceptions=errors))
    monkeypatch.setitem(sys.modules, "ray.exceptions", errors)
    network = SimpleNamespace(fingerprint="n", spec={}, weights_file=None)
    loop: Any = SimpleNamespace(
        begin=lambda work: [], stop=lambda: False, dataset=None, bins=10, sketch_every=0, covariance=(), total=2, done=0,
        extractor=network, calibration=SimpleNamespace(fingerprint="c"),
    )  # fmt: skip
    store: Any = SimpleNamespace(new_shard=lambda: None)
    engine = ray_engine.RayEngine(there, ray_engine.Cluster(cpus=1))
    with pytest.raises(dc.BadInput):
        engine.run(loop, SimpleNamespace(todo=[("a",), ("b",)]), 8, store, None)  # type: ignore[arg-type]
    assert len(there.killed) == 2 and not engine._workers


def test_a_share_of_a_gpu_is_counted_in_full() -> None:
    assert ray_cluster.places(OneMachine(), ray_engine.Cluster(gpus=0.5, cpus=1)) == (1, 0.5, 2)
    assert ray_cluster.places(OneMachine(), ray_engine.Cluster(gpus=0.1, cpus=0.1))[2] == 10


def test_a_cluster_that_others_hold_is_said_and_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    there, said = OneMachine(), []
    errors = SimpleNamespace(RayActorError=ConnectionError, RayTaskError=OneMachine.TaskError)
    monkeypatch.setitem(sys.modules, "ray.exceptions", errors)
    monkeypatch.setattr(ray_engine, "WAITS", 0.0)
    monkeypatch.setattr(there, "wait", lambda futures, **_: ([], futures))
    network = SimpleNamespace(fingerprint="n", spec={}, weights_file=None)
    loop: Any = SimpleNamespace(
        begin=lambda work: [], stop=lambda: len(said) > 2, dataset=SimpleNamespace(name="all"), bins=10, sketch_every=0,
        covariance=(), total=2, done=0, rejected=0, extractor=network, calibration=SimpleNamespace(fingerprint="c"),
        say=lambda progress: said.append(progress.stage), tell=lambda ahead: said.append("extracting"),
    )  # fmt: skip
    store: Any = SimpleNamespace(new_shard=lambda: None)
    for gpus, what in ((0.0, "CPU"), (1.0, "GPU")):
        said.clear()
        engine = ray_engine.RayEngine(there, ray_engine.Cluster(gpus=gpus, cpus=1))
        with pytest.raises(Cancelled):
            engine.run(loop, SimpleNamespace(todo=[("a",), ("b",)]), 8, store, None)  # type: ignore[arg-type]
        assert set(said) == {f"waiting for a free {what} of the cluster for"} and not engine._workers


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three machines of one core each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray's own spelling; else its workers wait for whatever else runs
    made = pytest.importorskip("ray.cluster_utils").Cluster
    found = made(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(2):
        found.add_node(num_cpus=1)
    yield found
    found.shutdown()


@pytest.fixture(scope="module")
def engine(cluster: Any) -> Iterator[ray_engine.RayEngine]:
    """One connection for all tests: its workers, which take seconds to start, go on with the next dataset."""
    with ray_engine.ray_engine(ray_engine.Cluster(cluster.address, cpus=1)) as found:
        yield found


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders and tar shards, one beside the other; LISTED names some of either."""
    folder, draw = tmp_path_factory.mktemp("ray") / "images", np.random.default_rng(0)
    for kind in range(FOLDERS):
        inside = folder / f"kind {kind}"
        inside.mkdir(parents=True)
        for number in range(EACH):
            pixels = draw.integers(0, 40 * kind + 50, (40, 48, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(inside / f"{number:02d}.png")
        if kind % 2:
            with tarfile.open(f"{inside}.tar", "w") as tar:
                for file in sorted(inside.iterdir()):
                    tar.add(file, file.name)
            shutil.rmtree(inside)
    (folder / "kind 0" / "broken.png").write_bytes(b"no picture")
    (folder.parent / LISTED).write_text(
        "".join(f"images/kind {kind}/{number:02d}.png\n" for kind in ("0", "1.tar") for number in range(20))
    )
    return folder


@pytest.fixture(scope="module")
def network() -> tuple[dc.Extractor, dc.Calibration]:
    found = load_extractor("random_resnet18", "cpu", input_size=64)
    spread = np.full(found.n_neurons, 4.0)
    return found, dc.Calibration(-spread, spread, found.layers, found.fingerprint, "test")


@pytest.fixture(scope="module")
def expected(network: tuple[dc.Extractor, dc.Calibration], images: Path, tmp_path_factory: pytest.TempPathFactory):
    """What this process makes of the images, with as many threads as a worker has."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    workspace = opened(tmp_path_factory.mktemp("local"), images)
    for dataset in (workspace.dataset("all"), workspace.add_dataset("listed", images.parent / LISTED)):
        extract_dataset(workspace, dataset, *network, batch_size=8)
    torch.set_num_threads(threads)
    return workspace


def opened(home: Path, images: Path) -> dc.Workspace:
    workspace = dc.Workspace.open(home / "workspace")
    workspace.add_dataset("all", images)
    return workspace


def on_ray(
    workspace: dc.Workspace, network: Any, engine: ray_engine.RayEngine,
    watch: Callable[[Progress], None] | None = None, name: str = "all",
) -> Report:  # fmt: skip
    dataset = workspace.dataset(name)
    return extract_dataset(workspace, dataset, *network, batch_size=8, progress=watch, engine=engine)


def shards(workspace: dc.Workspace) -> set[int]:
    with workspace.catalogue.reading() as db:
        found = db.execute("SELECT shard.id FROM shard JOIN dataset ON dataset = dataset.id WHERE name = 'all'")
        return {row["id"] for row in found}


def same(found: dc.Workspace, expected: dc.Workspace, name: str = "all", images: int = FOLDERS * EACH) -> None:
    label = expected.store.settings()[0].label
    one, other = found.dna(name, label), expected.dna(name, label)
    assert one is not None and other is not None
    for array in ("histograms", "outside", "mean", "deviations"):
        np.testing.assert_array_equal(getattr(one, array), getattr(other, array))
    assert one.images == other.images == images
    assert one.rejected == other.rejected and len(one.rejected) == (name == "all")
    left, right = found.sketches(name, label), expected.sketches(name, label)
    assert left is not None and right is not None and len(left) == len(right) == images
    assert len(shards(found)) == len(shards(expected)) == FOLDERS


def workers_here() -> list[int]:
    """The processes that count shards, among those that this one started."""
    above, named = {}, []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            above[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if (process / "cmdline").read_bytes().startswith(b"ray::ShardWorker"):
                named.append(int(process.name))
    return [one for one in named if os.getpid() in lineage(one, above)]


def lineage(process: int, above: dict[int, int]) -> Iterator[int]:
    while process := above.get(process, 0):
        yield process


@pytest.mark.slow
def test_a_cluster_gives_the_dna_that_one_machine_gives(engine, network, images, expected, tmp_path: Path) -> None:
    seen: list[int] = []
    workspace = opened(tmp_path, images)
    report = on_ray(workspace, network, engine, lambda progress: seen.append(progress.done))
    assert (report.extracted, report.reused, len(report.rejected)) == (FOLDERS * EACH + 1, 0, 1)
    assert seen[-1] == FOLDERS * EACH + 1 and max(seen) == seen[-1]
    same(workspace, expected)
    again = on_ray(workspace, network, engine)
    assert (again.extracted, again.reused) == (0, FOLDERS * EACH + 1)
    workspace.add_dataset("listed", images.parent / LISTED)
    assert on_ray(workspace, network, engine, name="listed").extracted == 40
    same(workspace, expected, "listed", 40)


@pytest.mark.slow
def test_a_killed_worker_costs_only_the_shard_it_had_in_hand(engine, network, images, expected, tmp_path: Path) -> None:
    workspace, killed = opened(tmp_path, images), set[int]()
    kept: set[int] = set()

    def watch(progress: Progress) -> None:
        if progress.stage == "extracting" and not killed and shards(workspace):
            kept.update(shards(workspace))
            killed.update(workers_here()[:1])
            for worker in killed:
                os.kill(worker, signal.SIGKILL)

    report = on_ray(workspace, network, engine, watch)
    assert killed and kept and report.extracted == FOLDERS * EACH + 1
    assert kept <= shards(workspace), "what was finished was not done again"
    same(workspace, expected)


@pytest.mark.slow
def test_a_lost_machine_costs_only_what_it_had_in_hand(
    cluster, engine, network, images, expected, tmp_path: Path
) -> None:
    workspace = opened(tmp_path, images)
    lost = cluster.add_node(num_cpus=1)
    kept: set[int] = set()

    def watch(progress: Progress) -> None:
        if progress.stage == "extracting" and progress.done and not kept and shards(workspace):
            kept.update(shards(workspace))
            cluster.remove_node(lost, allow_graceful=False)

    report = on_ray(workspace, network, engine, watch)
    assert kept, "the machine was lost in the middle"
    assert report.extracted == FOLDERS * EACH + 1
    assert kept <= shards(workspace), "what was finished was not done again"
    same(workspace, expected)


@pytest.mark.slow
def test_shards_added_up_on_a_cluster_give_the_same_dna(
    engine, network, images, expected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_cluster, "PIECE", 2)
    monkeypatch.setattr(ray_engine, "PIECE", 2)
    stages: list[str] = []
    workspace = opened(tmp_path, images)
    on_ray(workspace, network, engine, lambda progress: stages.append(progress.stage))
    assert "adding up the shards of" in stages
    (setting,) = workspace.store.settings()
    merged = workspace.store.merged_file(workspace.store._extracted(workspace.dataset("all"), setting) or [])
    assert merged.is_file(), "who asks for the DNA finds the sum"
    same(workspace, expected)


@pytest.mark.slow
def test_a_job_on_a_held_cluster_says_so_and_is_cancelled_and_resumed_like_any_other(
    cluster, engine, images, tmp_path: Path
) -> None:
    ray = pytest.importorskip("ray")
    workspace = opened(tmp_path, images)
    engine._end_workers()
    held = [ray.remote(Holder).options(num_cpus=1).remote() for _ in range(3)]
    ray.get([one.here.remote() for one in held])
    command = ["extract", "all", "--extractor", "mini", "--engine", "ray", "--ray-address", cluster.address]
    number = jobs.start(workspace, [*command, "--cpus-per-worker", "1"], datasets=["all"]).id
    waiting = until(workspace, number, lambda job: job.state != "running" or job.stage.startswith("waiting for a free"))
    assert (waiting.state, waiting.stage) == ("running", "waiting for a free CPU of the cluster for all")
    jobs.cancel(workspace, number)
    ended = until(workspace, number, lambda job: job.state != "running")
    assert ended.state == "cancelled" and ended.message.startswith("Stopped on request"), jobs.log(workspace, number)
    assert not shards(workspace)
    for one in held:
        ray.kill(one)
    jobs.resume(workspace, number)
    ended = until(workspace, number, lambda job: job.state != "running")
    assert (ended.state, ended.done) == ("done", FOLDERS * EACH + 1), jobs.log(workspace, number)
    assert workspace.dna("all", workspace.store.settings()[0].label) is not None


def until(workspace: dc.Workspace, number: str, ready: Callable[[jobs.Job], bool]) -> jobs.Job:
    deadline = time.monotonic() + PATIENCE
    while not ready(found := jobs.job(workspace, number)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


class Holder:
    """Somebody else's work on the cluster."""

    def here(self) -> bool:
        return True


@pytest.mark.slow
def test_a_killed_driver_goes_on_where_it_stopped(cluster, engine, network, images, expected, tmp_path: Path) -> None:
    workspace = opened(tmp_path, images)
    workspace.choose_calibration(network[1])
    engine._end_workers()  # they hold the places that the other driver's need
    script = (
        "import sys; from tests.extraction import test_ray as t; import dnacore as dc\n"
        "net = t.load_extractor('random_resnet18', 'cpu', input_size=64)\n"
        "ws = dc.Workspace.open(sys.argv[1]); ranges = ws.calibration(net.fingerprint)\n"
        "with t.ray_engine.ray_engine(t.ray_engine.Cluster(sys.argv[2], cpus=1)) as engine:\n"
        "    t.on_ray(ws, (net, ranges), engine)"
    )
    command = [sys.executable, "-c", script, str(workspace.root), cluster.address]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], start_new_session=True) as driver:
        deadline = time.monotonic() + PATIENCE
        while not shards(workspace) and driver.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(driver.pid, signal.SIGKILL)
    kept = shards(workspace)
    assert kept
    report = on_ray(workspace, network, engine)
    assert report.reused >= EACH * len(kept)
    assert kept <= shards(workspace)
    same(workspace, expected)
