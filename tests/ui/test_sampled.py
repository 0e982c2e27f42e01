"""What is shown of a dataset of which a sample keeps sketches says so, and nothing is said of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import small_world
from ui.app import comparisons, reads
from ui.choices import sampled


def test_a_sample_is_stated_with_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = small_world.workspace(tmp_path / "home")
    for seed, name in enumerate(("large", "small")):
        ws.add_dataset(name, small_world.draw(tmp_path / name, 24, seed))
        small_world.extract(ws, name)
    (setting,) = ws.store.settings()
    ws.store.choose_share(ws.dataset("large"), setting, 2)
    monkeypatch.setattr(reads, "workspace", lambda: ws)
    monkeypatch.setattr(reads, "extractor", lambda: setting.label)
    ready = {one.name: one for one in reads.ready()}
    large, small = ready["large"], ready["small"]
    kept = len(reads.sketches_of(large))
    assert 0 < kept < 24
    assert sampled.said([small]) == ""
    said = sampled.said([large, small])
    assert (
        said.startswith(f"From a sample: this is read from {kept} of the 24 images of large.") and "small" not in said
    )
    found = reads.sketches_of(large)
    assert len(comparisons.ranking(large, small)) == len(found), "what is ranked is the sample"
