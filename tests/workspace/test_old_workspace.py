"""A workspace that version 0.1 wrote opens here and gives the same answers, without the network seeing an image again.

`workspace-0.1.zip`: eleven tiny images in two datasets, extracted with timm's `test_resnet` under random weights, and
what that version's command line printed about them (`expected.json`). Paths in it begin with /old.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import dnacore as dc
from dnacore.commands import parser
from dnacore.extractors.extractor import Extractor
from dnacore.workspace import jobs
from dnacore.workspace.saved import piles, reports, views

KEPT = Path(__file__).parents[1] / "files" / "workspace-0.1.zip"
NETWORK = ("--extractor", "timm:test_resnet@random")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The workspace, with its datasets where they are now."""
    with zipfile.ZipFile(KEPT) as packed:
        packed.extractall(tmp_path)
    with closing(sqlite3.connect(tmp_path / "workspace" / "catalogue.sqlite")) as catalogue, catalogue:
        for column in ("source", "folder", "attributes"):
            catalogue.execute(f"UPDATE dataset SET {column} = replace({column}, '/old', ?)", (str(tmp_path),))
    return tmp_path / "workspace"


@pytest.fixture
def expected(old: Path) -> dict[str, Any]:
    text = (old.parent / "expected.json").read_text(encoding="utf-8")
    return json.loads(text.replace('"/old/', f'"{old.parent.as_posix()}/'))


def test_what_was_extracted_gives_the_same_answers(
    old: Path, expected: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        pytest.fail("an image went through the network again")

    monkeypatch.setattr(Extractor, "visit", never)

    def answer(*words: str) -> dict[str, Any]:
        assert parser.main([*words, *NETWORK, "--workspace", str(old), "--json"]) in (0, 1)
        return json.loads(capsys.readouterr().out)

    questions = {
        "compare": ("compare", "day", "night"),
        "parts": ("compare", "day[warm=1]", "day[warm=0]"),
        "selected": ("compare", "day", "night", "--selection", "dark ones"),
    }
    for name, words in questions.items():
        found = answer(*words)
        assert found["names"] == expected[name]["names"]
        assert found["matrix"] == [pytest.approx(row, rel=1e-9) for row in expected[name]["matrix"]], name
    ranked = answer("rank", "day", "--reference", "night")["images"]
    assert [Path(row["path"]) for row in ranked] == [Path(row["path"]) for row in expected["rank"]["images"]]
    assert [row["distance"] for row in ranked] == pytest.approx([r["distance"] for r in expected["rank"]["images"]])
    done = answer("extract", "day", "night")["datasets"]
    assert [(row["images"], row["extracted"], row["reused"]) for row in done] == [(6, 0, 6), (5, 0, 6)]
    assert [row["reason"] for row in done[1]["rejected"]] == ["it is not an image"]


def test_what_people_saved_is_there(old: Path, expected: dict[str, Any]) -> None:
    workspace = dc.Workspace.open(old)
    assert [one.name for one in workspace.datasets()] == ["day", "night"]
    assert workspace.catalogue.notice == ""
    assert json.loads(json.dumps(workspace.selection("dark ones").to_json())) == expected["selection"]
    kept = piles.load(workspace, expected["piles"])
    assert (kept.with_, kept.without) == (((1, 1), (1, 2)), ((2, 1),))
    assert reports.load(workspace).title == "Day and night"
    (view,) = views.load(workspace)
    assert (view.name, view.page, view.query) == ("Day by night", "gallery", (("dataset", "day"), ("like", "night")))
    (job,) = jobs.list_jobs(workspace)
    assert (job.state, list(job.datasets)) == ("done", ["day", "night"])
