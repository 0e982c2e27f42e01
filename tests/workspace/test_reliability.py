"""A workspace under what befalls it: no handles, no room, no catalogue, half-deleted folders, clocks put right."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.commands.parser import main
from dnacore.errors import Unavailable, UnknownName
from dnacore.paths import shown
from dnacore.sketches import mapping
from dnacore.sketches.words import Words, save_words
from dnacore.workspace import jobs, journal, unpacked
from dnacore.workspace.workspace import Workspace
from tests.faults.world import Network, calibration, extract
from tests.long import TIMES, WHOLE
from tests.small_world import draw

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """One dataset of 8 images in two shards, extracted."""
    opened = Workspace.open(tmp_path / "home")
    opened.add_dataset("d", draw(tmp_path / "in", 5))
    extract(opened, "d")
    draw(tmp_path / "in" / "more", 3, seed=3)
    extract(opened, "d")
    opened.dna("d", "tiny")  # added up, and kept
    return opened


def aside(ws: Workspace) -> list[str]:
    return [path.name for path in (ws.root / "damaged").glob("*")]


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EACCES, errno.EIO, errno.ENOMEM])
@pytest.mark.parametrize("folder", ["shards", "sketches", "dna", "calibrations"])
def test_no_fault_of_the_machine_is_taken_for_damage(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, code: int, folder: str
) -> None:
    ws.choose_calibration(calibration())
    if folder != "dna":
        for path in (ws.root / "dna").iterdir():
            path.unlink()
    before = {path: path.read_bytes() for path in (ws.root / folder).iterdir()}
    import builtins
    import io

    opening = io.open

    def denied(path: object, *arguments: object, **named: object) -> object:
        if f"/{folder}/" in str(path):
            raise OSError(code, os.strerror(code), str(path))
        return opening(path, *arguments, **named)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(io, "open", denied)
        patch.setattr(builtins, "open", denied)
        with pytest.raises(Unavailable):
            if folder == "calibrations":
                ws.calibration(Network.fingerprint)
            else:
                ws.dna("d", "tiny")
    assert aside(ws) == [] and {p: p.read_bytes() for p in (ws.root / folder).iterdir()} == before
    assert ws.dna("d", "tiny").images == 8


def test_running_out_of_memory_is_not_taken_for_damage(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("dnacore.dna.file.counts_of", lambda *_: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(Unavailable, match="memory"):
            ws.dna("d", "tiny")
    assert aside(ws) == [] and ws.dna("d", "tiny").images == 8


def test_a_mapped_file_holds_no_handle_and_is_mapped_once(ws: Workspace) -> None:
    path = next((ws.root / "sketches").iterdir())
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    first, second = mapping.open_file(path), mapping.open_file(path)
    assert mapping.owner(first[5:]) is mapping.owner(second)
    assert first.tobytes() == path.read_bytes()
    if handles:
        assert len(os.listdir("/proc/self/fd")) == handles
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


@pytest.mark.skipif(os.name == "nt", reason="sets no limit of handles")
def test_four_hundred_shards_under_a_limit_of_256_handles(tmp_path: Path) -> None:
    """In the long run with as many neurons as DINO has, whose shards are added up in less than 1.5 GB."""
    neurons, bins = (9_984, 1_000) if WHOLE else (5, 20)
    program = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
sys.path.insert(0, {str(CHECKOUT)!r})
from tests.workspace.many_shards import look, make
root = __import__("pathlib").Path({str(tmp_path)!r})
make(root, 400, {neurons}, {bins})
print(look(root))
"""
    line = [sys.executable, "-c", program]
    run = subprocess.run(line, capture_output=True, text=True, timeout=1_200, cwd=CHECKOUT)
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout.replace("'", '"'))
    most = found.pop("most_memory")
    print(f"400 shards of {neurons:,} neurons were added up in {most / 1e6:,.0f} MB")
    assert most < 1.5e9
    assert found == {"images": 800, "ranked": 800, "noise": 1, "mapped": 800, "aside": 0}


def test_shards_are_added_up_without_holding_them_all(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import gc
    import weakref

    from dnacore.workspace.store import shards

    alive: list[weakref.ref] = []
    load = shards.histograms

    def counted(path: Path) -> dc.DNA:
        gc.collect()
        assert sum(ref() is not None for ref in alive) <= 2
        found = load(path)
        alive.append(weakref.ref(found))
        return found

    monkeypatch.setattr(shards, "histograms", counted)
    numbers = [int(path.name.split(".")[0]) for path in sorted((ws.root / "shards").iterdir())]
    assert ws.store._added_up(numbers * 4).images == 32


# -- no room, no right to write ----------------------------------------------------------------------------------------


def full(patch: pytest.MonkeyPatch) -> None:
    """Let nothing be written any more, neither files nor changes of the catalogue."""

    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    connect = sqlite3.connect

    def read_only(path: object, **options: object) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[arg-type]

    patch.setattr("dnacore.atomic.os.fsync", no_room)
    patch.setattr(sqlite3, "connect", read_only)


def test_reading_works_on_a_full_disk(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ws.dna("d", "tiny")
    for path in (ws.root / "dna").iterdir():
        path.unlink()
    full(monkeypatch)
    again = Workspace.open(ws.root)
    assert np.array_equal(again.dna("d", "tiny").histograms, before.histograms)
    assert len(again.sketches("d", "tiny")) == 8
    assert again.scan(again.dataset("d")).files == again.files(again.dataset("d"))


def test_no_file_is_needed_beside_the_catalogue_to_read_it(ws: Workspace) -> None:
    ws.datasets()
    assert [p.name for p in ws.root.glob("catalogue.sqlite*")] == ["catalogue.sqlite"]
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    db.close()


def test_removing_works_on_a_full_disk_since_it_makes_room(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    forget, tried = Workspace._forget, []

    def once_full(self: Workspace, dataset: object) -> None:
        tried.append(len(list((ws.root / "shards").iterdir())))
        if tried[-1]:
            raise Unavailable("full")
        forget(self, dataset)  # type: ignore[arg-type]

    monkeypatch.setattr(Workspace, "_forget", once_full)
    monkeypatch.setattr("dnacore.workspace.registry.shutil.disk_usage", lambda _: type("Usage", (), {"free": 0}))
    assert ws.remove_dataset("d") > 0
    assert tried == [2, 0] and ws.datasets() == []


def test_a_catalogue_that_is_only_busy_costs_no_files(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "_forget", lambda *_: (_ for _ in ()).throw(Unavailable("locked")))
    with pytest.raises(Unavailable):
        ws.remove_dataset("d")
    assert len(list((ws.root / "shards").iterdir())) == 2


# -- a lost catalogue --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "gone"])
def test_a_lost_catalogue_is_made_again_from_its_backup(ws: Workspace, empty: bool) -> None:
    before = ws.dna("d", "tiny")
    ws.catalogue.back_up()
    path = ws.root / "catalogue.sqlite"
    path.write_bytes(b"") if empty else path.unlink()
    again = Workspace.open(ws.root)
    assert "made again from the backup" in again.catalogue.notice
    assert np.array_equal(again.dna("d", "tiny").histograms, before.histograms)
    assert Workspace.open(ws.root).catalogue.notice == ""


def test_without_a_backup_it_is_said_and_nothing_older_is_swept(ws: Workspace, tmp_path: Path) -> None:
    for path in ws.root.glob("catalogue*"):
        path.unlink()
    old = time.time() - 90_000
    kept = [path for folder in ("shards", "sketches", "dna") for path in (ws.root / folder).iterdir()]
    for path in kept:
        os.utime(path, (old, old))
    again = Workspace.open(ws.root)
    assert "was gone or empty" in again.catalogue.notice and again.datasets() == []
    again.add_dataset("d", tmp_path / "in")
    extract(again, "d")
    again.store.sweep()
    assert all(path.exists() for path in kept)


# -- half-deleted and half-made ----------------------------------------------------------------------------------------


def a_zip(tmp_path: Path, name: str = "set.zip") -> Path:
    draw(tmp_path / "zipped", 4)
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        for path in sorted((tmp_path / "zipped").iterdir()):
            archive.write(path, path.name)
    return tmp_path / name


def test_a_half_deleted_unpacked_folder_is_not_trusted(ws: Workspace, tmp_path: Path) -> None:
    archive = a_zip(tmp_path)
    folder = ws.add_dataset("z", archive).folder
    ws.remove_dataset("z")
    folder.mkdir()  # as an older version, killed in the middle, left it
    (folder / "000.png").write_bytes((tmp_path / "zipped" / "000.png").read_bytes())
    assert ws.add_dataset("z", archive).images == 4


def test_deleting_renames_first(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = a_zip(tmp_path)
    folder = ws.add_dataset("z", archive).folder
    monkeypatch.setattr("dnacore.paths.shutil.rmtree", lambda *_, **__: None)  # killed before the first file went
    ws.remove_dataset("z")
    assert not folder.exists()
    monkeypatch.undo()
    ws.store.sweep(older_than=-1)
    assert [path.name for path in (ws.root / "unpacked").iterdir()] == []


def test_two_names_for_one_zip_do_not_delete_each_others_images(ws: Workspace, tmp_path: Path) -> None:
    archive = a_zip(tmp_path)
    first = ws.add_dataset("one", archive)
    source = unpacked.source_of(ws.root, archive)
    with pytest.raises(RuntimeError), unpacked.unpacked(ws.root, ws.catalogue, archive, source):
        raise RuntimeError("the second name turns out to be taken")
    assert first.folder.is_dir() and len(list(first.folder.iterdir())) == 4


def test_what_interrupted_work_left_is_swept(ws: Workspace) -> None:
    left = [ws.root / name for name in ("calibrations/.x.npz.ab.tmp", "imports/.y.tmp", "jobs/1/.job.json.a.tmp",
                                        "unpacked/.big.abc.partial/one.png")]  # fmt: skip
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    ws.store.sweep()
    assert all(path.exists() for path in left), "somebody may be writing them"
    ws.store.sweep(older_than=-1)
    assert not any(path.exists() for path in left) and not left[3].parent.exists()
    assert ws.dna("d", "tiny").images == 8


# -- others at the same time, and clocks -------------------------------------------------------------------------------


def test_removing_beside_extracting_is_one_sentence(ws: Workspace, tmp_path: Path) -> None:
    dataset = ws.dataset("d")
    draw(tmp_path / "in" / "new", 2, seed=9)
    ws.remove_dataset("d")
    with pytest.raises(UnknownName, match="removed"):
        ws.scan(dataset)
    with pytest.raises(UnknownName, match="removed"), ws.catalogue.changing() as db:
        db.execute("INSERT INTO unreadable VALUES (?,?,?,0)", (dataset.id, "x", "y"))


def test_a_clock_put_right_does_not_make_an_older_setting_the_newest(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = dc.Calibration(np.full(5, -4.0), np.full(5, 4.0), Network.layers, Network.fingerprint, "other")
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    newest = ws.store.setting(Network(), other, 20)  # type: ignore[arg-type]
    assert ws.store.find_setting("tiny") == newest


def test_a_job_from_a_clock_that_was_wrong_does_not_run_for_ever(ws: Workspace) -> None:
    jobs.describe(ws, "j-1", ["extract", "d"])
    path = ws.root / "jobs" / "j-1" / "job.json"
    content = json.loads(path.read_bytes()) | {"created": time.time() + 86_400}
    path.write_text(json.dumps(content))
    assert jobs.job(ws, "j-1").state == "interrupted"


def test_cancel_never_ends_the_process_of_an_earlier_run(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.describe(ws, "j-1", ["extract", "d"])
    folder = ws.root / "jobs" / "j-1"
    journal.append(folder, {"event": "started", "pid": 12_345})
    journal.append(folder, {"event": "failed", "message": ""})
    journal.append(folder, {"event": "queued"})
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
    monkeypatch.setattr(jobs, "STARTING", 0.3)
    with journal.Journal(ws, "j-1")._lock:  # between the lock and its first line
        jobs.cancel(ws, "j-1")
    assert killed == []


def test_ended_jobs_are_not_read_again(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        jobs.describe(ws, f"j-{number}", ["extract", "d"])
        journal.append(ws.root / "jobs" / f"j-{number}", {"event": "finished", "message": "done"})
    first = jobs.list_jobs(ws)
    monkeypatch.setattr(jobs, "events_of", lambda *_: pytest.fail("read again"))
    assert jobs.list_jobs(ws) == first and {job.state for job in first} == {"done"}
    monkeypatch.undo()
    journal.append(ws.root / "jobs" / "j-3", {"event": "queued"})
    assert jobs.job(ws, "j-3").state == "running"


# -- what goes out -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="there are no such permissions there")
def test_files_are_made_as_any_programs_files_are(ws: Workspace, tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        path = ws.dna("d", "tiny").save(tmp_path / "out")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o644


def test_names_cannot_send_codes_to_the_terminal(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown("a\x1b]0;owned\x07\u202eb\n") == "a\\x1b]0;owned\\x07\\x202eb\n"
    with ws.catalogue.changing() as db:
        db.execute("UPDATE dataset SET name = ?", ("a\x1b[2Jb",))
    assert main(["datasets", "--workspace", str(ws.root)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_keys_of_files_change_when_names_are_exchanged(ws: Workspace, tmp_path: Path) -> None:
    before = ws.files_key(ws.dataset("d"))
    folder = tmp_path / "in"
    (folder / "000.png").rename(folder / "x")
    (folder / "001.png").rename(folder / "000.png")
    (folder / "x").rename(folder / "001.png")
    ws.scan(ws.dataset("d"))
    assert ws.files_key(ws.dataset("d")) != before


# -- verify ------------------------------------------------------------------------------------------------------------


def test_verify_finds_what_is_wrong_and_repairs_what_can_be(
    ws: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ws.choose_calibration(calibration())
    ws.catalogue.back_up()
    command = ["verify", "--workspace", str(ws.root), "--json"]
    assert main(command) == 0 and json.loads(capsys.readouterr().out)["findings"] == []
    before = ws.dna("d", "tiny")
    shard, segment = (min((ws.root / folder).iterdir()) for folder in ("shards", "sketches"))
    for path in (shard, segment):
        data = bytearray(path.read_bytes())
        data[4096 if path == segment else len(data) // 2] ^= 0xFF  # where its first array begins
        path.write_bytes(data)
    (ws.root / "catalogue.backup.sqlite").write_bytes(b"nothing")
    (ws.root / "views.json").write_bytes(b"[" * 100_000)
    stray = ws.root / "imports" / ".half.tmp"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"half")
    os.utime(stray, (1, 1))
    monkeypatch.setattr("dnacore.sources.resolver.from_spec", lambda *_: Network())
    monkeypatch.setattr("dnacore.sources.resolver.load_extractor", lambda *_, **__: Network())
    assert main(command) == 1
    found = {row["what"] for row in json.loads(capsys.readouterr().out)["findings"]}
    broken = {f"shards/{shard.name}", f"sketches/{segment.name}", "catalogue.backup.sqlite", "views.json"}
    assert found == {*broken, "imports/.half.tmp"}
    assert not aside(ws) and stray.exists(), "looking changes nothing"
    assert main([*command, "--repair"]) == 0, capsys.readouterr()
    capsys.readouterr()
    assert main(command) == 0, capsys.readouterr()
    assert np.array_equal(ws.dna("d", "tiny").histograms, before.histograms) and len(aside(ws)) == 3


def test_verify_reads_the_words_too(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    shard = min(int(path.name.split(".")[0]) for path in (ws.root / "shards").iterdir())
    path = ws.store.words_file(shard)
    save_words(path, Words(np.zeros((1, 5), np.int64), np.zeros((1, 5), np.float32), ("0" * 32,), 10))
    ws.choose_calibration(calibration())
    ws.catalogue.back_up()
    command = ["verify", "--workspace", str(ws.root), "--json"]
    assert main(command) == 0, capsys.readouterr()
    data = bytearray(path.read_bytes())
    data[4096] ^= 0xFF
    path.write_bytes(data)
    capsys.readouterr()
    assert main(command) == 1
    assert [row["what"] for row in json.loads(capsys.readouterr().out)["findings"]] == [f"words/{path.name}"]
    assert main([*command, "--repair"]) == 0 and not path.exists() and len(aside(ws)) == 1


# -- two at once -------------------------------------------------------------------------------------------------------


def test_two_processes_on_one_dataset_do_the_work_once(tmp_path: Path) -> None:
    """50 times in the long run; both begin at the same moment, and one finds done what the other did."""
    program = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})
from pathlib import Path
from tests.faults.world import extract
from dnacore.workspace.workspace import Workspace
for line in sys.stdin:
    root = Path(line.strip())
    ws = Workspace.open(root / "home")
    report = extract(ws, ws.dataset(str(root / "in")).name)
    print(report.extracted, report.reused, flush=True)
"""
    command, pipe = [sys.executable, "-c", program], subprocess.PIPE
    both = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, cwd=CHECKOUT) for _ in "ab"]
    for turn in range(50 if WHOLE else 5 * TIMES):
        root = tmp_path / str(turn)
        draw(root / "in", 6, seed=turn)
        for one in both:
            one.stdin.write(f"{root}\n")
        assert sorted(one.stdout.readline() for one in both) == ["0 6\n", "6 0\n"], f"turn {turn}"
        ws = Workspace.open(root / "home")
        assert [d.name for d in ws.datasets()] == ["in"] and ws.dna("in", "tiny").images == 6
        assert len(list((ws.root / "shards").iterdir())) == 1
        with ws.catalogue.reading() as db:
            assert db.execute("SELECT count(*), count(DISTINCT hash) FROM member").fetchone()[:] == (6, 6)
    for one in both:
        one.communicate(timeout=60)
        assert one.returncode == 0
