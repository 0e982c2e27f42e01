"""Imported DNAs stand among the datasets they can be compared with, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import dnacore as dc
from dnacore.sources.exchange import import_dna
from dnacore.workspace.saved import imported
from tests import small_world


@pytest.fixture
def home(tmp_path: Path) -> dc.Workspace:
    ws = small_world.workspace(tmp_path / "home")
    ws.add_dataset("day", small_world.draw(tmp_path / "day", 6))
    small_world.extract(ws, "day")
    return ws


def _sent(home: dc.Workspace, tmp_path: Path, name: str, **changed: object) -> str:
    setting = home.store.settings()[0]
    dna = home.dna("day", setting.label)
    return import_dna(home, replace(dna, name=name, **changed).save(tmp_path / "sent")).name


def test_an_imported_dna_is_compared_like_a_dataset_without_images(home: dc.Workspace, tmp_path: Path) -> None:
    label = home.store.settings()[0].label
    assert imported.comparable(home, label) == []
    _sent(home, tmp_path, "a friend's")
    (found,) = imported.comparable(home, label)
    assert (found.name, found.images, found.imported) == ("a friend's", 6, True)
    dna = imported.load(found)
    assert dna is not None and dc.emd_avg(dna, home.dna("day", label)) == 0
    assert home.files(found) == [] and home.store.words_key(found) == ""
    before = imported.key(found)
    found.source.unlink()
    assert imported.key(found) != before and imported.load(found) is None


def test_what_cannot_be_compared_is_left_out(home: dc.Workspace, tmp_path: Path) -> None:
    setting = home.store.settings()[0]
    ranges = home.dna("day", setting.label).calibration
    other = dc.Calibration(ranges.low - 1, ranges.high, ranges.layers, ranges.extractor, "elsewhere")
    _sent(home, tmp_path, "other ranges", calibration=other)
    (home.root / "imports" / "broken.dna.npz").write_bytes(b"nothing")
    assert imported.names(home) == ["broken", "other ranges"]
    assert imported.comparable(home, setting.label) == []
    assert imported.comparable(home, "another network") == []
