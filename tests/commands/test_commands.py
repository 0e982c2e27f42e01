"""The command line: what it prints, its exit codes, and one plain line for whatever goes wrong."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dnacore as dc
from dnacore.commands import parser
from tests import bad_files, small_world

HOSTILE = ["\N{DNA DOUBLE HELIX} two  spaces", "$(touch x)", "'quoted\"", "<script>a=b;c"]


class Commands:
    """Runs commands in this process, in one workspace."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.home, self.capture = home, capture

    def __call__(self, *arguments: object, code: int = 0) -> str:
        got = parser.main([*map(str, arguments), "--workspace", str(self.home)])
        out, err = self.capture.readouterr()
        assert got == code, err or out
        assert "Traceback" not in err
        if code == 2:
            assert out == ""
            assert len(err.strip().splitlines()) == 1, err
            return err
        assert err == ""
        return out

    def json(self, *arguments: object, code: int = 0):
        return json.loads(self(*arguments, "--json", code=code))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    small_world.use_small_network(monkeypatch)
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "my workspace \N{DNA DOUBLE HELIX}"
    small_world.workspace(home)
    return Commands(home, capsys)


@pytest.fixture
def two(run: Commands, tmp_path: Path) -> Commands:
    """Two registered datasets, day and night; day has attributes."""
    day = small_world.draw(tmp_path / "pictures" / "day", 6, seed=1)
    small_world.draw(tmp_path / "pictures" / "night", 5, seed=2, dark=True)
    rows = [f"{i:03d}.png,{i % 2},{'rain' if i < 2 else 'sun'}" for i in range(6)]
    (day / "attributes.csv").write_text("\n".join(["file,wet,weather", *rows]) + "\n")
    run("add", "day", "pictures/day")
    run("add", "night", "pictures/night")
    return run


def test_the_whole_story_in_json(two: Commands, tmp_path: Path) -> None:
    assert two.json("extract", "day", "night")["datasets"][0].keys() >= {
        "name", "images", "rejected", "extracted", "reused", "seconds", "images_per_second"
    }  # fmt: skip
    again = two.json("extract", "day", "night")["datasets"]
    assert [(d["name"], d["extracted"], d["reused"], d["rejected"]) for d in again] == [
        ("day", 0, 6, []),
        ("night", 0, 5, []),
    ]

    listed = two.json("datasets")
    assert [(d["name"], d["images"], d["extractors"]) for d in listed] == [
        ("day", 6, [small_world.NAME]),
        ("night", 5, [small_world.NAME]),
    ]
    assert listed[0]["folder"] == str(tmp_path / "pictures" / "day")
    assert listed[0]["attributes"] == str(tmp_path / "pictures" / "day" / "attributes.csv")
    assert listed[1]["attributes"] is None

    compared = two.json("compare", "day", "night", "day")
    assert (compared["metric"], compared["unit"], compared["names"]) == ("emd", "bins", ["day", "night", "day"])
    matrix = compared["matrix"]
    assert matrix[0][2] == 0 and matrix[0][0] == 0
    assert matrix[0][1] == matrix[1][0] > 1
    assert set(compared["layers"]) == set(small_world.network().layers)

    found = two.json("sensitivity", "day", "night", "--top", "5", "--save", "brightness")
    assert found["images"] == [6, 5]
    assert len(found["neurons"]) == 5
    assert found["neurons"][0].keys() >= {"layer", "index", "flat", "emd", "noise_ratio"}
    assert [s["name"] for s in two.json("selections")] == ["brightness"]

    ranked = two.json(
        "rank", "day", "--reference", "night", "--unlike", "day", "--selection", "brightness", "--csv", "out/r.csv"
    )
    assert (ranked["reference"], ranked["selection"]) == ("night", "brightness")
    assert [r["rank"] for r in ranked["images"]] == list(range(1, 7))
    assert [r["distance"] for r in ranked["images"]] == sorted(r["distance"] for r in ranked["images"])
    with open(tmp_path / "out" / "r.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["rank", "path", "distance"]
    assert [(int(r[0]), r[1], float(r[2])) for r in rows[1:]] == [
        (r["rank"], r["path"], r["distance"]) for r in ranked["images"]
    ]
    assert all(Path(r["path"]).parent == tmp_path / "pictures" / "day" for r in ranked["images"])

    nearest = two.json("rank", "day", "--reference", "pictures/day/003.png")["images"][0]
    assert nearest["path"].endswith("003.png")

    jobs = two.json("jobs")
    assert [j["state"] for j in jobs] == ["done", "done"]
    assert {e["name"] for e in two.json("extractors")} >= {"random_resnet18", "random_resnet50"}
    assert two.json("extractors")[0].keys() >= {"name", "layers", "neurons", "input_size", "status", "license"}


def test_texts_are_for_people(two: Commands) -> None:
    assert "6 images" in two("extract", "day")
    assert two("datasets").splitlines()[1].startswith("night  5 images  not extracted")
    assert "day and night: " in two("compare", "day", "night")
    assert "at least one other" in two("compare", "day")
    assert two("jobs").splitlines()[0].split()[1] == "done"
    assert "No selections yet" in two("selections")
    assert "Your own image files were not touched" in two("remove", "night")
    assert "needs no" not in two("extractors")


def test_what_is_missing_is_made_on_the_way(two: Commands) -> None:
    """Unregistered folders, parts and images can be named straight away."""
    small_world.draw(Path("pictures/evening"), 4, seed=3)
    compared = two.json("compare", "./pictures/evening", "day[weather=rain]", "day[wet=1]")
    assert compared["names"] == ["evening", "day[weather=rain]", "day[wet=1]"]
    assert [d["name"] for d in two.json("datasets")] == ["day", "night", "evening"]


def test_parts_from_sketches_are_near_parts_extracted(two: Commands) -> None:
    two("extract", "day")
    quick = two.json("compare", "day[wet=1]", "day[wet=0]")
    assert quick["from_sketches"] == ["day[wet=1]", "day[wet=0]"]
    two("extract", "day[wet=1]", "day[wet=0]")
    exact = two.json("compare", "day[wet=1]", "day[wet=0]")
    assert exact["from_sketches"] == []
    assert quick["matrix"][0][1] == pytest.approx(exact["matrix"][0][1], rel=0.1)
    by_attribute = two.json("sensitivity", "day", "--attribute", "wet")
    assert by_attribute["images"] == [3, 3]


def test_compare_by_neuron_and_layer(two: Commands) -> None:
    whole = two.json("compare", "day", "night", "--by", "neuron", "--csv", "n.csv")
    assert len(whole["neurons"]) == small_world.network().n_neurons
    assert sum(n["distance"] for n in whole["neurons"]) / len(whole["neurons"]) == pytest.approx(whole["matrix"][0][1])
    assert Path("n.csv").read_text().startswith("a,b,layer,index,flat,distance\n")
    two("compare", "day", "night", "--by", "layer", "--csv", "l.csv")
    assert len(Path("l.csv").read_text().splitlines()) == 1 + len(small_world.network().layers)
    assert two.json("compare", "day", "night", "--metric", "nfd")["unit"] == "squared activation"


def test_export_and_import_of_a_dna(two: Commands) -> None:
    two("export", "day", "--to", "sent")
    assert two.json("import", "sent.dna.npz")["dna"] == "day 2", "the name of a dataset stays the dataset's"
    assert two.json("import", "sent.dna.npz")["dna"] == "day 2", "the same again is the same"
    assert two.json("compare", "day", "day 2")["matrix"][0][1] == 0
    assert two.json("compare", "day", "sent.dna.npz")["matrix"][0][1] == 0
    two("export", "day[wet=1]", "--to", "part.dna.npz")
    name = two.json("import", "part.dna.npz")["dna"]
    assert name == "day wet=1"
    assert two.json("compare", "day", name)["matrix"][0][1] > 0
    two("remove", name)
    assert "day wet=1" in two("compare", "day", name, code=2)


def test_export_and_import_of_a_selection(two: Commands, tmp_path: Path) -> None:
    two("sensitivity", "day", "night", "--top", "3", "--save", "three")
    two("export", "three", "--to", "three.json")
    two("remove", "three")
    assert two.json("selections") == []
    before = two.json("compare", "day", "night", "--selection", "three.json")["matrix"]
    assert two.json("import", "three.json") == {"selection": "three", "neurons": 3}
    assert two.json("compare", "day", "night", "--selection", "three")["matrix"] == before
    for bad in ("[]", "{", "null", '{"format": "visual-dna selection", "version": 1}', "\x00"):
        Path("bad.json").write_text(bad)
        assert "selection" in two("import", "bad.json", code=2)


def test_a_selection_of_another_network_is_refused(two: Commands) -> None:
    small_world.workspace(two.home).save_selection(dc.Selection.of([1, 2], name="other", extractor="f" * 32))
    assert "another network" in two("compare", "day", "night", "--selection", "other", code=2)
    assert "another network" in two("rank", "day", "--reference", "night", "--selection", "other", code=2)
    small_world.workspace(two.home).save_selection(dc.Selection.of([10**6], name="far"))
    assert "1000000" in two("compare", "day", "night", "--selection", "far", code=2)


def test_recalibrating_says_what_to_extract_again_and_compare_does(two: Commands) -> None:
    before = two.json("compare", "day", "night")["matrix"][0][1]
    said = two.json("calibrate", "mine", "day", "night")
    assert said["extract_again"] == ["day", "night"] and said["images"] == 11
    after = two.json("compare", "day", "night")["matrix"][0][1]
    assert after != before
    again = two.json("extract", "day", "night")["datasets"]
    assert [d["extracted"] for d in again] == [0, 0], "comparing extracted both under the new ranges"


def test_rejected_images_are_listed_and_exit_with_1(run: Commands) -> None:
    expected = bad_files.make_all(Path("mixed"))
    broken = {name for name, outcome in expected.items() if outcome != bad_files.FINE}
    added = run.json("add", "mixed", "mixed", code=1)
    assert {r["path"] for r in added["rejected"]} <= broken
    report = run.json("extract", "mixed", code=1)["datasets"][0]
    assert {r["path"] for r in report["rejected"]} == broken
    for r in report["rejected"]:
        assert expected[r["path"]] in r["reason"]
    assert report["images"] == len(expected) - len(broken)
    assert "could not be read" in run("extract", "mixed", code=1)
    again = run.json("extract", "mixed", code=1)["datasets"][0]
    assert (again["extracted"], len(again["rejected"])) == (0, len(broken)), "broken files are not tried again"


def test_one_plain_line_for_every_failure(two: Commands, tmp_path: Path) -> None:
    Path("empty").mkdir()
    Path("broken").mkdir()
    bad_files.truncated_jpeg(Path("broken/a.jpg"))
    bad_files.text_named_jpg(Path("broken/b.jpg"))
    Path("file.txt.bak").write_text("x")
    failures = {
        ("compare", "day", "nihgt"): "There is no dataset or folder 'nihgt'. The datasets are: day, night.",
        ("compare", ""): "no dataset or folder",
        ("extract", "empty"): "no image in",
        ("extract", "missing/folder"): "no dataset or folder 'missing/folder'",
        ("extract", "broken"): "None of the 2 images",
        ("extract", "day", "--device", "tpu"): "--device",
        ("extract", "day", "--batch-size", "0"): "whole number above 0",
        ("extract", "day", "--calibration", "missing.npz"): "no calibration file",
        ("extract", "day[wet=7]"): "The values are: 0, 1",
        ("extract", "day[dry=1]"): "Its attributes are: wet, weather",
        ("extract", "night[wet=1]"): "--attributes CSV",
        ("extract",): "required: NAME",
        ("frobnicate",): "invalid choice",
        ("add", "day", "pictures/night"): "a dataset day already",
        ("add", "other", "pictures/day"): "already, as “day”",
        ("add", "../escape", "pictures"): "cannot be a dataset's name",
        ("add", "a[b=c]", "pictures"): "cannot be a dataset's name",
        ("add", "new", "pictures", "--attributes", "none.csv"): "no attributes file",
        ("add", "new", "pictures", "--attributes", "file.txt.bak"): "needs a column",
        ("add", "new", "file.txt.bak"): "neither a folder nor",
        ("remove", "nobody"): "no dataset, selection or imported DNA nobody",
        ("rank", "day"): "--reference",
        ("rank", "day", "--reference", "missing.png"): "no dataset or folder",
        ("rank", "day", "--reference", "broken/a.jpg"): "a.jpg",
        ("compare", "day", "night", "--selection", "nope"): "no selection 'nope'",
        ("compare", "day", "night", "--metric", "l2"): "--metric",
        ("compare", "day", "night", "--csv", "pictures"): "cannot be written",
        ("sensitivity", "day"): "--attribute COLUMN",
        ("sensitivity", "day", "night", "--attribute", "wet"): "Give one dataset",
        ("sensitivity", "day", "--attribute", "hat"): "no attribute hat",
        ("sensitivity", "day", "night", "--top", "x"): "whole number above 0",
        ("import", "missing.json"): "not a selection file",
        ("import", "missing.dna.npz"): "no DNA file",
        ("import", "pictures/day/000.png"): "000.png",
        ("export", "nothing", "--to", "x"): "no dataset or folder",
        ("export", "nothing", "--to", "x.json"): "no selection 'nothing'",
        ("demo", "cats"): "no demo dataset cats",
        ("extract", "day", "--job", "../../etc"): "no such job",
        ("datasets", "--workspace", str(tmp_path / "file.txt.bak")): "workspace folder",
    }
    for arguments, part in failures.items():
        if "--workspace" in arguments:
            assert parser.main(list(arguments)) == 2
            assert part in two.capture.readouterr().err
        else:
            assert part in two(*arguments, code=2), arguments
    names = {d["name"] for d in two.json("datasets")}
    assert names == {"day", "night", "broken"}, "what failed left nothing half-registered"


def test_an_unknown_extractor_is_named(two: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert "resnet_17" in two("extract", two.home.parent / "pictures" / "day", "--extractor", "resnet_17", code=2)


@pytest.mark.parametrize("name", HOSTILE)
def test_odd_names_are_just_names(run: Commands, name: str) -> None:
    folder = small_world.draw(Path("in") / name, 3)
    run("add", name, folder)
    assert run.json("datasets")[0]["name"] == name.strip()
    assert run.json("compare", name.strip(), folder)["matrix"] == [[0, 0], [0, 0]]
    assert len(run.json("rank", folder, "--reference", folder / "001.png")["images"]) == 3
    run("remove", name.strip())
    assert sorted(p.name for p in folder.iterdir()) == ["000.png", "001.png", "002.png"]
    assert not Path("x").exists()


def test_options_may_stand_before_the_command(two: Commands, tmp_path: Path) -> None:
    assert parser.main(["--json", "--workspace", str(two.home), "datasets"]) == 0
    assert len(json.loads(two.capture.readouterr().out)) == 2


def test_a_disk_that_is_not_plugged_in_does_not_stop_a_comparison(two: Commands, tmp_path: Path) -> None:
    before = two.json("compare", "day", "night")
    (tmp_path / "pictures").rename(tmp_path / "unplugged")
    assert two.json("compare", "day", "night") == before
    assert "no folder" in two("extract", "day", code=2)


def test_an_unforeseen_error_keeps_its_details_in_a_file(two: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh no")

    monkeypatch.setattr("dnacore.distances.pairwise.pairwise", fail)
    said = two("compare", "day", "night", code=2)
    assert "ZeroDivisionError: oh no" in said and str(two.home / "errors.log") in said
    assert "Traceback" in (two.home / "errors.log").read_text("utf-8")


def test_signals_are_handed_back(two: Commands) -> None:
    import signal

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    two("datasets")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def python(*arguments: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=300, **more)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from dnacore.commands.parser import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted({'torch', 'numpy', 'pandas', 'numba', 'timm', 'PIL', 'sqlite3', 'streamlit'} & set(sys.modules)))"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert "sensitivity" in done.stdout


def test_a_real_process(tmp_path: Path) -> None:
    """As a person calls it: exit codes, one line on stderr, and a reader that closes early."""
    environment = os.environ | {"VISUAL_DNA_HOME": str(tmp_path / "a home \N{SPARKLES}"), "PYTHONIOENCODING": "ascii"}
    small_world.draw(tmp_path / "snow \N{SNOWMAN}", 2)
    failed = python("-m", "dnacore", "remove", "nothing", env=environment)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr == "There is no dataset, selection or imported DNA nothing.\n"
    added = python("-m", "dnacore", "add", "snow \N{SNOWMAN}", str(tmp_path / "snow \N{SNOWMAN}"), env=environment)
    assert (added.returncode, added.stderr) == (0, "")
    assert added.stdout.startswith("snow ?: 2 images")
    closed = subprocess.run(
        f"'{sys.executable}' -m dnacore extractors --json | true",
        shell=True,
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert closed.stderr == ""
    shutil.rmtree(tmp_path / "a home \N{SPARKLES}")
