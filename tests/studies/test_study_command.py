"""`python -m dnacore study`: what it prints, keeps and writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import dnacore as dc
from dnacore import studies
from dnacore.commands import parser
from dnacore.errors import Cancelled
from dnacore.sources import study_requests
from dnacore.sources.resolver import Sources
from dnacore.studies import sample_size
from tests import small_world


@pytest.fixture
def call(small_workspace: dc.Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    small_world.use_small_network(monkeypatch)

    def command(*arguments: object, code: int = 0, as_json: bool = True):
        more = ["--json"] if as_json else []
        got = parser.main(["study", *map(str, arguments), "--workspace", str(small_workspace.root), *more])
        out, err = capsys.readouterr()
        assert got == code, err
        return err if code else json.loads(out) if as_json else out

    return command


ASKED = {
    "sample-size": ["bright", "dark", "--set", "seeds=2"],
    "realism": ["bright", "dark"],
    "transfer": ["bright", "dark"],
    "retrieval": ["bright", "dark", "--set", "methods=dna,pixels"],
    "ignore": ["bright", "--set", "metrics=emd", "--set", "steps=20"],
    "changes": ["bright", "--set", "changes=a crop", "--set", "images=4"],
    "photo-drawing": ["bright", "dark"],
    "drift": ["bright", "--set", "orders=99", "--set", "words=no"],
    "footprint": ["bright", "dark"],
}


@pytest.mark.parametrize("name", studies.NAMES)
def test_every_study_answers_in_json_csv_and_html(name: str, call, tmp_path: Path) -> None:
    found = call(name, *ASKED[name], "--seed", 3, "--csv", tmp_path / "a.csv", "--html", tmp_path / "a.html")
    assert found["study"] == name and found["finding"].endswith(".") and found["seed"] == 3 and found["seconds"] >= 0
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text("utf-8").splitlines()))
    assert len(rows) == len(found["table"]) > 0 and set(found["columns"]) == set(rows[0])
    assert set(found["columns"]) <= {key for row in found["table"] for key in row}
    for figure in found["figures"]:
        assert figure["kind"] and all(len(s["x"]) == len(s["y"]) for s in figure["series"])
    page = (tmp_path / "a.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "Plotly.newPlot" in page


def test_an_answer_is_kept_until_something_it_depends_on_changes(call, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call("sample-size", "bright", "dark", "--set", "seeds=3")
    counted = []
    usual = sample_size.limit
    monkeypatch.setattr(sample_size, "limit", lambda *a, **k: counted.append(1) or usual(*a, **k))
    assert call("sample-size", "bright", "dark", "--set", "seeds=3") == first and not counted
    for more in (["--seed", "1"], ["--set", "sizes=6"], ["--fresh"]):
        counted.clear()
        call("sample-size", "bright", "dark", "--set", "seeds=3", *more)
        assert counted


def test_a_kept_answer_that_is_broken_is_computed_again(call, small_workspace: dc.Workspace) -> None:
    first = call("footprint", "dark", "--set", "images=5")
    for file in (small_workspace.root / study_requests.FOLDER).iterdir():
        file.write_text("{}")
    assert call("footprint", "dark", "--set", "images=5")["table"] == first["table"]


def test_studies_are_listed_and_described(call) -> None:
    assert [one["name"] for one in call()] == list(studies.NAMES)
    assert call("drift", "--describe")["question"] == "Did it drift?"
    assert "--set neurons=20" in call("retrieval", "--describe", as_json=False)
    assert "Do I have enough images?" in call(as_json=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sample-size", "bright"], "takes 2 datasets, not 1"),
        (["sizes", "bright"], "invalid choice"),
        (["drift", "nobody"], "no dataset or folder 'nobody'"),
        (["drift", "bright", "--set", "window"], "NAME=VALUE"),
        (["drift", "bright", "--set", "size=3"], "no option size"),
        (["drift", "bright", "--attribute", "odd"], "takes no attribute"),
        (["footprint", "bright", "--selection", "s"], "takes no selection"),
        (["ignore", "dark"], "table of at least two attributes"),
        (["ignore", "bright", "--attribute", "nice"], "no attribute nice"),
        (["drift", "bright", "--extractors", "mini", "random_resnet18"], "one network at a time"),
        (["transfer"], "target and at least one dataset"),
        (["transfer", "--scores", "gone.csv"], "gone.csv"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(arguments: list[str], says: str, call) -> None:
    assert says in call(*arguments, code=2)


def test_the_example_of_scores_needs_no_dataset(call) -> None:
    found = call("transfer", "--scores", "example")
    assert found["more"]["random_low"] < found["more"]["random"] < found["more"]["random_high"]


def test_a_study_tells_its_progress_and_stops_when_asked(small_sources: Sources) -> None:
    asked = study_requests.Asked(studies.find("photo-drawing"), ["bright", "dark"])
    told: list[tuple[str, int, int]] = []
    study_requests.run(asked, [small_sources], lambda *step: told.append(step), fresh=True)
    assert told and all(0 <= done <= total for _, done, total in told)
    with pytest.raises(Cancelled, match="run it again"):
        study_requests.run(asked, [small_sources], stop=lambda: True, fresh=True)
