"""Images picked by hand: piles that are kept, undone and shared by a link, and datasets made of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

import dnacore as dc
from dnacore.workspace.saved import piles as picks
from dnacore.workspace.saved.piles import WITH, WITHOUT, Piles
from ui.server import blobs


@pytest.fixture
def workspace(tmp_path: Path) -> dc.Workspace:
    opened = dc.Workspace.open(tmp_path / "workspace")
    for name, count in (("one", 4), ("two", 3)):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(count):
            Image.new("RGB", (20, 20), (40 * number, 9, 200)).save(folder / f"{name} {number}.png")
        if name == "one":
            table = pd.DataFrame({"file": [f"one {n}.png" for n in range(count)], "hat": [0, 1, 1, 0]})
            table.to_csv(folder / "attributes.csv", index=False)
        opened.add_dataset(name, folder)
    return opened


def test_an_image_lies_in_one_pile_at_most():
    piles = Piles().added(WITH, [(1, 0), (1, 1), (1, 0)], "").added(WITHOUT, [(1, 1), (2, 0)], "")
    assert piles.with_ == ((1, 0),) and piles.without == ((1, 1), (2, 0))
    assert piles.removed([(1, 1)], "").without == ((2, 0),)
    assert piles.exchanged("").with_ == piles.without


def test_adding_looks_at_every_image_a_few_times_however_large_the_pile():
    looked = 0

    class Image(tuple):
        def __hash__(self) -> int:
            nonlocal looked
            looked += 1
            return tuple.__hash__(self)

    images = [Image((1, i)) for i in range(200)]
    piles = Piles(tuple(images[:100])).added(WITH, images, "")
    assert piles.with_ == tuple(images) and looked < 200 * 10


def test_every_change_can_be_undone_also_after_a_restart(workspace):
    first = picks.save(workspace, Piles().added(WITH, [(1, 0)], ""))
    second = picks.save(workspace, picks.load(workspace, first).added(WITHOUT, [(1, 2)], first))
    again = dc.Workspace.open(workspace.root)
    assert picks.load(again, second).without == ((1, 2),)
    assert picks.undone(again, second) == first and picks.undone(again, first) == ""
    assert picks.load(again, "") == Piles()


def test_a_link_to_the_same_piles_is_the_same(workspace):
    made = Piles().added(WITH, [(1, 0)], "")
    assert picks.save(workspace, made) == picks.save(workspace, made)


@pytest.mark.parametrize("token", ["0123456789abcdef", "../../catalogue", "x"])
def test_piles_that_are_not_here_are_said_to_be_gone(workspace, token):
    with pytest.raises(dc.UnknownName, match="not in this workspace"):
        picks.load(workspace, token)


def test_damaged_piles_are_said_to_be_gone(workspace):
    token = picks.save(workspace, Piles().added(WITH, [(1, 0)], ""))
    (workspace.root / "piles" / f"{token}.json").write_text('{"format": "other"}')
    with pytest.raises(dc.UnknownName):
        picks.load(workspace, token)


def test_picked_images_of_several_datasets_become_one_with_their_attributes(workspace):
    one, two = workspace.dataset("one"), workspace.dataset("two")
    made = picks.new_dataset(workspace, "chosen", ((one.id, 1), (two.id, 0), (one.id, 3)))
    assert made.images == 3
    hashes = {row.hash for row in workspace.scan(made).files}
    originals = {row.hash for dataset in (one, two) for row in workspace.scan(dataset).files}
    assert hashes <= originals, "the same content"
    table = workspace.attributes(made)
    assert sorted(table["hat"]) == ["0", "0", "1"] or sorted(table["hat"]) == ["", "0", "1"]
    by_name = {Path(str(path)).name: value for path, value in table["hat"].items()}
    assert by_name["one 1.png"] == "1" and by_name["one 3.png"] == "0"
    workspace.remove_dataset("chosen")
    assert all((dataset.folder / row.path).is_file() for dataset in (one, two) for row in workspace.files(dataset))


def test_a_taken_name_and_no_images_are_refused(workspace):
    with pytest.raises(dc.BadInput, match="already"):
        picks.new_dataset(workspace, "two", ((1, 0),))
    with pytest.raises(dc.BadInput, match="there any more"):
        picks.new_dataset(workspace, "new", ((99, 0), (1, 77)))
    assert [dataset.name for dataset in workspace.datasets()] == ["one", "two"]


def test_the_shelf_keeps_what_was_used_last(monkeypatch):
    monkeypatch.setattr(blobs, "ROOM", 100)
    first, second = blobs.put(b"a" * 40), blobs.put(b"b" * 40)
    assert blobs.get(first) == (b"a" * 40, "application/json")
    third = blobs.put(b"c" * 40)
    assert blobs.get(second) is None and blobs.get(first) and blobs.get(third)
    assert blobs.put(b"a" * 40) == first
