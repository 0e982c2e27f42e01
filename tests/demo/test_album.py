from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from dnacore.demo import attributes, demo_datasets, draw
from dnacore.demo.album import file_name
from dnacore.errors import BadInput, UnknownName


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(table):
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", [dataset.name for dataset in demo_datasets()])
def test_files_and_attributes_line_up(tmp_path, name):
    table = draw(name, tmp_path / "new" / name, count=3)
    listed = rows(table)
    assert table.name == "attributes.csv" and next(iter(listed[0])) == "file"
    assert sorted(row["file"] for row in listed) == sorted(p.name for p in table.parent.iterdir() if p != table)
    for index, row in enumerate(listed):
        assert row.pop("file") == file_name(name, index)
        assert row == {column: str(value) for column, value in attributes(name, index).items()}
        with Image.open(table.parent / file_name(name, index)) as picture:
            picture.load()
            assert picture.format == "JPEG"


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        draw("faces", tmp_path / folder, count=4, seed=seed)
    a, b, c = (contents(tmp_path / folder) for folder in "abc")
    assert a == b
    assert all(a[name] != c[name] for name in a)


def test_an_interrupted_drawing_is_completed(tmp_path):
    whole = tmp_path / "whole"
    draw("faces", whole, count=6)

    class Stop(Exception):
        pass

    def stop(done, total):
        if done == 3:
            raise Stop

    part = tmp_path / "part"
    with pytest.raises(Stop):
        draw("faces", part, count=6, progress=stop)
    assert not (part / "attributes.csv").exists()
    # A file cut short, as by a full disk, and one of another seed are drawn again; a good one is left alone.
    cut = part / file_name("faces", 1)
    cut.write_bytes(cut.read_bytes()[:2000])
    draw("faces", tmp_path / "other", count=3, seed=9)
    (part / file_name("faces", 2)).write_bytes((tmp_path / "other" / file_name("faces", 2)).read_bytes())
    kept = (part / file_name("faces", 0)).stat().st_mtime_ns
    seen = []
    draw("faces", part, count=6, progress=lambda done, total: seen.append((done, total)))
    assert contents(part) == contents(whole)
    assert (part / file_name("faces", 0)).stat().st_mtime_ns == kept
    assert seen == [(k, 6) for k in range(1, 7)]


def test_two_processes_may_draw_into_one_folder(tmp_path):
    draw("faces", tmp_path / "alone", count=6)
    program = "import sys; from dnacore.demo import draw; draw('faces', sys.argv[1], count=6)"
    command = [sys.executable, "-c", program, str(tmp_path / "shared")]
    workers = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")


def test_an_unknown_name_says_which_there_are(tmp_path):
    with pytest.raises(UnknownName, match="'cats'.*faces"):
        draw("cats", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bad_requests_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(BadInput, match="at least 1"):
        draw("faces", tmp_path / "new", count=0)
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="needs a folder"):
        draw("faces", tmp_path / "file", count=1)


def test_small_sets_come_first_and_every_set_says_what_to_try():
    sets = demo_datasets()
    assert [dataset.name for dataset in sets[:4]] == [
        "streets_base", "streets_brighter", "streets_darker", "streets_contrast",
    ]  # fmt: skip
    assert sets == sorted(sets, key=lambda dataset: dataset.count > 100)
    assert all(dataset.title and dataset.caption.endswith((".", "?")) for dataset in sets)
