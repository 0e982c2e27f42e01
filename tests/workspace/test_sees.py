"""`NAME[sees=WORD]`: the images of which the network's own head says a word first, wherever a dataset is taken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.commands import parser
from dnacore.errors import UnknownName
from dnacore.extractors.labels import class_names
from dnacore.sources.resolver import Sources
from tests import small_world


@pytest.fixture
def ws(tmp_path: Path) -> dc.Workspace:
    opened = small_world.workspace(tmp_path / "home")
    small_world.draw(tmp_path / "drawn", 8)
    small_world.draw(tmp_path / "dark", 8, seed=9, dark=True)
    for n, path in enumerate(sorted((tmp_path / "dark").iterdir())):
        path.rename(tmp_path / "drawn" / f"dark-{n}.png")
    opened.add_dataset("drawn", tmp_path / "drawn")
    return opened


def first_words(ws: dc.Workspace) -> dict[str, str]:
    """What the network says first of every image, asked anew."""
    network, dataset = small_world.network(), ws.dataset("drawn")
    words = {}
    for file in ws.files(dataset):
        batch = network.preprocess(dataset.folder / file.path)[None]
        words[file.path] = class_names(1000)[network.labels(batch, 1)[0][0][0]]
    return words


def test_a_word_names_the_images_whose_first_word_it_is(ws: dc.Workspace) -> None:
    small_world.extract(ws, "drawn")
    said = first_words(ws)
    for word in set(said.values()):
        expected = sorted(path for path, own in said.items() if own == word)
        assert [f.path for f in ws.files(ws.dataset(f"drawn[sees={word.upper()}]"))] == expected
        rest = [f.path for f in ws.files(ws.dataset(f"drawn[sees!={word}]"))] if len(expected) < len(said) else []
        assert sorted(expected + rest) == sorted(said)
    table = ws.described(ws.dataset("drawn"))
    assert dict(table["sees"]) == said
    asked = {a.name: a.images for a in dc.attributes_of(table, least=1)}
    assert asked == {f"sees={w}": (n := list(said.values()).count(w), len(said) - n) for w in set(said.values())
                     if list(said.values()).count(w) < len(said)}  # fmt: skip


def test_what_was_not_extracted_yet_is_extracted_to_be_asked(ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    small_world.use_small_network(monkeypatch)
    word = next(iter(first_words(ws).values()))
    dna = Sources(ws, batch_size=4).dna(f"drawn[sees={word}]")
    assert dna.images == list(first_words(ws).values()).count(word)


def test_without_kept_words_the_sentence_says_how_to_get_them(ws: dc.Workspace) -> None:
    small_world.extract(ws, "drawn")
    for path in (ws.root / "words").iterdir():
        path.unlink()
    with pytest.raises(UnknownName, match="extract drawn --words"):
        ws.dataset("drawn[sees=dog]")
    assert "sees" not in ws.described(ws.dataset("drawn")).columns


def test_a_word_nobody_said_is_refused_with_those_that_were(ws: dc.Workspace) -> None:
    small_world.extract(ws, "drawn")
    with pytest.raises(UnknownName, match="No image of .*sees=zebra.* The values are"):
        ws.dataset("drawn[sees=zebra]")


def test_a_table_of_ones_own_with_that_column_wins(ws: dc.Workspace, tmp_path: Path) -> None:
    small_world.extract(ws, "drawn")
    lines = [f"{f.path},{'mine' if i < 3 else 'other'}" for i, f in enumerate(ws.files(ws.dataset("drawn")))]
    (tmp_path / "own.csv").write_text("file,sees\n" + "\n".join(lines) + "\n")
    ws.set_attributes("drawn", tmp_path / "own.csv")
    assert ws.dataset("drawn[sees=mine]").images == 3


def test_sensitivity_to_a_word_from_the_command_line(
    ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small_world.use_small_network(monkeypatch)
    small_world.extract(ws, "drawn")
    words, counts = np.unique(list(first_words(ws).values()), return_counts=True)
    word, count = str(words[counts.argmax()]), int(counts.max())
    command = ["sensitivity", "drawn", "--workspace", str(ws.root), "--attribute"]
    assert parser.main([*command, f"sees={word}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == [count, 16 - count]
    assert parser.main([*command, "sees"]) == 2
    assert f"{word} ({count})" in capsys.readouterr().err
