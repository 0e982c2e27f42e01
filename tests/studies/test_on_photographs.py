"""What studies find on real images with the built-in network, where a checkout has such images beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

import dnacore as dc
from dnacore import studies
from dnacore.sources.resolver import Sources
from dnacore.sources.study_requests import Asked, run

EVERY = 4  # images; all of them would take a minute


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """A quarter of the photographs, paintings and sketches of the same things."""
    folder = tmp_path_factory.mktemp("real")
    ws = dc.Workspace.open(folder / "home")
    for name in ("photo", "art_painting", "sketch"):
        every = (shared_data / "images" / "styles" / name).rglob("*")
        files = sorted(path for path in every if path.is_file())[::EVERY]
        (folder / f"{name}.txt").write_text("\n".join(map(str, files)) + "\n")
        ws.add_dataset(name, folder / f"{name}.txt")
    return Sources(ws)


def test_paintings_are_nearer_to_photographs_than_sketches_are(real: Sources) -> None:
    found = run(Asked(studies.find("photo-drawing"), ["photo", "sketch", "art_painting"]), [real])
    assert [row["domain"] for row in found.table] == ["art_painting", "sketch"]
    assert found.table[1]["auc_selected"] >= 0.99


def test_emd_finds_what_looks_alike_better_than_pixels_do(real: Sources) -> None:
    asked = Asked(studies.find("retrieval"), ["sketch", "photo", "art_painting"], {"methods": "dna,pixels"})
    scores = {row["method"]: row["auc"] for row in run(asked, [real]).table}
    assert scores["DNA-EMD, all neurons"] > 0.95 and scores["DNA-EMD, all neurons"] > scores["pixel L2"]
