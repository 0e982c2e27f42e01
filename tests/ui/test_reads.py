"""What pages read is cached, and follows what changes underneath: another session's datasets, an edited table."""

from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dnacore as dc
from tests import small_world
from ui.app import comparisons, reads


@pytest.fixture
def workspace(workspace_home: Path, tmp_path: Path):
    """The server's workspace, with six extracted pictures of which the first three are marked in a table."""
    reads._open.cache_clear()
    opened = small_world.workspace(workspace_home)
    folder = small_world.draw(tmp_path / "some", 6)
    write(folder, marked=3)
    opened.add_dataset("some", folder)
    small_world.extract(opened, "some")
    yield opened
    reads._open.cache_clear()


def write(folder: Path, marked: int) -> None:
    """Write the table in which the first few pictures are marked; its time is another one each time."""
    table = folder / "attributes.csv"
    table.write_text("file,mark\n" + "".join(f"{at:03d}.png,{int(at < marked)}\n" for at in range(6)))
    os.utime(table, ns=(marked, marked))


def test_what_another_session_adds_is_there_at_once(workspace, tmp_path):
    assert [one.name for one in reads.ready()] == ["some"]
    other = dc.Workspace.open(workspace.root)
    other.add_dataset("more", small_world.draw(tmp_path / "more", 4, seed=1))
    small_world.extract(other, "more")
    assert [one.name for one in reads.ready()] == ["more", "some"]
    assert len(reads.sketches_of(reads.ready()[0])) == 4


def test_a_dataset_that_grew_shows_its_new_images(workspace, tmp_path):
    (before,) = reads.ready()
    assert len(reads.files(before.dataset)) == len(reads.sketches_of(before)) == 6
    small_world.draw(tmp_path / "some", 8)
    small_world.extract(dc.Workspace.open(workspace.root), "some")
    (after,) = reads.ready()
    assert after.key != before.key
    assert len(reads.files(after.dataset)) == len(reads.sketches_of(after)) == reads.dna(after).images == 8


def test_sketches_keep_to_the_files_as_they_are_now(workspace, tmp_path):
    (one,) = reads.ready()
    assert reads.sketches_of(one).found.tolist() == [0, 1, 2, 3, 4, 5]
    small_world.draw(tmp_path / "new", 1, seed=9)
    (tmp_path / "new" / "000.png").rename(tmp_path / "some" / "00.png")
    dc.Workspace.open(workspace.root).scan(one.dataset)  # looked at again, and not extracted yet
    (now,) = reads.ready()
    assert reads.sketches_of(now).found.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_part_follows_its_table(workspace, tmp_path):
    (whole,) = reads.ready()
    before = reads.part(whole, "mark", "1")
    assert before.dataset.images == len(reads.files(before.dataset)) == reads.dna(before).images == 3
    write(tmp_path / "some", marked=5)
    after = reads.part(whole, "mark", "1")
    assert after.key != before.key
    assert after.dataset.images == len(reads.files(after.dataset)) == reads.dna(after).images == 5
    assert len(reads.sketches_of(after)) == 5 and list(reads.attributes(whole.dataset)["mark"]).count("1") == 5


def test_a_part_of_no_image_or_of_a_table_that_is_gone_is_refused(workspace, tmp_path):
    (whole,) = reads.ready()
    with pytest.raises(dc.UnknownName, match="No image of “some” has mark=7"):
        reads.part(whole, "mark", "7")
    (tmp_path / "some" / "attributes.csv").unlink()
    with pytest.raises(dc.BadInput, match="attributes.csv any more"):
        reads.part(whole, "mark", "1")
    assert reads.attributes(whole.dataset).empty


def test_a_ranking_follows_files_that_were_renamed(workspace, tmp_path):
    (one,) = reads.ready()
    before = comparisons.ranking(one, one)
    for at in range(3):
        (tmp_path / "some" / f"{at:03d}.png").rename(tmp_path / "some" / f"z{at:03d}.png")
    dc.Workspace.open(workspace.root).scan(one.dataset)
    (now,) = reads.ready()
    after, numbers = comparisons.ranking(now, now), {row.index for row in reads.files(now.dataset)}
    assert len(after) == len(before) == 6 and set(after["index"]) == numbers, "none vanishes from the gallery"
    names = {row.index: row.path for row in reads.files(now.dataset)}
    assert {names[number] for number in after["index"]} == {f"{'z' * (at < 3)}{at:03d}.png" for at in range(6)}


def test_a_filter_of_a_ranking_is_the_ranking_of_what_is_filtered(workspace):
    (whole,) = reads.ready()
    part = reads.part(whole, "mark", "1")
    alone = comparisons.ranking(part, whole)
    comparisons._ranking.clear()
    comparisons.rankings.clear()
    everything = comparisons.ranking(whole, whole)
    kept = comparisons.ranking(part, whole)
    marked = {row.index for row in reads.files(part.dataset)}
    assert kept["index"].tolist() == [index for index in everything["index"] if index in marked]
    assert kept["rank"].tolist() == [1, 2, 3]
    pd.testing.assert_frame_equal(kept, alone)


def test_sketches_of_a_part_are_those_of_its_images(workspace):
    (whole,) = reads.ready()
    part = reads.part(whole, "mark", "0")
    found, expected = reads.sketches_of(part), workspace.sketches(part.dataset, reads.extractor())
    assert found.found.tolist() == expected.found.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.quantiles(slice(0, 9)), expected.quantiles(slice(0, 9)))
    np.testing.assert_array_equal(found.means(slice(0, 9)), expected.means(slice(0, 9)))


def test_pictures_of_a_part_are_those_of_the_whole_in_the_order_of_its_files(workspace):
    from ui.components.wall import whole as pictures

    (whole,) = reads.ready()
    part = reads.part(whole, "mark", "0")
    assert [one.name for one in pictures.of(part.dataset)] == ["003.png", "004.png", "005.png"]
    assert pictures.of(part.dataset) == pictures.of(whole.dataset)[3:]


def test_a_picture_is_known_by_the_stamp_that_the_server_gives_it(workspace):
    from dnacore.images import tars, thumbnails
    from ui.components.wall import whole as pictures

    (one,) = reads.ready()
    for picture in pictures.of(one.dataset):
        path = workspace.image_path(one.dataset.id, picture.index)
        assert thumbnails.stamp(path, *tars.about(path)).startswith(picture.version), "else a browser asks every time"


def test_a_map_begins_with_a_sample_and_offers_more(workspace, monkeypatch):
    from dnacore.analyses import projection
    from ui.map import layouts

    ready = reads.ready()
    assert layouts.sizes(ready) == {"20000": "All 6"}
    monkeypatch.setattr(layouts, "SIZES", (3, 5, 8))
    assert layouts.sizes(ready) == {"3": "3", "5": "5", "8": "All 6"}
    for most in (3, 5, 8):
        there = layouts.population(ready, most)
        assert len(there.pictures) == min(most, 6) and there.total == 6
        assert len(layouts.features(ready, None, most)) == min(most, 6)
    usual = layouts.Layout(tuple(ready), None, "umap", 0)
    assert usual.most == projection.MOST and usual.name != layouts.Layout(tuple(ready), None, "umap", 0, 5).name


def test_what_is_shown_bears_the_new_name_after_renaming(workspace, tmp_path):
    from ui.app import comparisons

    workspace.add_dataset("more", small_world.draw(tmp_path / "more", 4, seed=1))
    small_world.extract(workspace, "more")

    def shown() -> list[str]:
        one, other = reads.ready()
        both = comparisons.comparison([one, other], "emd", None), comparisons.sensitivity(one, other)
        return [reads.dna(one).name, *both[0].names, *both[1].names]

    assert shown() == ["more", "more", "some", "more", "some"]
    before = [reads.listed(one) for one in reads.ready()]
    dc.Workspace.open(workspace.root).rename_dataset("some", "any")
    assert shown() == ["more", "more", "any", "more", "any"]
    assert [reads.listed(one) for one in reads.ready()] == before, "no image is ranked again for a name"


def test_the_shape_of_tiles_follows_the_images_that_are_there_now(workspace, tmp_path):
    (one,) = reads.ready()
    before = reads.aspect(one.dataset)
    for path in (tmp_path / "some").glob("*.png"):
        with Image.open(path) as opened:
            opened.resize((32, 48)).save(path)
    workspace.scan(one.dataset)
    (one,) = reads.ready()
    assert before > 1 > reads.aspect(one.dataset)


def test_walking_through_images_does_not_fill_the_memory(workspace):
    (one,) = reads.ready()
    alive = [weakref.ref(reads.image_dna(reads.Image(one, row.index))) for row in reads.files(one.dataset)]
    gc.collect()
    assert sum(ref() is not None for ref in alive) <= 3, "each is as large as a dataset's DNA"


def test_the_dataset_that_mine_is_most_like_is_looked_for_among_all(workspace, tmp_path, monkeypatch):
    from ui.start import own_folder

    for number in range(9):
        folder = small_world.draw(tmp_path / f"set {number}", 4, seed=number + 1, dark=number % 2 == 0)
        workspace.add_dataset(f"set {number}", folder)
        small_world.extract(workspace, f"set {number}")
    ready = reads.ready()
    own = next(one for one in ready if one.name == "some")
    apart = {one.name: dc.emd_avg(reads.dna(own), reads.dna(one)) for one in ready if one.name != "some"}
    said, exact = own_folder.nearest(own)
    assert exact.startswith(f"{min(apart, key=apart.get)}: ") and "bins" not in said
    assert f"most like {min(apart, key=apart.get)} " in said and f"least like {max(apart, key=apart.get)}." in said
    assert "Of 9 other datasets" in said


def test_pictures_are_known_by_what_the_server_stamps_also_those_outside_a_list_s_folder(workspace, tmp_path):
    from dnacore.images.thumbnails import stamp
    from ui.components.wall import pictures

    small_world.draw(tmp_path / "lists", 1)
    outside = tmp_path / "some" / "000.png"
    (tmp_path / "lists" / "all.txt").write_text(f"000.png\n{outside}\n")
    listed = workspace.add_dataset("listed", tmp_path / "lists" / "all.txt")
    rows = reads.files(listed)
    assert {row.path for row in rows} == {"000.png", outside.as_posix()}
    for row, picture in zip(rows, pictures.plain(listed, rows), strict=True):
        path = workspace.image_path(listed.id, row.index)
        assert stamp(path, row.size, row.mtime_ns).startswith(picture.version)
