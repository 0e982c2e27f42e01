"""Images that arrive in the browser: kept whole or not at all, whatever their names are."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from dnacore import BadInput, Workspace
from dnacore.workspace import uploads


def picture(colour: tuple[int, int, int], kind: str = "JPEG") -> io.BytesIO:
    content = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(content, kind)
    return content


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


def inside(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.root / "unpacked").glob("*"))


def test_files_and_their_table_become_a_dataset(workspace: Workspace) -> None:
    table = io.BytesIO(b"file,hat\nred.jpg,1\nblue.jpg,0\n")
    sent = [("red.jpg", picture((200, 0, 0))), ("blue.jpg", picture((0, 0, 200))), ("labels.csv", table)]
    found = uploads.receive(workspace, sent, "two")
    assert (found.name, found.images) == ("two", 2)
    assert list(workspace.attributes(found)["hat"]) == ["0", "1"]
    with pytest.raises(BadInput, match="in the workspace already"):
        uploads.receive(workspace, sent, "again")
    freed = workspace.dataset_size(found)
    assert workspace.remove_dataset("two") == freed > 0
    assert inside(workspace) == []


def test_a_zip_is_unpacked_and_not_kept(workspace: Workspace) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a/one.jpg", picture((1, 2, 3)).getvalue())
    found = uploads.receive(workspace, [("trip.zip", content)])
    assert (found.name, found.images) == ("trip", 1)
    assert not list(workspace.root.rglob("*.zip"))


@pytest.mark.parametrize(
    "names", [["../../evil.jpg", "evil.jpg"], ["/etc/x.jpg", "C:\\x.jpg"], ["x.jpg", "X.JPG"], ["a\0b.jpg", "ab.jpg"]]
)
def test_names_stay_inside_and_apart(workspace: Workspace, names: list[str], tmp_path: Path) -> None:
    sent = [(name, picture((at * 90, 0, 0))) for at, name in enumerate(names)]
    found = uploads.receive(workspace, sent, "apart")
    assert found.images == 2
    assert {path.parent for path in tmp_path.rglob("*.[jJ][pP][gG]")} == {found.folder}


@pytest.mark.parametrize(
    "sent", [
        [("notes.txt", io.BytesIO(b"hello"))], [("labels.csv", io.BytesIO(b"file\n"))],
        [("a.zip", io.BytesIO(b"no")), ("b.jpg", picture((1, 1, 1)))], [("a.zip", io.BytesIO(b"not a zip"))],
        [("a.jpg", io.BytesIO(b""))], [(".jpg", picture((1, 1, 1)))],
        [("a.jpg", picture((1, 1, 1))), ("a.csv", io.BytesIO(b"file,x\n")), ("b.csv", io.BytesIO(b"file,x\n"))],
    ],
)  # fmt: skip
def test_what_cannot_be_a_dataset_leaves_nothing_behind(workspace: Workspace, sent: list[uploads.Upload]) -> None:
    with pytest.raises(BadInput):
        uploads.receive(workspace, sent, "bad")
    assert workspace.datasets() == [] and inside(workspace) == []


def test_a_name_that_is_taken_leaves_the_other_dataset_alone(workspace: Workspace) -> None:
    first = uploads.receive(workspace, [("a.jpg", picture((9, 9, 9)))], "mine")
    with pytest.raises(BadInput, match="already"):
        uploads.receive(workspace, [("b.jpg", picture((99, 9, 9)))], "mine")
    assert workspace.dataset("mine").folder == first.folder and first.folder.is_dir()
    assert len(inside(workspace)) == 1


def test_a_table_that_arrives_later_is_checked_first(workspace: Workspace) -> None:
    found = uploads.receive(workspace, [("a.jpg", picture((9, 9, 9)))], "mine")
    with pytest.raises(BadInput, match="names none"):
        uploads.receive_attributes(workspace, found, ("t.csv", io.BytesIO(b"file,hat\nother.jpg,1\n")))
    assert workspace.dataset("mine").attributes is None
    assert list((workspace.root / "attributes").iterdir()) == []
    given = uploads.receive_attributes(workspace, found, ("../t.csv", io.BytesIO(b"file,hat\na.jpg,1\n")))
    assert list(workspace.attributes(given)["hat"]) == ["1"]
    assert workspace.set_attributes("mine", None).attributes is None
