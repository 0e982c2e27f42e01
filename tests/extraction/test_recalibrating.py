"""Measuring the ranges again, and extracting again what has to be so that everything stays comparable."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dnacore import Workspace
from dnacore.commands import parser


def test_everything_is_extracted_again_over_the_new_ranges(
    tmp_path: Path, tiny_images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"

    def run(*line: str) -> dict:
        code = parser.main([*line, "--workspace", str(home), "--json", "--device", "cpu"])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return json.loads(printed.out)

    for name in ("one", "two"):
        shutil.copytree(tiny_images, tmp_path / name)
        run("add", name, str(tmp_path / name))
    run("extract", "one", "two", "--extractor", "timm:test_resnet@random")
    workspace = Workspace.open(home)
    label = workspace.store.extractors_of(workspace.dataset("one"))[0]
    said = run("calibrate", "new ranges", "two", "--extract", "--extractor", "timm:test_resnet@random")
    assert said["extract_again"] == [] and sorted(said["extracted"]) == ["one", "two"]
    found = [workspace.dna(name, label) for name in ("one", "two")]
    assert {dna.calibration.fingerprint for dna in found} == {said["fingerprint"]}
    assert found[0].calibration.origin == "new ranges"
