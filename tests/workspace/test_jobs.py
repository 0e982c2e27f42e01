"""Background jobs: real processes that report, stop, die and go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.commands import parser, progress
from dnacore.errors import BadInput, UnknownName
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.workspace import jobs
from dnacore.workspace import journal as journals
from dnacore.workspace.journal import Journal
from tests import small_world
from tests.gates import Gate
from tests.small_world import draw


@pytest.fixture
def ws(tmp_path: Path) -> dc.Workspace:
    return dc.Workspace.open(tmp_path / "home \N{DNA DOUBLE HELIX}")


def until(what: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def write(ws: dc.Workspace, number: str, *events: dict | bytes) -> None:
    """A job as it looks on disk after these events."""
    jobs.describe(ws, number, ["extract", "d"], datasets=["d"])
    lines = [e if isinstance(e, bytes) else json.dumps({"time": time.time()} | e).encode() for e in events]
    (ws.root / "jobs" / number / "journal.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


PROGRESS = {
    "event": "progress",
    "stage": "extracting d",
    "done": 3,
    "total": 9,
    "rejected": 1,
    "rate": 2.5,
    "left": 2.4,
}


@pytest.mark.slow
def test_a_killed_job_goes_on_and_gives_the_dna_of_one_run(
    ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    for part in range(3):
        draw(folder / f"part {part}", 32, seed=part)  # folders of 32 images and more are shards of their own
    ws.add_dataset("d", folder)

    gate = Gate(tmp_path)
    for name, value in gate.environment.items():
        monkeypatch.setenv(name, value)
    job = jobs.start(ws, ["extract", "d", "--batch-size", "4"], title="Extracting d", datasets=["d"])
    assert (job.state, job.title, job.datasets) == ("running", "Extracting d", ("d",))
    with pytest.raises(BadInput, match="still running"):
        jobs.resume(ws, job.id)
    with pytest.raises(BadInput, match="still running"):
        jobs.forget(ws, job.id)

    def shards() -> int:
        return len(list((ws.root / "shards").glob("*.npz")))

    until(lambda: gate.reached)
    watched = dc.Workspace.open(ws.root)  # a dashboard that was restarted
    assert [j.id for j in jobs.list_jobs(watched)] == [job.id]
    now = jobs.job(watched, job.id)
    assert now.state == "running" and now.stage == "extracting d" and 0 < now.done <= now.total == 96
    pid = [e["pid"] for e in journals.events_of(ws.root / "jobs" / job.id) if e["event"] == "started"][-1]
    os.kill(pid, signal.SIGKILL)
    gate.open()
    until(lambda: jobs.job(watched, job.id).state != "running")
    killed = jobs.job(watched, job.id)
    assert killed.state == "interrupted" and "resume it to go on" in killed.message
    kept = shards()
    assert 1 <= kept < 3

    jobs.resume(watched, job.id)
    until(lambda: jobs.job(watched, job.id).state != "running")
    done = jobs.job(watched, job.id)
    assert (done.state, done.done, done.total) == ("done", 96, 96), jobs.log(ws, job.id)
    assert "96 images" in done.message and "96 images" in jobs.log(ws, job.id)
    extracted = int(done.message.split(" images, ")[1].split(" extracted now")[0])
    assert extracted in (96 - 32 * kept, 96 - 32 * (kept - 1)), "at most the shard it was writing is done again"

    once = dc.extract(folder, dc.load_extractor(DEFAULT_EXTRACTOR, "cpu"), batch_size=4, workspace=tmp_path / "fresh")
    found = ws.dna("d", DEFAULT_EXTRACTOR)
    for field in ("histograms", "mean", "deviations"):
        np.testing.assert_array_equal(getattr(found, field), getattr(once, field))
    jobs.forget(ws, job.id)
    assert jobs.list_jobs(ws) == []


def test_a_cancelled_extraction_keeps_its_shards(
    ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cancelling is a signal to the process that runs the command; here it is this one."""
    small_world.use_small_network(monkeypatch)
    ws = small_world.workspace(ws.root)
    for part in range(3):
        draw(tmp_path / "in" / f"part {part}", 32, seed=part)
    ws.add_dataset("d", tmp_path / "in")
    jobs.describe(ws, "j-1", ["extract", "d"], datasets=["d"])
    command = ["extract", "d", "--batch-size", "4", "--workspace", str(ws.root), "--job", "j-1"]

    def cancel() -> None:
        until(lambda: list((ws.root / "shards").glob("*.npz")))
        jobs.cancel(dc.Workspace.open(ws.root), "j-1")

    canceller, replace = threading.Thread(target=cancel), os.replace

    def stopping(source: Path, target: Path) -> None:
        """Once a shard is in its place the next waits for the canceller, however slow that is."""
        replace(source, target)
        if Path(target).parent.name == "shards" and canceller.is_alive():
            canceller.join(300)

    monkeypatch.setattr(os, "replace", stopping)
    canceller.start()
    assert parser.main(command) == 2
    canceller.join()
    said = capsys.readouterr().err
    assert said.startswith("Stopped on request.") and said.count("\n") == 1
    cancelled = jobs.job(ws, "j-1")
    assert (cancelled.state, cancelled.message) == ("cancelled", said.strip())
    kept = sum(row.images for row in [dc.load_dna(p) for p in (ws.root / "shards").glob("*.npz")])
    assert 32 <= kept < 96

    assert parser.main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["datasets"][0]
    assert (report["extracted"], report["reused"]) == (96 - kept, kept)
    assert jobs.job(ws, "j-1").state == "done"


def test_a_cancelled_process_that_ends_late_does_not_speak_for_the_one_that_took_over(
    ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[threading.Event] = []

    class Process:
        def __init__(self, *_: object, **__: object) -> None:
            self.end = threading.Event()
            ends.append(self.end)

        def wait(self) -> int:
            assert self.end.wait(60)
            return 1

    monkeypatch.setattr(jobs.subprocess, "Popen", Process)
    job = jobs.start(ws, ["extract", "d"], datasets=["d"])
    first = next(thread for thread in threading.enumerate() if thread.name == f"job-{job.id}")
    for event in ("started", "cancelled"):
        journals.append(ws.root / "jobs" / job.id, {"event": event})
    jobs.resume(ws, job.id)
    ends[0].set()
    first.join(60)
    assert jobs.job(ws, job.id).state == "running"
    ends[1].set()  # this one never started
    until(lambda: jobs.job(ws, job.id).state == "failed")


def test_a_job_that_cannot_start_says_so(ws: dc.Workspace) -> None:
    job = jobs.start(ws, ["frobnicate"])
    until(lambda: jobs.job(ws, job.id).state != "running")
    assert jobs.job(ws, job.id).state == "failed"
    assert "could not start" in jobs.job(ws, job.id).message
    assert "invalid choice" in jobs.log(ws, job.id)
    write_started = {"event": "started", "pid": 1}
    journals.append(ws.root / "jobs" / job.id, write_started)  # it had run once before
    jobs.resume(ws, job.id)
    until(lambda: jobs.job(ws, job.id).state != "running")
    assert jobs.job(ws, job.id).state == "failed"


@pytest.mark.parametrize(
    ("events", "state", "done", "message"),
    [
        ([], "running", 0, ""),
        ([{"event": "queued"}], "running", 0, ""),
        ([{"event": "queued", "time": 1.0}], "interrupted", 0, "stopped from outside"),
        ([{"event": "started", "pid": 1}, PROGRESS], "interrupted", 3, "stopped from outside"),
        ([{"event": "started", "pid": 1}, PROGRESS, {"event": "finished", "message": "ok"}], "done", 3, "ok"),
        (
            [{"event": "started", "pid": 1}, PROGRESS, {"event": "failed", "message": "no"}, {"event": "queued"}],
            "running",
            0,
            "",
        ),
        ([{"event": "started", "pid": 1}, {"event": "cancelled", "message": "stop"}], "cancelled", 0, "stop"),
    ],
)
def test_what_the_journal_says(ws: dc.Workspace, events: list, state: str, done: int, message: str) -> None:
    write(ws, "j-1", *events)
    found = jobs.job(ws, "j-1")
    assert (found.state, found.done) == (state, done)
    assert message in found.message
    assert (found.finished is None) == (state == "running")


def test_a_job_that_ends_while_it_is_asked_to_stop_is_done(ws: dc.Workspace) -> None:
    jobs.describe(ws, "j-1", ["extract", "d"])
    with journals.Journal(ws, "j-1") as journal:
        journal.end("finished", "d: 10 images")
    journals.append(ws.root / "jobs" / "j-1", {"event": jobs.STOPPING})
    found = jobs.job(ws, "j-1")
    assert (found.state, found.message) == ("done", "d: 10 images")


def test_a_job_over_a_thousand_datasets_is_done_when_it_says_so(ws: dc.Workspace) -> None:
    jobs.describe(ws, "j-1", ["extract", "d"])
    with journals.Journal(ws, "j-1") as journal:
        journal.end(
            "finished",
            "\n".join(f"dataset \N{DNA DOUBLE HELIX} {i}: 10 images, 10 extracted now" for i in range(2_000)),
        )
    found = jobs.job(ws, "j-1")
    assert found.state == "done" and found.message.startswith("dataset \N{DNA DOUBLE HELIX} 0: 10 images")


def test_a_job_is_stopping_until_its_process_has_ended(ws: dc.Workspace) -> None:
    jobs.describe(ws, "j-1", ["extract", "d"])
    with journals.Journal(ws, "j-1") as journal:
        journal.progress("extracting d", 3, 10)
        journals.append(ws.root / "jobs" / "j-1", {"event": jobs.STOPPING})
        found = jobs.job(ws, "j-1")
        assert (found.state, found.stage, found.done) == ("running", jobs.STOPPING, 3)
        journal.end("cancelled", "Stopped on request.")
        assert (jobs.job(ws, "j-1").state, jobs.job(ws, "j-1").stage) == ("running", jobs.STOPPING)
        with pytest.raises(dc.BadInput, match="still running"):
            jobs.resume(ws, "j-1")
    assert jobs.job(ws, "j-1").state == "cancelled"


@pytest.mark.parametrize(
    "damage",
    [b"\xff\xfe\x00", b"{", b"[]", b"3", b"null", b'{"event": 3}', b'{"evnt": "progress"}',
     b'{"event": "progress", "done": "many"}',
     b'{"event": "progress", "done": null, "total": [], "rate": NaN, "left": {}, "stage": 3, "time": "x"}', b""],
)  # fmt: skip
def test_a_damaged_journal_line_is_passed_over(ws: dc.Workspace, damage: bytes) -> None:
    write(ws, "j-1", {"event": "started", "pid": 1}, PROGRESS, damage)
    found = jobs.job(ws, "j-1")
    assert found.state == "interrupted"
    assert found.done in (0, 3) and isinstance(found.stage, str)
    assert [j.id for j in jobs.list_jobs(ws)] == ["j-1"]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"id": "j-1"}', b'{"title": 3, "command": {}, "datasets": 1, "created": "x"}']
)
def test_a_damaged_description_hides_only_that_job(ws: dc.Workspace, damage: bytes) -> None:
    write(ws, "j-1", {"event": "finished", "message": ""})
    write(ws, "j-2", {"event": "finished", "message": ""})
    (ws.root / "jobs" / "j-1" / "job.json").write_bytes(damage)
    (ws.root / "jobs" / "odd.name").mkdir()
    (ws.root / "jobs" / "odd.name" / "job.json").write_text("{}")
    assert [j.id for j in jobs.list_jobs(ws)] == ["j-2"]
    with pytest.raises(UnknownName):
        jobs.job(ws, "j-1")


@pytest.mark.parametrize("number", ["", "../..", "a/b", "no-such-job", ".", "x" * 500])
def test_unknown_jobs_are_refused(ws: dc.Workspace, number: str) -> None:
    for act in (jobs.job, jobs.cancel, jobs.resume, jobs.forget):
        with pytest.raises(UnknownName):
            act(ws, number)


def test_cancelling_an_ended_job_kills_nobody(ws: dc.Workspace) -> None:
    """Its process number may be somebody else's by now."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        write(ws, "j-1", {"event": "started", "pid": bystander.pid}, PROGRESS)
        jobs.cancel(ws, "j-1")
        assert bystander.poll() is None
        bystander.kill()


def test_the_log_shows_its_last_lines(ws: dc.Workspace) -> None:
    write(ws, "j-1")
    assert jobs.log(ws, "j-1") == ""
    (ws.root / "jobs" / "j-1" / "log.txt").write_bytes(b"\xff\n" + b"".join(b"line %d\n" % i for i in range(500)))
    assert jobs.log(ws, "j-1", lines=2) == "line 498\nline 499\n"
    assert len(jobs.log(ws, "j-1").splitlines()) == 200


def test_the_journal_tells_speed_and_time_left(ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.describe(ws, "j-1", ["extract", "d"])
    clock = [100.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: clock[0])
    with Journal(ws, "j-1") as journal:
        for done in range(0, 50, 10):
            journal.progress("extracting d", done, 100, rejected=2)
            clock[0] += 1.0
        now = jobs.job(ws, "j-1")
        assert (now.state, now.done, now.total, now.rejected) == ("running", 40, 100, 2)
        assert (now.images_per_second, now.seconds_left) == (10.0, 6.0)
        journal.end("finished", "all is well")
    assert jobs.job(ws, "j-1").state == "done"


def test_a_full_disk_under_the_journal_does_not_stop_the_work(
    ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.describe(ws, "j-1", ["extract", "d"])
    with Journal(ws, "j-1") as journal:
        monkeypatch.setattr(
            journals, "append", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        )
        journal.progress("extracting", 1, 2)
        journal.end("failed", "The disk is full.")


def test_a_job_from_a_terminal_can_be_resumed_from_elsewhere(
    ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was typed relative to one folder must mean the same in the dashboard's."""
    draw(tmp_path / "photos", 1)
    ws.add_dataset("named", draw(tmp_path / "named", 1))
    monkeypatch.chdir(tmp_path)
    Path("net.npz").write_bytes(b"")
    options = parser._parser().parse_args(
        [
            "extract",
            "photos",
            "./named",
            "named",
            "named[a=1]",
            "--calibration",
            "net.npz",
            "--batch-size",
            "3",
            "--no-sketches",
        ]
    )
    assert progress.as_command(ws, options) == [
        "extract", str(tmp_path / "photos"), str(tmp_path / "named"), "named", "named[a=1]",
        "--batch-size", "3", "--calibration", str(tmp_path / "net.npz"), "--no-sketches",
    ]  # fmt: skip


def test_a_job_on_a_cluster_is_resumed_on_that_cluster(ws: dc.Workspace) -> None:
    """Every option of extract that is not as usual is there again."""
    given = [
        "extract", "d", "--engine", "ray", "--ray-address", "local", "--gpus-per-worker", "0.5", "--cpus-per-worker", "2",
        "--words", "--device", "cuda", "--precision", "bf16", "--bins", "500",
    ]  # fmt: skip
    first = parser._parser().parse_args(given)
    again = parser._parser().parse_args(progress.as_command(ws, first))
    assert vars(again) == vars(first)


def test_watching_does_not_make_a_dead_job_look_alive(ws: dc.Workspace) -> None:
    write(ws, "j-1", {"event": "started", "pid": 1}, PROGRESS)
    (ws.root / "jobs" / "j-1" / "alive.lock").touch()
    states: list[str] = []
    watchers = [
        threading.Thread(target=lambda: states.extend(jobs.job(ws, "j-1").state for _ in range(40))) for _ in range(6)
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert set(states) == {"interrupted"}
