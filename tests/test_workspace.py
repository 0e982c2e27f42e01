"""The workspace: datasets and their files, names, attributes, selections, and a catalogue that survives damage."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore import workspace as workspace_module
from dnacore.errors import BadInput, Damaged, Unavailable, UnknownName
from tests import bad_files, small_world
from tests.small_world import draw


@pytest.fixture
def ws(tmp_path: Path) -> dc.Workspace:
    return dc.Workspace.open(tmp_path / "home")


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


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
    assert second.name == "cats 2"
    assert second.colour != first.colour
    assert [d.name for d in ws.datasets()] == ["cats", "cats 2"]


def test_registered_names_win_and_dot_slash_means_the_folder(
    ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "far" / "away", 2)
    draw(tmp_path / "day", 3)
    monkeypatch.chdir(tmp_path)
    ws.add_dataset("day", tmp_path / "far" / "away")
    assert ws.dataset("day").images == 2
    found = ws.dataset("./day")
    assert (found.name, found.images) == ("day 2", 3)


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


# -- files -----------------------------------------------------------------------------------------------------------


def test_indices_stay_when_files_come_go_and_return(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 4)
    dataset = ws.add_dataset("d", folder)
    ws.scan(dataset)
    before = {f.path: (f.index, f.hash) for f in ws.files(dataset)}
    kept = (folder / "001.png").read_bytes()
    (folder / "001.png").unlink()
    (folder / "000.png").rename(folder / "zzz.png")
    scan = ws.scan(dataset)
    assert (scan.added, scan.removed) == (1, 2)
    assert [f.path for f in scan.files] == ["002.png", "003.png", "zzz.png"]
    with pytest.raises(UnknownName):
        ws.image_path(dataset.id, before["001.png"][0])
    (folder / "001.png").write_bytes(kept)
    ws.scan(dataset)
    now = {f.path: (f.index, f.hash) for f in ws.files(dataset)}
    assert {p: now[p] for p in ("001.png", "002.png", "003.png")} == {
        p: before[p] for p in ("001.png", "002.png", "003.png")
    }
    assert now["zzz.png"][1] == before["000.png"][1]
    assert len({index for index, _ in now.values()} | {before["000.png"][0]}) == 5
    assert ws.image_path(dataset.id, now["zzz.png"][0]) == folder / "zzz.png"


def test_only_new_and_changed_files_are_read(ws: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = draw(tmp_path / "in", 3)
    dataset = ws.add_dataset("d", folder)
    ws.scan(dataset)
    looked: list[str] = []
    monkeypatch.setattr("dnacore.images.content_hash", lambda path: looked.append(path.name) or "0" * 32)
    ws.scan(dataset)
    assert looked == []
    draw(folder / "more", 1)
    os.utime(folder / "002.png", ns=(1, 1))
    ws.scan(dataset)
    assert sorted(looked) == ["000.png", "002.png"]


def test_a_quick_look_keeps_hashes_that_another_process_computed(ws: dc.Workspace, tmp_path: Path) -> None:
    """`add` of a dataset while it is being extracted must not take the hashes away under the extraction."""
    dataset = ws.add_dataset("d", draw(tmp_path / "in", 3))
    found = workspace_module.images.find_images

    def meanwhile(source: Path):
        result = found(source)
        if not racing.is_set():
            racing.set()
            dc.Workspace.open(ws.root).scan(dataset)
        return result

    racing = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace_module.images, "find_images", meanwhile)
        ws.scan(dataset, hashes=False)
    assert all(len(f.hash) == 32 for f in ws.files(dataset))


def test_rejected_files_come_with_reasons(ws: dc.Workspace, tmp_path: Path) -> None:
    folder = draw(tmp_path / "in", 1)
    bad_files.empty(folder / "e.jpg")
    (folder / "dead.png").symlink_to(folder / "nowhere.png")
    dataset = ws.add_dataset("d", folder)
    assert {r.path: r.reason for r in ws.rejected(dataset)} == {
        "dead.png": "the link leads nowhere",
        "e.jpg": "the file is empty",
    }


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


# -- the catalogue ---------------------------------------------------------------------------------------------------


def filled(root: Path, tmp_path: Path) -> dc.Workspace:
    ws = dc.Workspace.open(root)
    for i in range(3):
        ws.scan(ws.add_dataset(f"set {i}", draw(tmp_path / f"in{i}", 4)))
    ws.save_selection(dc.Selection.of(np.arange(50), name="mine"))
    return ws


def test_a_newer_workspace_is_refused_and_left_alone(tmp_path: Path) -> None:
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = content(ws.root)
    with pytest.raises(Damaged, match="newer version of this program"):
        dc.Workspace.open(ws.root)
    assert content(ws.root) == before


def test_an_older_workspace_is_brought_up_to_date(tmp_path: Path) -> None:
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("DROP TABLE checked")
        db.execute("PRAGMA user_version = 1")
    db.close()
    ws = small_world.workspace(ws.root)
    assert [d.name for d in ws.datasets()] == ["set 0", "set 1", "set 2"]
    assert small_world.extract(ws, "set 1").extracted == 4


def test_a_catalogue_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "catalogue.sqlite").write_bytes(b"once upon a time " * 500)
    ws = dc.Workspace.open(tmp_path / "home")
    assert "set aside as catalogue.damaged-" in ws.catalogue.notice
    assert ws.datasets() == []
    aside = next(ws.root.glob("catalogue.damaged-*"))
    assert aside.read_bytes().startswith(b"once upon")
    assert dc.Workspace.open(ws.root).catalogue.notice == ""


def test_names_and_selections_survive_a_damaged_catalogue(tmp_path: Path) -> None:
    """Wherever bytes are lost, opening and asking ends in an answer or one sentence, and later all works again."""
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    good = (ws.root / "catalogue.sqlite").read_bytes()
    rng = np.random.default_rng(3)
    kept = 0
    for _ in range(25):
        shutil.rmtree(ws.root)
        ws.root.mkdir()
        bad = bytearray(good)
        start = int(rng.integers(100, len(bad) - 400))
        bad[start : start + 400] = rng.integers(0, 256, 400, dtype=np.uint8).tobytes()
        (ws.root / "catalogue.sqlite").write_bytes(bad)
        for _ in range(3):
            try:
                opened = small_world.workspace(ws.root)
                names = {d.name for d in opened.datasets()}
                for name in names:
                    opened.scan(opened.dataset(name))
                opened.selections()
                break
            except (Damaged, UnknownName, BadInput, Unavailable):
                continue
        kept += len([d for d in small_world.workspace(ws.root).datasets() if d.name.startswith("set ")])
        folder = draw(tmp_path / "new", 1)
        assert small_world.workspace(ws.root).dataset(folder).images == 1
    assert kept >= 25 * 3 * 0.8


def test_broken_text_in_the_catalogue_ends_in_one_sentence_and_is_mended(tmp_path: Path) -> None:
    ws = filled(tmp_path / "home", tmp_path)
    with sqlite3.connect(ws.root / "catalogue.sqlite") as db:
        db.execute("UPDATE dataset SET title = CAST(x'b2b2' AS TEXT) WHERE name = 'set 1'")
        db.execute("INSERT INTO selection VALUES ('odd', '{', 0), ('odder', 'null', 1)")
    db.close()
    with pytest.raises(Damaged, match="3 datasets in it could be read"):
        ws.datasets()
    assert [d.name for d in ws.datasets()] == ["set 0", "set 1", "set 2"]
    assert [s.name for s in ws.selections()] == ["mine"]


def test_new_shards_never_meet_the_files_of_a_lost_catalogue(tmp_path: Path) -> None:
    """A merged DNA is found by its shards' numbers, which a new catalogue must not hand out again."""
    ws = small_world.workspace(tmp_path / "home")
    folder = draw(tmp_path / "in", 4)
    ws.add_dataset("d", folder)
    small_world.extract(ws, "d")
    draw(folder / "more", 3, seed=4)
    small_world.extract(ws, "d")
    assert ws.dna("d", small_world.NAME).images == 7
    for file in ws.root.glob("catalogue.sqlite*"):
        file.unlink()
    ws = small_world.workspace(ws.root)
    other = draw(tmp_path / "other", 4, seed=7)
    ws.add_dataset("e", other)
    small_world.extract(ws, "e")
    draw(other / "more", 3, seed=8)
    small_world.extract(ws, "e")
    fresh = small_world.workspace(tmp_path / "fresh")
    fresh.add_dataset("e", other)
    small_world.extract(fresh, "e")
    np.testing.assert_array_equal(ws.dna("e", small_world.NAME).histograms, fresh.dna("e", small_world.NAME).histograms)


def test_many_may_open_and_change_it_at_once(tmp_path: Path) -> None:
    folders = [draw(tmp_path / f"in{i}", 2) for i in range(8)]
    failures: list[BaseException] = []

    def work(i: int) -> None:
        try:
            ws = dc.Workspace.open(tmp_path / "home")
            for folder in (folders[i], folders[(i + 1) % 8]):
                ws.scan(ws.dataset(folder))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    datasets = dc.Workspace.open(tmp_path / "home").datasets()
    assert sorted(d.name for d in datasets) == [f"in{i}" for i in range(8)]
    assert sorted(d.colour for d in datasets) == list(range(8))


def test_a_workspace_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(BadInput, match="workspace folder"):
            dc.Workspace.open(place)
    (tmp_path / "home" / "catalogue.sqlite").mkdir(parents=True)
    with pytest.raises(Unavailable, match="cannot be used"):
        dc.Workspace.open(tmp_path / "home")


def test_the_key_of_the_files_follows_what_is_in_the_folder(tmp_path: Path) -> None:
    ws, folder = dc.Workspace.open(tmp_path / "home"), small_world.draw(tmp_path / "set", 3)
    dataset = ws.add_dataset("set", folder)
    seen = [ws.files_key(dataset)]
    assert ws.files_key(dataset) == seen[0]
    for change in (
        lambda: (folder / "000.png").rename(folder / "zzz.png"),
        lambda: (folder / "001.png").unlink(),
        lambda: small_world.draw(folder, 2, seed=9, dark=True),
    ):
        change()
        ws.scan(dataset)
        seen.append(ws.files_key(dataset))
    assert len(set(seen)) == len(seen)
