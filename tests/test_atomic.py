"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dnacore import atomic
from dnacore.errors import Unavailable


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "kept.bin"
    atomic.write_bytes(path, b"old")
    with pytest.raises(RuntimeError), atomic.replacing(path) as file:
        file.write(b"half of the new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.bin"]


def test_folders_are_made_and_long_emoji_names_work(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / ("\N{DNA DOUBLE HELIX}" * 55 + ".txt")
    atomic.write(path, lambda file: file.write(b"x"))
    assert path.read_bytes() == b"x"


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="is full, so name.bin was not written"):
        atomic.write_bytes(tmp_path / "name.bin", b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file/inside.csv", "folder"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    with pytest.raises(Unavailable, match=f"{place} cannot be written"):
        atomic.write_bytes(tmp_path / place, b"x")
    assert (tmp_path / "file").read_text() == "in the way"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_errors_of_the_block_itself_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic.replacing(tmp_path / "x"):
        open(tmp_path / "elsewhere" / "missing", "rb").close()
