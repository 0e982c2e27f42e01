"""Folders: where the workspace and fetched weights are unless somebody says otherwise."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from platformdirs import macos, unix, windows

from dnacore import paths


@pytest.mark.parametrize(
    ("platform", "workspace", "weights"),
    [
        (unix.Unix, ".local/share/visual-dna", ".cache/visual-dna/weights"),
        (macos.MacOS, "Library/Application Support/visual-dna", "Library/Caches/visual-dna/weights"),
        (windows.Windows, "Local/visual-dna", "Local/visual-dna/weights"),
    ],
)
def test_folders_are_those_of_the_platform(
    platform: type, workspace: str, weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "PlatformDirs", platform)
    monkeypatch.setattr(windows, "get_win_folder", lambda name: str(tmp_path / "Local"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("VISUAL_DNA_HOME", "VISUAL_DNA_WEIGHTS", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert paths.default_root() == tmp_path / workspace
    assert paths.weights_folder() == tmp_path / weights
    monkeypatch.setenv("VISUAL_DNA_HOME", "~/mine")
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", "~/networks")
    assert (paths.default_root(), paths.weights_folder()) == (tmp_path / "mine", tmp_path / "networks")
