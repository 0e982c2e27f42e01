"""Words and learned weights from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.commands import parser
from dnacore.sketches.words import Words, save_words
from tests import small_world


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dc.Workspace:
    """Two sets of drawings of which the network is made to say that one shows torches."""
    small_world.use_small_network(monkeypatch)
    opened = small_world.workspace(tmp_path / "home")
    for name, seed, dark in (("day", 0, False), ("night", 7, True)):
        opened.add_dataset(name, small_world.draw(tmp_path / name, 16, seed, dark))
        small_world.extract(opened, name)
        shard = opened.store._shards_of(opened.dataset(name))[opened.store.settings()[0].id][0]
        hashes = tuple(f.hash for f in opened.files(opened.dataset(name)))
        classes = np.tile([1, 2, 3, 4, 862 if dark else 970], (16, 1))
        odds = np.tile(np.float32([0.3, 0.2, 0.1, 0.1, 0.1]), (16, 1))
        save_words(opened.root / "words" / f"{shard}.words", Words(classes, odds, hashes, 1000))
    return opened


def run(ws: dc.Workspace, capsys: pytest.CaptureFixture[str], *command: str) -> str:
    assert parser.main([*command, "--workspace", str(ws.root)]) == 0
    return capsys.readouterr().out


def test_compare_says_in_words_what_tells_two_sets_apart(ws: dc.Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    text = run(ws, capsys, "compare", "day", "night")
    assert "“day” shows more of alp (100\N{NO-BREAK SPACE}% of the images against none); “night” more of torch" in text
    assert "guesses of a network that was trained on ImageNet's photographs" in text
    found = json.loads(run(ws, capsys, "compare", "day", "night", "--json"))["words"][0]
    assert found["names"] == ["day", "night"] and found["less"][0]["name"] == "torch" and found["rate"] == 0.05
    assert json.loads(run(ws, capsys, "compare", "day", "day", "--json"))["words"] == []


def test_learned_weights_are_told_with_both_aucs_and_kept(ws: dc.Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(ws, capsys, "sensitivity", "day", "night", "--sharpen", "--save", "light", "--json"))
    kept = ws.selection("light")
    assert 0.9 <= found["sharpened"]["auc"] <= 1 and found["sharpened"]["top"] == 20
    assert (
        len(kept) == found["sharpened"]["neurons"] and (kept.weights > 0).all() and kept.origin["kind"] == "sharpened"
    )
    ranked = json.loads(
        run(ws, capsys, "rank", "day", "--reference", "night", "--unlike", "day", "--selection", "light", "--json")
    )
    assert ranked["selection"] == "light" and len(ranked["images"]) == 16
