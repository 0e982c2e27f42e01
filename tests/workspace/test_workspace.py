"""The workspace: datasets, their names and sources, attributes, selections and calibrations."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import pytest

import dnacore as dc
from dnacore.errors import BadInput, UnknownName
from dnacore.workspace.datasets import new_name
from tests import bad_files, small_world
from tests.small_world import content, draw


@pytest.fixture
def ws(tmp_path: Path) -> dc.Workspace:
    return dc.Workspace.open(tmp_path / "home")


def zipped(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_folder_is_registered_by_its_path_once(
    ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "a" / "cats", 3)
    draw(tmp_path / "b" / "cats", 2)
    monkeypatch.chdir(tmp_path)
    first = ws.dataset("a/cats")
    assert (first.name, first.images, first.folder) == ("cats", 3, tmp_path / "a" / "cats")
    assert ws.dataset(str(tmp_path / "a" / "cats")).id == ws.dataset("./a/../a/cats/").id == first.id
    second = ws.dataset("b/cats")
    assert second.name == "b cats"
    assert second.colour != first.colour
    assert [d.name for d in ws.datasets()] == ["cats", "b cats"]


def test_registered_names_win_and_dot_slash_means_the_folder(
    ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "far" / "away", 2)
    draw(tmp_path / "day", 3)
    monkeypatch.chdir(tmp_path)
    ws.add_dataset("day", tmp_path / "far" / "away")
    assert ws.dataset("day").images == 2
    found = ws.dataset("./day")
    assert (found.name, found.images) == (f"{tmp_path.name} day", 3)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert new_name(tmp_path / "day", {"day"}) == "day 2", "a home's name is nobody's business"


@pytest.mark.parametrize("folder", ["-x", ".hidden", "a[b=c]", "~user", "[]", "x" * 200, " . "])
def test_any_folder_gets_a_usable_name(ws: dc.Workspace, tmp_path: Path, folder: str) -> None:
    draw(tmp_path / "in" / folder, 1)
    found = ws.dataset(tmp_path / "in" / folder)
    assert found.images == 1
    assert ws.dataset(found.name).id == found.id
    assert not found.name.startswith((".", "-", "~"))


@pytest.mark.parametrize(
    "name", ["", "  ", ".x", "../x", "a/b", "a\\b", "-x", "~x", "a[b=1]", "a\nb", "a\0b", "\udcff", "x" * 121]
)
def test_names_that_cannot_work_are_refused(ws: dc.Workspace, tmp_path: Path, name: str) -> None:
    draw(tmp_path / "in", 1)
    with pytest.raises(BadInput):
        ws.add_dataset(name, tmp_path / "in")
    assert ws.datasets() == []


def test_unknown_names_list_what_there_is(ws: dc.Workspace, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="The datasets are: none yet"):
        ws.dataset("cats")
    ws.add_dataset("dogs", draw(tmp_path / "in", 1))
    with pytest.raises(UnknownName, match="'cats'. The datasets are: dogs"):
        ws.dataset("cats")
    for odd in ("", "\0", "~nobody-here/x", "\udcff", "a" * 5000):
        with pytest.raises(BadInput):
            ws.dataset(odd)


def test_renaming_keeps_everything_else(ws: dc.Workspace, tmp_path: Path) -> None:
    before = ws.add_dataset("old", draw(tmp_path / "in", 2))
    ws.add_dataset("other", draw(tmp_path / "in2", 2))
    after = ws.rename_dataset("old", "new \N{SPARKLES}")
    assert (after.id, after.colour, after.folder, after.images) == (before.id, before.colour, before.folder, 2)
    with pytest.raises(BadInput, match="a dataset other already"):
        ws.rename_dataset(after.name, "other")
    with pytest.raises(BadInput):
        ws.rename_dataset(after.name, "a/b")
    assert ws.dataset(tmp_path / "in").name == after.name


def test_colours_stay_when_others_go(ws: dc.Workspace, tmp_path: Path) -> None:
    for i in range(4):
        ws.add_dataset(f"d{i}", draw(tmp_path / f"in{i}", 1))
    ws.remove_dataset("d1")
    assert [d.colour for d in ws.datasets()] == [0, 2, 3]
    assert ws.add_dataset("new", draw(tmp_path / "in9", 1)).colour == 1


# -- sources ---------------------------------------------------------------------------------------------------------


def test_a_list_of_paths(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "pictures" / "deep", 3)
    outside = draw(tmp_path / "outside", 1)
    lines = ["# mine", "deep/002.png", "deep/000.png", "deep/000.png", str(outside / "000.png"), "deep/gone.png"]
    (tmp_path / "pictures" / "some.txt").write_text("\r\n".join(lines))
    found = ws.dataset(tmp_path / "pictures" / "some.txt")
    assert (found.name, found.images) == ("some", 3)
    paths = {ws.image_path(found.id, f.index) for f in ws.files(found)}
    assert paths == {folder / "000.png", folder / "002.png", outside / "000.png"}
    assert [(r.path, r.reason) for r in ws.rejected(found)] == [("deep/gone.png", "there is no such file")]


def test_a_zip_can_be_added_again_and_by_path(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 3)
    (folder / "attributes.csv").write_text("file,hat\n000.png,1\n001.png,0\n")
    archive = zipped(tmp_path / "Holiday.zip", folder)
    first = ws.add_dataset("trip", archive)
    assert (first.images, list(ws.attributes(first)["hat"])) == (3, ["1", "0", ""])
    assert first.folder.is_relative_to(ws.root / "unpacked")
    again = ws.add_dataset("trip", archive)
    assert (again.id, again.images) == (first.id, 3)
    assert ws.dataset(archive).id == first.id
    with pytest.raises(BadInput, match="already, as “trip”"):
        ws.add_dataset("other", archive)
    ws.rename_dataset("trip", "renamed")
    other = ws.add_dataset("trip", zipped(tmp_path / "Other.zip", draw(tmp_path / "in2", 2, seed=9)))
    assert (other.images, ws.dataset("renamed").images) == (2, 3)
    archive.unlink()
    assert len(ws.files(ws.dataset("renamed"))) == 3
    assert ws.remove_dataset("renamed") > 0
    assert not first.folder.exists()
    assert other.folder.exists()


def test_what_a_killed_run_left_of_a_zip_is_taken_up(ws: dc.Workspace, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "z.zip", draw(tmp_path / "in", 2))
    folder = ws.add_dataset("z", archive).folder
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("DELETE FROM file")
        db.execute("DELETE FROM dataset")  # killed between unpacking and registering
    db.close()
    assert ws.add_dataset("z", archive).folder == folder


@pytest.mark.parametrize("kind", ["broken", "no images"])
def test_a_bad_zip_leaves_nothing(ws: dc.Workspace, tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "x.zip"
    if kind == "broken":
        archive.write_bytes(b"PK\x03\x04 and then nothing")
    else:
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("readme.md", "hello")
    with pytest.raises(BadInput, match="x.zip"):
        ws.add_dataset("x", archive)
    assert ws.datasets() == []
    assert not any((ws.root / "unpacked").glob("*"))


def test_removing_never_touches_the_users_files(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 3)
    (folder / "attributes.csv").write_text("file,a\n000.png,1\n")
    listed = tmp_path / "in" / "some.txt"
    listed.write_text("000.png")
    before = content(tmp_path / "in")
    ws.add_dataset("folder", folder)
    ws.add_dataset("list", listed)
    for name in ("folder", "list"):
        ws.remove_dataset(name)
    assert content(tmp_path / "in") == before
    assert ws.datasets() == []


def test_a_user_folder_inside_the_workspace_is_not_deleted_either(ws: dc.Workspace, tmp_path: Path) -> None:
    (ws.root / "unpacked").mkdir()
    draw(ws.root / "unpacked" / "a" / "b", 2)
    (ws.root / "unpacked" / "link").symlink_to(draw(tmp_path / "mine", 2), target_is_directory=True)
    for name, folder in (("all", "."), ("linked", "link"), ("inner", "a/b"), ("outer", "a")):
        ws.add_dataset(name, ws.root / "unpacked" / folder)
    ws.remove_dataset("all")
    ws.remove_dataset("linked")
    ws.remove_dataset("outer")
    assert len(list((tmp_path / "mine").iterdir())) == 2
    assert ws.scan(ws.dataset("inner")).removed == 0


def test_removing_or_renaming_a_part_is_refused(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 2)
    (folder / "attributes.csv").write_text("file,a\n000.png,1\n001.png,0\n")
    ws.add_dataset("d", folder)
    for act in (lambda: ws.remove_dataset("d[a=1]"), lambda: ws.rename_dataset("d[a=1]", "x")):
        with pytest.raises(BadInput, match="is a part of a dataset"):
            act()
    assert [d.name for d in ws.datasets()] == ["d"]


@pytest.mark.parametrize("make", ["empty", "missing", "only broken", "a file"])
def test_a_source_without_images_registers_nothing(ws: dc.Workspace, tmp_path: Path, make: str) -> None:
    folder = tmp_path / "in"
    if make != "missing":
        folder.mkdir()
    if make == "only broken":
        bad_files.empty(folder / "x.jpg")
    source = folder
    if make == "a file":
        source = bad_files.plain(folder / "x.jpg")
    with pytest.raises(BadInput):
        ws.add_dataset("x", source)
    assert ws.datasets() == []


# -- attributes ------------------------------------------------------------------------------------------------------


def test_a_bad_csv_does_not_replace_a_good_one(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 2)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("file,a\n000.png,1\n001.png,0\n")
    bad.write_text("picture,a\n000.png,1\n")
    ws.add_dataset("d", folder, good)
    with pytest.raises(BadInput, match="needs a column “file”"):
        ws.add_dataset("d", folder, bad)
    assert ws.dataset("d[a=1]").images == 1
    assert ws.add_dataset("d", folder).attributes == good, "adding again without a CSV keeps the one there was"


def test_an_unrelated_attributes_csv_is_left_alone(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 2)
    (folder / "attributes.csv").write_text("colour,price\nred,3\n")
    dataset = ws.add_dataset("d", folder)
    assert dataset.attributes is None
    assert list(ws.attributes(dataset).columns) == []
    (folder / "attributes.csv").write_text("file,a\n000.png,1\n")
    assert ws.add_dataset("d", folder).attributes == folder / "attributes.csv"


def test_parts_know_only_their_own_rejected_files(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 2)
    bad_files.text_named_jpg(folder / "x.jpg")
    (folder / "attributes.csv").write_text("file,a\n000.png,1\n001.png,0\nx.jpg,0\n")
    ws.add_dataset("d", folder)
    ws.choose_calibration(small_world.calibration())
    small_world.extract(ws, "d")
    assert [r.path for r in ws.rejected(ws.dataset("d"))] == ["x.jpg"]
    assert [r.path for r in ws.rejected(ws.dataset("d[a=0]"))] == ["x.jpg"]
    assert ws.rejected(ws.dataset("d[a=1]")) == []


# -- selections ------------------------------------------------------------------------------------------------------


def test_selections_are_kept_replaced_and_removed(ws: dc.Workspace) -> None:
    ws.save_selection(dc.Selection.of([3, 1], name="one", origin={"kind": "hand"}))
    ws.save_selection(dc.Selection.of([2], name="two"))
    found = dc.Workspace.open(ws.root).selection("one")
    assert (found.flat.tolist(), found.weights.tolist(), dict(found.origin)) == ([3, 1], [0.5, 0.5], {"kind": "hand"})
    ws.save_selection(dc.Selection.of([9], name="one"))
    assert ws.selection("one").flat.tolist() == [9]
    ws.remove_selection("one")
    assert [s.name for s in ws.selections()] == ["two"]
    with pytest.raises(UnknownName, match="The selections are: two"):
        ws.selection("one")
    with pytest.raises(BadInput, match="needs a name"):
        ws.save_selection(dc.Selection.of([1], name="  "))


# -- calibrations ----------------------------------------------------------------------------------------------------


def test_the_chosen_calibration_is_the_last_one_chosen(ws: dc.Workspace) -> None:
    first = small_world.calibration()
    second = dc.Calibration(first.low - 1, first.high + 1, first.layers, first.extractor)
    for chosen in (first, second, first):
        ws.choose_calibration(chosen)
        assert ws.calibration(first.extractor).fingerprint == chosen.fingerprint
    assert ws.calibration("another network") is None


def test_a_damaged_calibration_is_taken_from_a_shard(ws: dc.Workspace, tmp_path: Path) -> None:
    ws.choose_calibration(small_world.calibration())
    ws.add_dataset("d", draw(tmp_path / "in", 2))
    small_world.extract(ws, "d")
    file = next((ws.root / "calibrations").glob("*.npz"))
    for damage in (lambda: file.write_bytes(file.read_bytes()[:-50]), file.unlink):
        damage()
        found = ws.calibration(small_world.network().fingerprint)
        assert found is not None and found.fingerprint == small_world.calibration().fingerprint
        assert dc.load_calibration(file).fingerprint == found.fingerprint


def test_a_calibration_survives_the_loss_of_the_catalogue(ws: dc.Workspace) -> None:
    ws.choose_calibration(small_world.calibration())
    for file in ws.root.glob("catalogue.sqlite*"):
        file.unlink()
    again = dc.Workspace.open(ws.root)
    found = again.calibration(small_world.network().fingerprint)
    assert found is not None and found.fingerprint == small_world.calibration().fingerprint
    assert again.calibration("another network") is None


def test_a_damaged_calibration_without_a_shard_is_measured_again(ws: dc.Workspace) -> None:
    ws.choose_calibration(small_world.calibration())
    file = next((ws.root / "calibrations").glob("*.npz"))
    file.write_bytes(b"nonsense")
    assert ws.calibration(small_world.network().fingerprint) is None
    assert len(list((ws.root / "damaged").iterdir())) == 1
