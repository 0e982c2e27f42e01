"""What may be looked into, and that nothing leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnacore import BadInput
from dnacore.images import browse
from dnacore.images.browse import Place


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with pictures and a weights file, beside a folder that is nobody's business."""
    inside = tmp_path / "home"
    (inside / "Pictures" / "2024").mkdir(parents=True)
    (inside / ".hidden").mkdir()
    for number in range(9):
        (inside / "Pictures" / f"{number}.JPG").write_bytes(b"x")
    (inside / "net.safetensors").write_bytes(b"12345")
    (inside / "notes.txt").write_bytes(b"")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.safetensors").write_bytes(b"1")
    (inside / "out").symlink_to(tmp_path / "secret")
    (inside / "round").symlink_to(inside / "Pictures")
    (inside / "out.safetensors").symlink_to(tmp_path / "secret" / "key.safetensors")
    monkeypatch.setenv(browse.ENVIRONMENT, str(inside))
    return inside


def test_a_look_lists_folders_and_wanted_files_and_counts_images(home: Path) -> None:
    view = browse.look(Place(0), [".safetensors"])
    assert view.folders == ("Pictures", "round")
    assert [(file.name, file.size) for file in view.files] == [("net.safetensors", 5)]
    assert browse.look(Place(0, ("Pictures",))) == browse.View(("2024",), (), 9)


@pytest.mark.parametrize(
    "names", [("..",), (".",), ("",), ("out",), ("out.safetensors",), (".hidden",), ("Pictures", ".."), ("/etc",),
              ("Pictures/2024",), ("a\0b",), ("gone",)]
)  # fmt: skip
def test_what_was_not_listed_cannot_be_chosen(home: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        browse.path_of(Place(0, names))
    with pytest.raises(BadInput):
        browse.look(Place(0, names))


def test_a_link_inside_the_root_is_followed(home: Path) -> None:
    assert browse.path_of(Place(0, ("round", "2024"))) == home / "round" / "2024"


def test_a_root_that_is_not_there_is_refused(home: Path) -> None:
    for number in (1, -1):
        with pytest.raises(BadInput):
            browse.path_of(Place(number))


def test_a_pasted_path_is_walked_name_by_name(home: Path) -> None:
    assert browse.find(f" '{home}/Pictures/2024/' ") == Place(0, ("Pictures", "2024"))
    assert browse.find(str(home)) == Place(0)
    assert browse.find(browse.written(Place(0, ("Pictures",)))) == Place(0, ("Pictures",))
    for text in (
        f"{home}/../secret",
        f"{home}/out",
        "/etc/passwd",
        f"{home}-other",
        "",
        "~nobody-here/x",
        f"{home}/.hidden",
    ):
        with pytest.raises(BadInput):
            browse.find(text)


@given(st.lists(st.text(max_size=12) | st.sampled_from(["..", "out", "round", "Pictures", "2024"]), max_size=4))
def test_no_names_lead_out_of_a_root(names: list[str]) -> None:
    root = os.path.realpath(browse.roots()[0])
    try:
        found = browse.path_of(Place(0, tuple(names)))
    except BadInput:
        return
    assert os.path.realpath(found) == root or os.path.realpath(found).startswith(root + os.sep)


def test_folders_full_of_images_are_proposed_once(home: Path) -> None:
    assert [(place.name, images) for place, images in browse.proposals(seconds=5)] == [("Pictures", 9)]
    assert browse.proposals(seconds=5, but=home / "Pictures") == []


def test_roots_are_the_home_folder_and_the_working_folder_unless_said_otherwise(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(browse.ENVIRONMENT)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    assert browse.roots() == (home, tmp_path)
    assert browse.root_name(0) == "Home"
    monkeypatch.chdir("/")
    assert browse.roots() == (home,), "never the whole disk by accident"
    monkeypatch.setenv(browse.ENVIRONMENT, os.pathsep.join([str(tmp_path / "gone"), str(home), str(home)]))
    assert browse.roots() == (home,)
