"""Pictures over HTTP: by number only, cached by what they show, and silent about the disk."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import dnacore as dc
from dnacore.images import thumbnails
from ui.server import blobs, index_html, routes


@pytest.fixture
def served(tmp_path: Path):
    folder = tmp_path / "secret place" / "pictures"
    folder.mkdir(parents=True)
    for name, size in (("a.jpg", (800, 400)), ("b.png", (60, 90))):
        Image.new("RGB", size, (200, 30, 30)).save(folder / name)
    (folder / "c.jpg").write_bytes(b"\xff\xd8 this is not a picture")
    workspace = dc.Workspace.open(tmp_path / "workspace")
    dataset = workspace.add_dataset("pictures", folder)
    app = Starlette(routes=routes.routes(lambda: workspace), middleware=routes.middleware(["localhost", "testserver"]))
    return TestClient(app), workspace, dataset


def address(kind: str, workspace, dataset, name: str) -> str:
    index = next(row.index for row in workspace.files(dataset) if row.path == name)
    return f"/{kind}/{dataset.id}/{index}"


def test_a_thumbnail_keeps_its_aspect_and_is_small(served):
    client, workspace, dataset = served
    answer = client.get(address("thumb", workspace, dataset, "a.jpg"))
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (routes.THUMB_SIDE, routes.THUMB_SIDE // 2)
    large = client.get(address("image", workspace, dataset, "a.jpg"))
    assert Image.open(io.BytesIO(large.content)).size == (800, 400), "never enlarged"


def test_an_unchanged_picture_is_not_sent_again(served):
    client, workspace, dataset = served
    url = address("thumb", workspace, dataset, "b.png")
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert "no-cache" in first.headers["cache-control"]


def test_an_address_with_the_pictures_stamp_is_cached_for_good_and_a_stale_one_is_not(served):
    client, workspace, dataset = served
    url = address("thumb", workspace, dataset, "a.jpg")
    row = next(row for row in workspace.files(dataset) if row.path == "a.jpg")
    stamp = thumbnails.stamp(dataset.folder / row.path, row.size, row.mtime_ns)
    assert "immutable" in client.get(f"{url}?v={stamp[:12]}").headers["cache-control"]
    assert "immutable" not in client.get(f"{url}?v=000000000000").headers["cache-control"]


def test_a_picture_inside_a_tar_is_shown_and_cached_like_any_other(served, tmp_path: Path):
    client, workspace, dataset = served
    packed = tmp_path / "old album.tar"
    with tarfile.open(packed, "w") as tar:
        tar.add(dataset.folder / "a.jpg", "album/a.jpg")
        tar.add(dataset.folder / "c.jpg", "album/c.jpg")
    album = workspace.add_dataset("album", packed)
    row = next(row for row in workspace.files(album) if row.path.endswith("a.jpg"))
    stamp = thumbnails.stamp(album.folder / row.path, row.size, row.mtime_ns)
    for kind in ("thumb", "image"):
        url = address(kind, workspace, album, row.path)
        answer = client.get(f"{url}?v={stamp[:12]}")
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    packed.unlink()
    assert client.get(url).status_code == 404


def test_a_changed_file_changes_its_picture(served):
    client, workspace, dataset = served
    url = address("thumb", workspace, dataset, "b.png")
    before = client.get(url)
    Image.new("RGB", (61, 90), (0, 200, 0)).save(dataset.folder / "b.png")
    after = client.get(url, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200 and after.content != before.content


def test_thumbnails_are_kept_in_the_workspace_and_torn_ones_are_made_again(served):
    client, workspace, dataset = served
    url = address("thumb", workspace, dataset, "a.jpg")
    whole = client.get(url).content
    (kept,) = (workspace.root / "thumbs").rglob("*.jpg")
    assert kept.read_bytes() == whole
    kept.write_bytes(whole[: len(whole) // 2])
    assert client.get(url).content == whole


def test_long_columns_are_fetched_by_the_hash_of_their_content(served):
    client, _, _ = served
    name = blobs.put(b"[1,2]")
    answer = client.get(f"/columns/{name}")
    assert answer.json() == [1, 2] and "immutable" in answer.headers["cache-control"]
    assert client.get(f"/columns/{'0' * 32}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/thumb/1/999", "/thumb/77/0", "/image/77/0", "/fonts/none.woff2", "/fonts/LICENSE-Inter-OFL.txt"]
)
def test_what_is_not_there_is_a_404_that_says_nothing(served, path):
    client, _, _ = served
    answer = client.get(path)
    assert answer.status_code == 404 and answer.text == "Not found"


def test_a_broken_picture_is_a_404_without_its_path(served):
    client, workspace, dataset = served
    row = next((row for row in workspace.files(dataset) if row.path == "c.jpg"), None)
    if row is None:  # it was left out when the folder was added
        return
    answer = client.get(f"/thumb/{dataset.id}/{row.index}")
    assert answer.status_code == 404 and "secret" not in answer.text


@pytest.mark.parametrize(
    "path", ["/thumb/1/..%2f..%2fetc%2fpasswd", "/thumb/../../app.py", "/image/1/a.jpg", "/fonts/..%2f..%2fapp.py"]
)
def test_paths_from_a_client_lead_nowhere(served, path):
    client, _, _ = served
    assert client.get(path).status_code == 404


def test_another_host_is_turned_away(served):
    client, workspace, dataset = served
    answer = client.get(address("thumb", workspace, dataset, "a.jpg"), headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_pictures_carry_security_headers(served):
    client, workspace, dataset = served
    headers = client.get(address("thumb", workspace, dataset, "a.jpg")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_front_page_asks_only_this_server(tmp_path):
    client = TestClient(Starlette(routes=index_html.routes(["datasets"])))
    for path in ("/", "/datasets"):
        html = client.get(path).text
        assert "BACKEND_BASE_URL" in html and "<title>Visual DNA Studio</title>" in html
        assert "SourceSans" not in html
    moved = client.get("/Datasets?look=a%20b", follow_redirects=False)
    assert moved.is_redirect and moved.headers["location"] == "/datasets?look=a%20b"


def test_links_and_lists_inside_a_root_lead_out_of_no_root(tmp_path: Path, monkeypatch):
    root, outside = tmp_path / "root", tmp_path / "private"
    for folder in (root / "album", outside):
        folder.mkdir(parents=True)
    for path in (root / "album" / "mine.png", outside / "secret.png"):
        Image.new("RGB", (20, 20), (1, 2, 3)).save(path)
    (root / "album" / "link.png").symlink_to(outside / "secret.png")
    (root / "list.txt").write_text(f"{outside / 'secret.png'}\nalbum/mine.png\n")
    monkeypatch.setenv("VISUAL_DNA_ROOTS", str(root))
    workspace = dc.Workspace.open(tmp_path / "workspace")
    folder, listed = workspace.add_dataset("album", root / "album"), workspace.add_dataset("list", root / "list.txt")
    client = TestClient(Starlette(routes=routes.routes(lambda: workspace)))
    for dataset in (folder, listed):
        answers = {
            Path(row.path).name: client.get(f"/thumb/{dataset.id}/{row.index}").status_code
            for row in workspace.files(dataset)
        }
        assert answers.pop("mine.png") == 200
        assert set(answers.values()) == {404}, answers


def test_huge_numbers_are_a_404(served):
    client, _, _ = served
    assert client.get(f"/thumb/{10**30}/0").status_code == 404 and client.get(f"/image/1/{10**40}").status_code == 404
