"""Zip files from strangers: unpacked whole or not at all, and never outside the folder."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnacore.errors import BadInput
from dnacore.images import unzip
from dnacore.images.files import find_images
from dnacore.images.unzip import unpack_zip
from tests.bad_files import jpeg_bytes

PICTURE = jpeg_bytes()


def make(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, data in entries.items():
            opened.writestr(name, data)
    return path


def refused(archive: Path, because: str, **options: int) -> None:
    into = archive.parent / "into"
    with pytest.raises(BadInput, match=because):
        unpack_zip(archive, into, **options)
    assert [path.name for path in archive.parent.iterdir()] == [archive.name], "something was left behind"


def test_images_and_tables_are_unpacked_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    archive = make(
        tmp_path / "a.zip",
        {
            "faces/a.JPG": PICTURE,
            "faces/雪.png": b"x",
            "attributes.csv": b"file,hat\n",
            "faces/list.txt": b"a.JPG\n",
            "run.sh": b"rm",
            "__MACOSX/faces/._a.JPG": b"junk",
            ".DS_Store": b"junk",
            "empty/": b"",
            "page.html": b"<html>",
        },
    )
    into = unpack_zip(archive, tmp_path / "made" / "faces")
    assert into == tmp_path / "made" / "faces"
    written = sorted(path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file())
    assert written == ["attributes.csv", "faces/a.JPG", "faces/list.txt", "faces/雪.png"]
    assert (into / "faces/a.JPG").read_bytes() == PICTURE
    assert [path.name for path in into.parent.iterdir()] == ["faces"]
    assert [file.path for file in find_images(into)[0]] == ["faces/a.JPG", "faces/雪.png"]


@pytest.mark.parametrize(
    "name",
    [
        "/etc/a.jpg",
        "../a.jpg",
        "x/../../a.jpg",
        "x/../a.jpg",
        "C:/a.jpg",
        "c:a.jpg",
        "..\\a.jpg",
        "x\\a.jpg",
        "\\\\server\\a.jpg",
        "new\nline.jpg",
        "..",
    ],
)
def test_paths_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    refused(make(tmp_path / "a.zip", {"good.jpg": PICTURE, name: PICTURE}), "could leave its folder")


def test_a_name_cut_by_a_nul_is_refused(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"good.jpg": PICTURE, "evil.jpgX.sh": b"x"})
    archive.write_bytes(archive.read_bytes().replace(b"evil.jpgX.sh", b"evil.jpg\0.sh"))
    refused(archive, "could leave its folder")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("good.jpg", PICTURE)
        entry = zipfile.ZipInfo("link.jpg")
        entry.external_attr = (kind | 0o777) << 16
        opened.writestr(entry, "/etc/passwd")
    refused(tmp_path / "a.zip", "link.jpg is a link or a device")


def test_a_password_is_said_so(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"a.jpg": PICTURE}, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    archive.write_bytes(data)
    refused(archive, "protected by a password")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a.jpg", "a.jpg"), "holds a.jpg twice"),
        (("a.jpg", "A.JPG"), "a.jpg and A.JPG are the same name"),
        (("x/é.jpg", "X/É.jpg"), "are the same name where upper and lower case do not count"),
        (("a.jpg", "./a.jpg"), "holds a.jpg twice"),
    ],
)
def test_two_entries_with_one_name_are_refused(tmp_path: Path, names: tuple[str, str], said: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(names[0], PICTURE)
        if names[0] == names[1]:
            with pytest.warns(UserWarning, match="Duplicate"):
                opened.writestr(names[1], b"other")
        else:
            opened.writestr(names[1], b"other")
    refused(tmp_path / "a.zip", said)


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path) -> None:
    refused(make(tmp_path / "a.zip", {"a.jpg": PICTURE, "A.jpg/b.jpg": PICTURE}), "both a file and a folder")


def test_bombs_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    refused(make(tmp_path / "a.zip", {"a.bmp": bytes(40 << 20)}), "grow more than 200-fold")
    refused(make(tmp_path / "a.zip", {f"{i}.bmp": bytes(3000) for i in range(9)}), "more than", limit_bytes=20_000)


def test_a_bomb_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"a.bmp": bytes(4 << 20)})
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, 100)
    archive.write_bytes(data)
    refused(archive, "damaged|more than", limit_bytes=1 << 20)


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"a.jpg": PICTURE, "b.jpg": PICTURE}, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)  # both entries point at the first one's data
    archive.write_bytes(data)
    refused(archive, "damaged")


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unzip, "LIMIT_ENTRIES", 3)
    refused(make(tmp_path / "a.zip", {f"{i}.jpg": b"x" for i in range(4)}), "4 entries, more than 3")


def test_names_too_long_for_a_disk_are_refused(tmp_path: Path) -> None:
    refused(make(tmp_path / "a.zip", {"é" * 200 + ".jpg": PICTURE}), "too long")
    refused(make(tmp_path / "a.zip", {"d/" * 600 + "a.jpg": PICTURE}), "too long")


def test_names_in_an_old_code_page_are_unpacked(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"cafe_.jpg": PICTURE})
    archive.write_bytes(archive.read_bytes().replace(b"cafe_", b"caf\x82_"))
    assert [file.path for file in find_images(unpack_zip(archive, tmp_path / "into"))[0]] == ["café_.jpg"]


def test_what_is_not_a_zip_of_images_is_refused_plainly(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(PICTURE)
    refused(tmp_path / "a.zip", "a.zip is not a zip file or is damaged")
    make(tmp_path / "a.zip", {"a.jpg": PICTURE})
    (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:300])
    refused(tmp_path / "a.zip", "damaged")
    refused(make(tmp_path / "a.zip", {"notes.txt": b"x"}), "holds no images")
    refused(make(tmp_path / "a.zip", {"a.jpg": PICTURE}, zipfile.ZIP_LZMA), "unusual compression")
    with pytest.raises(BadInput, match="There is no file"):
        unpack_zip(tmp_path / "none.zip", tmp_path / "into")


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"a.jpg": PICTURE})
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "mine.jpg").write_bytes(b"mine")
    with pytest.raises(BadInput, match="exists already"):
        unpack_zip(archive, tmp_path / "into")
    assert (tmp_path / "into" / "mine.jpg").read_bytes() == b"mine"


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_zip_is_unpacked_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.jpg", PICTURE)
        opened.writestr("d/b.csv", b"file,hat\n" * 20)
    damaged = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        # The directory at the end decides what is unpacked where, so half of the damage goes there.
        first = data.draw(st.sampled_from([0, len(damaged) - 160]))
        damaged[data.draw(st.integers(first, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    (folder / "a.zip").write_bytes(damaged)
    try:
        unpack_zip(folder / "a.zip", folder / "into", limit_bytes=1 << 20)
        assert sorted(path.name for path in folder.iterdir()) == ["a.zip", "into"]
        assert all(path.resolve().is_relative_to(folder / "into") for path in (folder / "into").rglob("*"))
    except BadInput:
        assert [path.name for path in folder.iterdir()] == ["a.zip"]
