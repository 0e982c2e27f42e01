"""Taking in a shared gallery from the dashboard stays within the folders that may be looked into."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnacore.errors import BadInput
from ui.datasets import shared


def test_no_wording_of_a_path_leads_out_of_the_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, secret = tmp_path / "inside", tmp_path / "secret"
    for folder in (inside, secret):
        folder.mkdir()
    started: list[str] = []
    monkeypatch.setenv("VISUAL_DNA_ROOTS", str(inside))
    monkeypatch.setattr(shared.reads, "workspace", lambda: None)
    monkeypatch.setattr(shared.jobs, "start", lambda _, command, title: started.append(command[-1]))
    for source in (
        str(secret),
        f"{tmp_path}/x://../../secret",
        f"x://../..{secret}",
        f"file://{secret}",
        f"{inside}/../secret",
    ):
        with pytest.raises(BadInput):
            shared.take_in(source)
    assert started == []
    for source in (str(inside), "HTTPS://team.example/dnas"):
        shared.take_in(source)
    assert started == [str(inside), "HTTPS://team.example/dnas"]
