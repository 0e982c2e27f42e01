"""Files say what they are: one of another kind, of a later version or broken is a sentence or an empty start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dnacore import versioned
from dnacore.errors import BadInput, Damaged, UnknownName
from dnacore.neurons.selection import load_selection
from dnacore.workspace.saved import custom_extractors, piles, reports, views
from dnacore.workspace.workspace import Workspace

TOKEN = "0123456789abcdef"
BROKEN = {
    "half": b'{"format": "visual-dna views", "vers',
    "endless": b"[" * 100_000,
    "no object": b"[1, 2]",
    "binary": b"\xff\xfe\x00",
    "another kind": json.dumps({"format": "visual-dna nothing", "version": 1}).encode(),
    "later": json.dumps({"format": "visual-dna views", "version": 99, "views": []}).encode(),
    "without content": json.dumps({"format": "visual-dna views", "version": 1}).encode(),
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    versioned.write(tmp_path / "one.json", "kind", 3, {"a": [1, 2]})
    assert versioned.read(tmp_path / "one.json", "kind", 3) == {"format": "kind", "version": 3, "a": [1, 2]}
    with pytest.raises(Damaged, match="written as version 3; this program reads version 2"):
        versioned.read(tmp_path / "one.json", "kind", 2)


@pytest.mark.parametrize("broken", BROKEN)
def test_what_was_saved_and_cannot_be_read_is_no_traceback(tmp_path: Path, broken: str) -> None:
    workspace = Workspace.open(tmp_path)
    places = (
        "views.json",
        "report.json",
        f"piles/{TOKEN}.json",
        f"{custom_extractors.FOLDER}/mine.json",
        "chosen.json",
    )
    for name in places:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(BROKEN[broken])
    assert views.load(workspace) == [] and reports.load(workspace) == reports.Report()
    assert custom_extractors.kept(workspace) == []
    with pytest.raises(UnknownName, match="not in this workspace"):
        piles.load(workspace, TOKEN)
    with pytest.raises(BadInput, match="not a selection"):
        load_selection(tmp_path / "chosen.json")
