"""Parts by several conditions, by sub-folder and by tags of one's own, and the counts of a filter."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dnacore as dc
from dnacore.attributes.survey import attributes_of
from dnacore.images import browse
from dnacore.sources.resolver import Sources
from dnacore.workspace.attribute_table import choose, facets, read_attributes
from dnacore.workspace.datasets import Part, parse_part
from dnacore.workspace.saved import neuron_notes, tags
from dnacore.workspace.saved.neuron_notes import Note
from dnacore.workspace.store.sketch_files import keeps_sketch
from tests import small_world


@pytest.fixture
def album(tmp_path: Path) -> dc.Workspace:
    """A workspace with `album`: day/ and night/ of three images each, hats on the even ones, smiles on the first two."""
    ws = dc.Workspace.open(tmp_path / "home")
    for seed, name in enumerate(("day", "night")):
        small_world.draw(tmp_path / "album" / "all" / name, 3, seed)
    files = [f"all/{folder}/{at:03d}.png" for folder in ("day", "night") for at in range(3)]
    lines = [f"{file},{(at + 1) % 2},{int(at < 2)}" for at, file in enumerate(files)]
    (tmp_path / "album" / "attributes.csv").write_text("\n".join(["file,hat,smile", *lines]))
    ws.add_dataset("album", tmp_path / "album")
    return ws


def paths(ws: dc.Workspace, name: str) -> list[str]:
    return [row.path.removeprefix("all/") for row in ws.files(ws.dataset(name))]


def test_several_conditions_hold_at_once(album: dc.Workspace) -> None:
    assert paths(album, "album[hat=1][smile=1]") == ["day/000.png"]
    found = album.dataset("album[hat=1][folder=night]")
    assert (found.name, found.images) == ("album[hat=1][folder=night]", 1)
    assert album.part(album.dataset("album[hat=1]"), "smile", "0").name == "album[hat=1][smile=0]"
    assert album.part(album.dataset("album[hat=1]"), "smile", "0").part == Part("hat", "1", Part("smile", "0"))
    assert paths(album, "album[hat!=1][folder=day]") == ["day/001.png"]
    with pytest.raises(dc.UnknownName, match="hat=0 and smile=1 and folder=night at once"):
        album.dataset("album[hat=0][smile=1][folder=night]")
    with pytest.raises(dc.UnknownName, match="no attribute beard"):
        album.dataset("album[hat=1][beard=1]")


def test_what_is_written_is_what_is_read() -> None:
    for text in ("a[b=c]", "a[b=c][d=e]", "a[b!=c][sees=Great Dane][tag=mine]"):
        name, part = parse_part(text)
        assert (name, f"{name}{part}") == ("a", text)
    assert parse_part("a[b]") == ("a[b]", None) and parse_part("[b=c]") == ("[b=c]", None)


def test_tags_are_attributes_and_survive_a_rename(album: dc.Workspace) -> None:
    dataset = album.dataset("album")
    first, second, third = album.files(dataset)[:3]
    tags.add(album.catalogue, [(dataset.id, first.index), (dataset.id, second.index)], " best ")
    tags.put(album.catalogue, (dataset.id, first.index), ["best", "for the talk"])
    before = tags.key(album.catalogue, dataset)
    album.rename_dataset("album", "holidays")
    assert paths(album, "holidays[tag=best]") == ["day/000.png", "day/001.png"]
    assert paths(album, "holidays[tag=best][tag=for the talk]") == ["day/000.png"]
    assert len(paths(album, "holidays[tag!=best]")) == 4
    assert tags.known(album.catalogue) == ["best", "for the talk"]
    tags.remove(album.catalogue, [(dataset.id, second.index)], "best")
    assert tags.key(album.catalogue, dataset) != before
    assert paths(album, "holidays[tag=best]") == ["day/000.png"]
    for unfit in ("", " ", "a]b", "x" * 61, "a;b", "a=b"):
        with pytest.raises(dc.BadInput, match="cannot be a tag"):
            tags.add(album.catalogue, [(dataset.id, first.index)], unfit)


def test_each_tag_is_a_question_and_no_attribute_is_asked_for_that_no_table_gave(album: dc.Workspace) -> None:
    dataset = album.dataset("album")
    first, second, *_ = album.files(dataset)
    tags.add(album.catalogue, [(dataset.id, first.index), (dataset.id, second.index)], "best")
    tags.add(album.catalogue, [(dataset.id, first.index)], "mine")
    asked = {one.name: one.images for one in attributes_of(album.described(dataset), least=1)}
    assert asked["tag=best"] == (2, 4) and asked["tag=mine"] == (1, 5)  # whatever else an image is tagged
    assert {"hat", "smile", "folder=day", "folder=night"} < set(asked)
    assert list(album.attributes(dataset).columns) == ["hat", "smile"]
    tags.add(album.catalogue, [(dataset.id, row.index) for row in album.files(dataset)], "all")
    with pytest.raises(dc.UnknownName, match="Every image of “album” has tag=all"):
        album.dataset("album[tag!=all]")


def test_what_is_tagged_later_is_in_the_dna_of_the_tagged_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_world.use_small_network(monkeypatch)
    ws = small_world.workspace(tmp_path / "home")
    ws.choose_calibration(small_world.calibration("mini"))
    small_world.draw(tmp_path / "in", 12, 0)
    dataset = ws.add_dataset("in", tmp_path / "in")
    rows, sources = ws.files(dataset), Sources(ws, "mini")
    for first, last in ((0, 4), (4, 6)):  # at first the part alone is extracted
        tags.add(ws.catalogue, [(dataset.id, row.index) for row in rows[first:last]], "best")
        assert sources.dna("in[tag=best]").images == last
    tags.remove(ws.catalogue, [(dataset.id, row.index) for row in rows[1:]], "best")
    assert sources.dna("in[tag=best]").images == 1


def test_the_key_of_a_parts_dna_changes_with_its_images(tmp_path: Path) -> None:
    ws = small_world.workspace(tmp_path / "home")
    dataset = ws.add_dataset("in", small_world.draw(tmp_path / "in", 6))
    small_world.extract(ws, "in")
    label, rows = ws.store.settings()[0].label, ws.files(dataset)
    tags.add(ws.catalogue, [(dataset.id, row.index) for row in rows[:3]], "best")
    small_world.extract(ws, "in[tag=best]")
    part = ws.dataset("in[tag=best]")
    before, whole = ws.store.dna_key(part, label), ws.store.dna_key(dataset, label)
    assert before == ws.store.dna_key(part, label)
    tags.add(ws.catalogue, [(dataset.id, rows[4].index)], "best")
    part = ws.dataset("in[tag=best]")
    dna = ws.dna(part, label)
    assert dna is not None and dna.images == 4
    assert ws.store.dna_key(part, label) != before and ws.store.dna_key(dataset, label) == whole


def test_a_part_of_a_dataset_with_a_stated_sample_of_sketches_is_of_that_sample(tmp_path: Path) -> None:
    ws = small_world.workspace(tmp_path / "home")
    dataset = ws.add_dataset("in", small_world.draw(tmp_path / "in", 24))
    tags.add(ws.catalogue, [(dataset.id, row.index) for row in ws.files(dataset)[:16]], "best")
    small_world.extract(ws, "in")
    (setting,) = ws.store.settings()
    part = ws.dataset("in[tag=best]")
    assert ws.dna(part, setting.label).images == 16
    ws.store.choose_share(dataset, setting, 2)
    kept = sum(keeps_sketch(row.hash, 2) for row in ws.files(part))
    assert 0 < kept < 16
    assert ws.store.dna(part, setting) is None, "who asks for all images is not given some"
    sampled = ws.store.dna(part, setting, sampled=True)
    assert sampled is not None and (sampled.images, sampled.exact) == (kept, False)
    assert ws.store.dna(dataset, setting).images == 24


def test_folders_called_yes_and_no_are_asked_for_by_their_names(tmp_path: Path) -> None:
    ws = dc.Workspace.open(tmp_path / "home")
    for seed, name in enumerate(("yes", "no")):
        small_world.draw(tmp_path / "scans" / name, 2, seed)
    ws.add_dataset("scans", tmp_path / "scans")
    assert paths(ws, "scans[folder=yes]") == ["yes/000.png", "yes/001.png"]
    assert paths(ws, "scans[folder!=yes]") == ["no/000.png", "no/001.png"]


def test_exported_tags_are_a_table_of_attributes(album: dc.Workspace, tmp_path: Path) -> None:
    dataset = album.dataset("album")
    files = album.files(dataset)
    tags.add(album.catalogue, [(dataset.id, row.index) for row in files[:2]], "best")
    tags.add(album.catalogue, [(dataset.id, files[0].index)], "odd, very")
    written = tmp_path / "tags.csv"
    written.write_text(tags.as_csv(album.catalogue, dataset, files))
    read = read_attributes(written, files)
    assert list(read["tag"])[:3] == ["best; odd, very", "best", ""]
    assert choose(read, Part("tag", "best"), "album") == [0, 1]
    album.remove_dataset("album")
    assert tags.known(album.catalogue) == []


def test_a_filter_counts_what_would_be_left(album: dc.Workspace) -> None:
    table = album.described(album.dataset("album"))
    assert facets(table) == {"hat": {"1": 3, "0": 3}, "smile": {"1": 2, "0": 4}, "folder": {"day": 3, "night": 3}}
    rows = choose(table, Part("hat", "1"), "album")
    assert facets(table, rows)["smile"] == {"1": 1, "0": 2}
    for column, counts in facets(table, rows).items():
        for value, count in counts.items():
            assert count == len(choose(table, Part("hat", "1", Part(column, value)), "album"))


def test_a_filter_over_ten_thousand_images_counts_in_one_go() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({f"a{at}": rng.choice(["0", "1", ""], 10_000) for at in range(40)}, dtype=object)
    table["sees"] = rng.choice([f"word {at}" for at in range(1000)], 10_000)
    begun = time.perf_counter()
    found = facets(table, choose(table, Part("a0", "1", Part("a1", "1")), "many"))
    print(f"{1000 * (time.perf_counter() - begun):.0f} ms")
    assert found["a2"]["1"] == int(((table["a0"] == "1") & (table["a1"] == "1") & (table["a2"] == "1")).sum())


def test_notes_on_neurons_belong_to_their_network(album: dc.Workspace) -> None:
    neuron_notes.put(album.catalogue, "one", "head:3", Note(" hats ", "brims above all"))
    neuron_notes.put(album.catalogue, "one", "head:4", Note("beards"))
    neuron_notes.put(album.catalogue, "one", "head:4", Note())
    assert neuron_notes.of(album.catalogue, "one") == {"head:3": Note("hats", "brims above all")}
    assert neuron_notes.of(album.catalogue, "another") == {}
    with pytest.raises(dc.BadInput, match="Shorten it"):
        neuron_notes.put(album.catalogue, "one", "head:3", Note("x" * 61))


def test_folders_are_counted_before_they_are_added(
    album: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "album" / "empty").mkdir()
    monkeypatch.setenv(browse.ENVIRONMENT, str(tmp_path))
    assert browse.counts(browse.Place(0, ("album", "all"))) == {"day": (3, True), "night": (3, True)}
    assert browse.counts(browse.Place(0, ("album",))) == {"all": (6, True)}


def test_tags_that_were_written_as_a_table_are_read_back_also_where_a_spreadsheet_would_compute(tmp_path: Path) -> None:
    ws = dc.Workspace.open(tmp_path / "home")
    folder = small_world.draw(tmp_path / "in", 5)
    for number, name in enumerate(("-1.png", "+a.png", "=b.png", "@c.png", "'-d.png")):
        (folder / f"{number:03d}.png").rename(folder / name)
    dataset = ws.add_dataset("odd", folder)
    rows = ws.files(dataset)
    tags.add(ws.catalogue, [(dataset.id, row.index) for row in rows], "-best")
    (tmp_path / "tags.csv").write_text(tags.as_csv(ws.catalogue, dataset, rows), "utf-8")
    table = read_attributes(tmp_path / "tags.csv", rows)
    assert table["tag"].tolist() == ["-best"] * 5
