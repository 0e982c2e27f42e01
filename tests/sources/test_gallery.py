"""A gallery of DNAs that a team shares: what leaves a workspace, what comes in, and what a hostile folder can do."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

import dnacore as dc
from dnacore.commands.parser import main
from dnacore.dna.file import load_dna
from dnacore.errors import BadInput, Unavailable
from dnacore.sources.resolver import Sources
from dnacore.sources.shared import place
from dnacore.sources.shared.gallery import galleries, leave, nearest, news, take_in
from dnacore.sources.shared.publish import Allowed, publish
from dnacore.workspace.saved import cards, imported
from tests import small_world


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    """Somebody who has extracted day, noon and night, and a file that is no image."""
    home = tmp_path_factory.mktemp("owner")
    ws = small_world.workspace(home / "home")
    for seed, (name, dark) in enumerate((("day", False), ("noon", False), ("night", True))):
        ws.add_dataset(name, small_world.draw(home / name, 8, seed, dark))
        (home / name / "secret client.png").write_bytes(b"none")
        small_world.extract(ws, name)
    with pytest.MonkeyPatch.context() as patch:
        small_world.use_small_network(patch)
        yield Sources(ws)


@pytest.fixture
def friend(tmp_path: Path) -> dc.Workspace:
    """Somebody else, who has a dataset of their own and none of those images."""
    ws = small_world.workspace(tmp_path / "friend")
    ws.add_dataset("mine", small_world.draw(tmp_path / "mine", 8, 7, True))
    small_world.extract(ws, "mine")
    return ws


@pytest.fixture
def shared(owner: Sources, tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    for name in ("day", "night"):
        publish(owner, name, folder, Allowed())
    return folder


def test_which_of_the_teams_datasets_is_nearest_needs_no_images(friend: dc.Workspace, shared: Path) -> None:
    found = take_in(friend, shared)
    assert (found.names, found.same, found.skipped) == (("day", "night"), 0, ())
    label = friend.store.settings()[0].label
    mine = friend.dna("mine", label)
    assert mine is not None
    order = nearest(friend, mine, label)
    assert [name for name, _ in order] == ["night", "day"] and order[0][1] < order[1][1]
    assert order[0][1] == dc.emd_avg(mine, imported.load(imported.comparable(friend, label)[1]))
    again = take_in(friend, shared)
    assert (again.names, again.same) == ((), 2), "what is here is not taken in twice"


def test_only_what_the_owner_allowed_leaves(owner: Sources, friend: dc.Workspace, tmp_path: Path) -> None:
    bare, open_ = tmp_path / "bare", tmp_path / "open"
    publish(owner, "day", bare, Allowed())
    card = publish(owner, "day", open_, Allowed("Streets at noon", words=True, thumbnails=True))
    assert not list(bare.glob("*.jpg")) and load_dna(bare / "day.dna.npz").rejected == ()
    content = b"".join(path.read_bytes() for path in bare.iterdir())
    assert b"secret" not in content and os.fsencode(owner.workspace.root) not in content
    assert json.loads((bare / "day.card.json").read_text())["words"] == []
    with Image.open(open_ / "day.thumbnails.jpg") as strip:
        assert strip.size == (6 * 40, 32), "six thumbnails side by side, never enlarged"
    take_in(friend, open_)
    (kept,) = galleries(friend)[str(open_)].values()
    assert (kept.about, kept.picture, kept.images) == ("Streets at noon", True, 8) and kept.words == card.words
    publish(owner, "day", open_, Allowed(), replacing=True)
    assert not list(open_.glob("*.jpg")), "what is no longer allowed is taken out again"


def test_a_published_dna_is_not_overwritten_by_mistake(owner: Sources, shared: Path) -> None:
    before = (shared / "day.dna.npz").read_bytes()
    with pytest.raises(BadInput, match="--as"):
        publish(owner, "night", shared, Allowed(), called="day")
    assert (shared / "day.dna.npz").read_bytes() == before


def test_a_gallery_that_changed_or_vanished_is_said_in_a_sentence(
    owner: Sources, friend: dc.Workspace, shared: Path
) -> None:
    take_in(friend, shared)
    source = str(shared)
    assert news(friend, source) == ""
    publish(owner, "noon", shared, Allowed())
    publish(owner, "noon", shared, Allowed(), called="day", replacing=True)
    (shared / "night.dna.npz").unlink()
    said = news(friend, source)
    assert "1 changed" in said and "1 new" in said and "1 no longer there" in said and "2 DNAs, is kept" in said
    before = imported.load(next(one for one in imported.comparable(friend, small_world.NAME) if one.name == "day"))
    found = take_in(friend, shared)
    assert (set(found.names), found.gone) == ({"day", "noon"}, ("night",))
    after = imported.load(next(one for one in imported.comparable(friend, small_world.NAME) if one.name == "day"))
    assert before is not None and after is not None and dc.emd_avg(before, after) > 0
    assert imported.names(friend) == ["day", "night", "noon"], "it took the place it had, under its name"
    os.rename(shared, shared.with_name("elsewhere"))
    assert "cannot be reached" in news(friend, source) and "3 DNAs, is kept" in news(friend, source)
    with pytest.raises(Unavailable, match="cannot be reached"):
        take_in(friend, shared)
    assert len(imported.comparable(friend, small_world.NAME)) == 3
    assert set(leave(friend, source)) == {"day", "night", "noon"}
    assert list((friend.root / "imports").iterdir()) == []


def test_a_hostile_folder_is_harmless(friend: dc.Workspace, shared: Path, tmp_path: Path) -> None:
    """Whoever can write into a shared folder can write anything: nothing but the honest DNA comes in."""
    private = tmp_path / "private.dna.npz"
    private.write_bytes((shared / "day.dna.npz").read_bytes())
    (shared / "link.dna.npz").symlink_to(private)
    os.mkfifo(shared / "pipe.dna.npz")
    os.mkfifo(shared / "day.thumbnails.jpg")
    (shared / "broken.dna.npz").write_bytes(b"PK\x03\x04 nothing")
    (shared / "night.dna.npz").write_bytes(private.read_bytes())  # not what its card tells of
    (shared / "odd.dna.npz").write_bytes(private.read_bytes())
    (shared / "odd.card.json").write_text("[" * 60_000)
    card = json.loads((shared / "day.card.json").read_text())
    card |= {
        "about": "<script>\x1b[2J" + "x" * 9_999,
        "words": [["a", 7], ["b", "c"], 3, ["d", 0.5]],
        "images": -1,
        "picture": True,
    }
    card |= {"gallery": "/etc", "file": "../../night.dna.npz", "stamp": "x"}
    (shared / "day.card.json").write_text(json.dumps(card))
    mine = small_world.content(tmp_path / "mine")
    found = take_in(friend, shared)
    assert {file for file, _ in found.skipped} == {"broken.dna.npz", "night.dna.npz"}
    assert imported.names(friend) == ["day", "day 2"], "a copy of a copy is the gallery's, too, and goes with it"
    kept = galleries(friend)[str(shared)]["day"]
    assert len(kept.about) <= 1_000 and kept.about.isprintable()
    assert {path.name for path in (friend.root / "imports").iterdir()} == {
        f"{name}{ending}" for name in ("day", "day 2") for ending in (".dna.npz", ".card.json")
    }
    assert small_world.content(tmp_path / "mine") == mine
    assert private.is_file()


def test_pictures_are_drawn_anew(owner: Sources, friend: dc.Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    publish(owner, "day", folder, Allowed(thumbnails=True))
    publish(owner, "night", folder, Allowed(thumbnails=True))
    with (folder / "day.thumbnails.jpg").open("ab") as file:
        file.write(b"<script>stowaway</script>")
    (folder / "night.thumbnails.jpg").write_bytes(b"\xff\xd8\xff no picture")
    for name in ("day", "night"):  # by somebody who writes the cards, too
        told = folder / f"{name}.card.json"
        digest = hashlib.sha256((folder / f"{name}.thumbnails.jpg").read_bytes()).hexdigest()
        told.write_text(json.dumps(json.loads(told.read_text()) | {"strip": digest}))
    take_in(friend, folder)
    assert b"stowaway" not in cards.beside(friend, "day", cards.PICTURE).read_bytes()
    assert not cards.beside(friend, "night", cards.PICTURE).exists()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Hands out a folder; whoever asks for /away/ is sent to a file of this machine."""

    def do_GET(self) -> None:
        if self.path.startswith("/away/"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(shared: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(shared))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_gallery_can_be_an_address(friend: dc.Workspace, shared: Path, address: str) -> None:
    found = take_in(friend, f"{address}/gallery.json")
    assert (found.names, found.skipped) == (("day", "night"), ())
    assert news(friend, found.source) == ""
    (shared / "night.dna.npz").write_bytes((shared / "day.dna.npz").read_bytes())
    index = json.loads((shared / "gallery.json").read_text())
    index["cards"][1]["published"] = "later"
    index["cards"].append({"file": "../../../etc/passwd"})
    (shared / "gallery.json").write_text(json.dumps(index))
    assert "1 changed" in news(friend, found.source)
    assert [file for file, _ in take_in(friend, f"{address}/gallery.json").skipped] == ["night.dna.npz"]
    (shared / "gallery.json").write_text("{}")
    with pytest.raises(BadInput, match="no gallery"):
        take_in(friend, address)
    with pytest.raises(Unavailable, match="not allowed"):
        take_in(friend, f"{address}/away")
    with pytest.raises(Unavailable, match="cannot be reached"):
        take_in(friend, f"{address}/nothing")
    with pytest.raises(BadInput, match="https"):
        take_in(friend, "ftp://somewhere")


def test_more_bytes_than_a_dna_has_are_not_taken(
    friend: dc.Workspace, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnacore.sources.shared.gallery.MOST_DNA", 1_000)
    assert len(take_in(friend, shared).skipped) == 2 and imported.names(friend) == []
    monkeypatch.setattr(place, "MOST_DNAS", 1)
    with pytest.raises(BadInput, match="several folders"):
        take_in(friend, shared)


def test_the_command_line(
    owner: Sources, friend: dc.Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    team = tmp_path / "team"
    ours, theirs = (["--workspace", str(ws.root), "--json", "gallery"] for ws in (owner.workspace, friend))
    for name in ("day", "night"):
        assert main([*ours, "publish", name, str(team), "--about", f"All of {name}"]) == 0
    assert main([*theirs, "add", str(team)]) == 0
    capsys.readouterr()
    assert main([*theirs, "nearest", "mine"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in said["nearest"]] == ["night", "day"] and said["unit"] == "bins"
    assert main([*theirs, "list"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["source"], row["news"], [one["about"] for one in row["dnas"]]) == (
        str(team), "", ["All of day", "All of night"],
    )  # fmt: skip
    assert main(["--workspace", str(friend.root), "remove", "day"]) == 0
    assert main([*theirs, "remove", str(team)]) == 0
    assert imported.names(friend) == [] and (team / "day.dna.npz").is_file()
    assert main([*theirs, "add", str(tmp_path / "nowhere")]) == 2
