"""Finding images: every image of a folder is found or listed with a reason, whatever lies around it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from dnacore.errors import BadInput
from dnacore.images.files import content_hash, find_images, image_folder
from tests.bad_files import empty, link_loop, plain, reads_everything


def paths(source: Path) -> list[str]:
    return [file.path for file in find_images(source)[0]]


def reasons(source: Path) -> dict[str, str]:
    return {file.path: file.reason for file in find_images(source)[1]}


def test_nested_folders_and_any_letter_case_are_found_in_sorted_order(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/c/x.Jpeg", "b.PNG", "a.jpg", "b/y.TIFF", "notes.txt", "table.csv", "jpg", "z.webp"):
        (tmp_path / name).write_bytes(b"bytes")
    assert paths(tmp_path) == ["a.jpg", "b.PNG", "b/c/x.Jpeg", "b/y.TIFF", "z.webp"]
    assert reasons(tmp_path) == {}


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.jpg")
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    (file,) = find_images(tmp_path)[0]
    assert (file.size, file.mtime_ns) == (path.stat().st_size, path.stat().st_mtime_ns)


def test_hidden_files_and_what_systems_leave_behind_are_passed_over(tmp_path: Path) -> None:
    for name in (".git/a.jpg", "__MACOSX/b.jpg", "@eaDir/c.jpg", ".hidden.jpg", "._d.jpg", "Thumbs.db", ".DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        plain(tmp_path / name)
    plain(tmp_path / "e.jpg")
    assert paths(tmp_path) == ["e.jpg"]
    assert reasons(tmp_path) == {}


def test_a_hidden_folder_can_itself_be_the_dataset(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    plain(tmp_path / ".cache" / "a.jpg")
    assert paths(tmp_path / ".cache") == ["a.jpg"]


def test_links_are_followed_under_their_own_names(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    plain(elsewhere / "a.jpg")
    data = tmp_path / "data"
    data.mkdir()
    (data / "one").symlink_to(elsewhere)
    (data / "two").symlink_to(elsewhere)
    (data / "file.jpg").symlink_to(elsewhere / "a.jpg")
    assert paths(data) == ["file.jpg", "one/a.jpg", "two/a.jpg"]


def test_link_loops_end(tmp_path: Path) -> None:
    link_loop(tmp_path / "data")
    assert paths(tmp_path / "data").count("inside.jpg") == 1
    assert not reasons(tmp_path / "data")


def test_folders_that_all_link_to_each_other_end(tmp_path: Path) -> None:
    names = [f"d{i}" for i in range(9)]
    for name in names:
        (tmp_path / name).mkdir()
        plain(tmp_path / name / "a.jpg")
        for other in names:
            (tmp_path / name / f"to_{other}").symlink_to(tmp_path / other)
    found, rejected = find_images(tmp_path)
    assert {f"{name}/a.jpg" for name in names} <= {file.path for file in found}
    assert len(found) <= 100 * len(names)
    assert "links lead here" in rejected[0].reason


def test_broken_links_empty_files_and_pipes_are_rejected_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "me.jpg").symlink_to(tmp_path / "me.jpg")
    empty(tmp_path / "empty.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert paths(tmp_path) == []
    assert reasons(tmp_path) == {
        "empty.png": "the file is empty",
        "gone.jpg": "the link leads nowhere",
        "me.jpg": "the link leads back to itself",
        "pipe.jpg": "it is not an ordinary file",
    }


@pytest.mark.skipif(reads_everything(), reason="permissions do not bind the administrator")
def test_what_may_not_be_read_is_rejected(tmp_path: Path) -> None:
    plain(tmp_path / "a.jpg").chmod(0)
    (tmp_path / "shut").mkdir(mode=0)
    assert reasons(tmp_path) == {
        "a.jpg": "no permission to read it",
        "shut/": "no permission to look inside this folder",
    }


def test_a_file_without_read_permission_is_rejected_whoever_runs_this(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain(tmp_path / "a.jpg")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert reasons(tmp_path) == {"a.jpg": "no permission to read it"}


def test_names_in_any_script_are_kept_and_undecodable_ones_shown(tmp_path: Path) -> None:
    plain(tmp_path / "雪 \U0001f9ec.jpg")
    bad = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    try:
        with open(bad, "wb") as file:
            file.write(b"x")
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    assert paths(tmp_path) == ["雪 \U0001f9ec.jpg"]
    ((path, reason),) = reasons(tmp_path).items()
    assert path == "caf\\xe9.jpg"
    path.encode("utf-8")
    assert "UTF-8" in reason


def test_an_empty_folder_gives_nothing_and_a_missing_one_says_so(tmp_path: Path) -> None:
    assert find_images(tmp_path) == ([], [])
    with pytest.raises(BadInput, match="There is no folder .*nowhere. Check the path"):
        find_images(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="neither a folder nor a .tar nor a .txt list"):
        find_images(plain(tmp_path / "a.jpg"))
    with pytest.raises(BadInput, match="list.txt"):
        find_images(tmp_path / "list.txt")


def test_a_list_names_files_absolute_or_relative_to_itself(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    data.mkdir()
    other.mkdir()
    for path in (data / "a.jpg", data / "b b.jpg", other / "c.jpg", data / "no_suffix", data / "#d.jpg"):
        plain(path)
    source = data / "list.txt"
    source.write_text(
        f"\ufeff# my images\n\na.jpg\r\n  b b.jpg\n{data / 'a.jpg'}\n./a.jpg\n{other / 'c.jpg'}\n"
        "no_suffix\n./#d.jpg\nmissing.jpg\n.\nbad\0name.jpg\n",
        encoding="utf-8",
    )
    assert paths(source) == sorted(["#d.jpg", (other / "c.jpg").as_posix(), "a.jpg", "b b.jpg", "no_suffix"])
    rejected = reasons(source)
    assert rejected["missing.jpg"] == "there is no such file"
    assert sorted(rejected.values())[1:] == ["it is a folder, not a file", "there is no such file"]
    assert len(rejected) == 3
    assert all((image_folder(source) / path).exists() for path in paths(source))


def test_paths_are_relative_to_the_image_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert image_folder(Path("x")) == tmp_path / "x"
    assert image_folder(Path("x/list.TXT")) == tmp_path / "x"
    (tmp_path / "folder.txt").mkdir()
    assert image_folder(Path("folder.txt")) == tmp_path / "folder.txt"
    (tmp_path / "link").symlink_to(tmp_path / "folder.txt")
    assert image_folder(Path("link")) == tmp_path / "link"


def test_the_hash_is_of_the_bytes_alone(tmp_path: Path) -> None:
    data = os.urandom((1 << 20) + 17)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "b").write_bytes(data)
    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b")
    assert content_hash(tmp_path / "a") == hashlib.blake2b(data, digest_size=16).hexdigest()
