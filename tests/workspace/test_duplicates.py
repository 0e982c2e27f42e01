"""Exact duplicates, by the bytes of the files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dnacore import Workspace
from dnacore.commands import parser
from dnacore.workspace.upkeep.duplicates import find_duplicates


@pytest.fixture
def workspace(tmp_path: Path, tiny_images: Path) -> Workspace:
    """`first` holds all images and one of them twice more; `second` three of them and nothing else."""
    workspace = Workspace.open(tmp_path / "home")
    shutil.copytree(tiny_images, tmp_path / "first")
    (tmp_path / "second").mkdir()
    images = sorted(path for path in (tmp_path / "first").iterdir() if path.is_file())
    for number, image in enumerate(images[:3]):
        shutil.copy(image, tmp_path / "second" / f"{number}{image.suffix}")
    for number in range(2):
        shutil.copy(images[0], tmp_path / "first" / f"zz{number}{images[0].suffix}")
    for name in ("first", "second"):
        workspace.add_dataset(name, tmp_path / name)
    return workspace


def test_copies_are_found_within_and_across(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = workspace.datasets()
    assert find_duplicates(workspace, first).unknown == first.images, "nothing was hashed so far"
    assert parser.main(["duplicates", "first", "second", "--workspace", str(workspace.root), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["datasets"][0]
    assert [len(group) for group in said["within"]] == [3] and len(said["across"]["second"]) == 3
    found = find_duplicates(workspace, first)
    assert (found.superfluous, found.unknown) == (2, 0)
    assert {len(group) for group in found.across[second.id]} == {2}
    backwards = find_duplicates(workspace, second)
    assert backwards.superfluous == 0 and sorted(map(len, backwards.across[first.id])) == [2, 2, 4]
    assert find_duplicates(workspace, second, others=[]).across == {}
