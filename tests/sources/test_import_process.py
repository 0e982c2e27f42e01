"""DNA files from elsewhere are taken in by a process of their own, whose memory is bounded."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.commands.parser import main
from dnacore.errors import BadInput, Damaged, DnaError, Unavailable
from dnacore.sources import exchange
from dnacore.sources.import_process import import_apart
from tests.faults.world import LAYERS, calibration

CHECKOUT = Path(__file__).resolve().parents[2]
MODULE = "dnacore.sources.import_process"


def a_dna(neurons: dict[str, int] | None = None, bins: int = 20, name: str = "sent") -> dc.DNA:
    layers = neurons or LAYERS
    n = sum(layers.values())
    ranges = dc.Calibration(np.full(n, -3.0), np.full(n, 3.0), layers, "f" * 32, "test") if neurons else calibration()
    counts = np.ones((n, bins), np.int64)
    nothing = np.zeros(n)
    return dc.DNA(counts, np.zeros((n, 2), np.int64), 4, nothing, nothing, ranges, {"name": "tiny"}, name)


def crafted(tmp_path: Path, header: dict | None = None, padding: bytes = b"", counts: int = 0) -> Path:
    """A DNA file with other fields in its header, `padding` behind them, or that many counts that are all zero."""
    whole = a_dna().save(tmp_path / "whole")
    path = tmp_path / "crafted.dna.npz"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "header.npy":
                fields = json.loads(np.lib.format.read_array(io.BytesIO(data)).tobytes()) | (header or {})
                text = json.dumps(fields).encode()[:-1] + padding + b"}"
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, np.frombuffer(text, np.uint8))
                data = buffer.getvalue()
            elif name == "differences/sum.npy" and counts:
                with new.open(name, "w", force_zip64=True) as file:
                    about = {"shape": (1, counts // 60_000, 60_000), "descr": "|u1", "fortran_order": False}
                    np.lib.format.write_array_header_1_0(file, about)
                    for _ in range(counts // 60_000):
                        file.write(bytes(60_000))
                continue
            new.writestr(name, data)
    return path


def test_what_comes_back_is_what_the_process_took_in(tmp_path: Path) -> None:
    ws = dc.Workspace.open(tmp_path / "home")
    path = a_dna(name="from afar").save(tmp_path / "sent")
    came = import_apart(ws, path)
    assert (came.name, came.images, came.neurons) == ("from afar", 4, 5)
    assert import_apart(ws, path) == came, "the same file twice is one DNA"
    assert dc.load_dna(ws.imported("from afar")).name == "from afar"


@pytest.mark.parametrize("how", ["page", "command"])
def test_neither_the_page_nor_the_command_takes_a_file_in_itself(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnacore.dna import file
    from ui.datasets import adding

    sent = a_dna().save(tmp_path / "sent")
    for module in (exchange, file):
        monkeypatch.setattr(module, "load_dna", lambda *_, **__: pytest.fail("read in this process"))
    if how == "page":
        ws = dc.Workspace.open(tmp_path / "home")
        assert adding.taken_in(ws, sent.name, sent.read_bytes()).images == 4
    else:
        assert main(["import", str(sent), "--workspace", str(tmp_path / "home")]) == 0


BOMBS = {
    "counts": ({"layers": [["sum", 60_000], ["difference", 2]], "bins": 60_000}, b"", 240_000_000),
    "header": ({}, b', "x": [' + b"[]," * 20_000_000 + b"[]]", 0),
}


@pytest.mark.skipif(sys.platform != "linux", reason="says elsewhere not what a process used since it began")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_that_unpacks_to_gigabytes_takes_little_memory(bomb: str, tmp_path: Path) -> None:
    path = crafted(tmp_path, *BOMBS[bomb])
    assert path.stat().st_size < 4e6
    program = f"import sys\nfrom {MODULE} import main\ncode = main([{str(path)!r}, {str(tmp_path / 'home')!r}])\n"
    program += "print(open('/proc/self/status').read())\nsys.exit(code)"
    run = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True)
    answer, _, status = run.stdout.partition("\n")
    assert run.returncode == 2 and json.loads(answer)["error"] in {"BadInput", "Damaged"}, run.stderr
    most = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    assert int(most) * 1024 < 400e6
    with pytest.raises((BadInput, Damaged)):
        import_apart(dc.Workspace.open(tmp_path / "home"), path)


@pytest.mark.skipif(sys.platform != "linux", reason="only there is memory that a file asks for bounded by the system")
def test_a_file_that_needs_more_memory_than_is_allowed_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = a_dna({"a": 20_000}, 1_000).save(tmp_path / "large")
    program = f"from {MODULE} import *\nimport {MODULE} as own\nown.MOST_MEMORY = 200 << 20\n"
    program += f"sys.exit(main([{str(path)!r}, {str(tmp_path / 'home')!r}]))"
    run = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True)
    answer = json.loads(run.stdout)
    assert answer["error"] == "Unavailable" and "memory" in answer["message"] and not run.stderr
    assert not list((tmp_path / "home" / "imports").glob("*"))


def test_what_has_nothing_to_do_with_memory_is_not_put_down_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = subprocess.CompletedProcess([], 1, "", "Traceback\nModuleNotFoundError: No module named 'numpy'\n")
    ws = dc.Workspace.open(tmp_path / "home")
    with monkeypatch.context() as patched, pytest.raises(Unavailable, match="No module named 'numpy'"):
        patched.setattr(subprocess, "run", lambda *_, **__: broken)
        import_apart(ws, tmp_path / "sent.dna.npz")
    path = a_dna().save(tmp_path / "sent")
    (ws.root / "imports").write_text("a file where the folder would be")
    with pytest.raises(Unavailable, match="cannot be written") as problem:
        import_apart(ws, path)
    assert "memory" not in str(problem.value)


def test_a_process_that_dies_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died = subprocess.CompletedProcess([], -9, "", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: died)
    with pytest.raises(Unavailable, match="2 GB"):
        import_apart(dc.Workspace.open(tmp_path / "home"), tmp_path / "x.dna.npz")


def test_a_pair_of_the_authors_that_unpacks_to_more_than_it_may_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dnacore.dna.vdna import write_peer

    monkeypatch.setattr(exchange, "MOST_COUNTS", 1 << 20)

    first, second = write_peer(a_dna(), tmp_path / "pair")
    with zipfile.ZipFile(second, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("sum.npy", "w") as file:
        about = {"shape": (3, 10**12), "descr": "<i8", "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, about)
        for _ in range(9):
            file.write(bytes(1 << 20))
    with pytest.raises(DnaError, match="elsewhere"):
        exchange.import_dna(dc.Workspace.open(tmp_path / "home"), first)
    with zipfile.ZipFile(second, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("sum.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, about)
    assert main(["import", str(first), "--workspace", str(tmp_path / "home")]) == 2
    assert "damaged" in capsys.readouterr().err
