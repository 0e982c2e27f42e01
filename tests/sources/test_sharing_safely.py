"""What sharing DNAs must never do: lose a DNA or a file of the user's, tell of other datasets, or hang on a server."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnacore as dc
from dnacore import atomic
from dnacore.dna.file import about
from dnacore.errors import BadInput, Cancelled, Unavailable
from dnacore.sources import exchange
from dnacore.sources.import_process import Imported
from dnacore.sources.shared import download, gallery, place
from dnacore.sources.shared import publish as publishing
from dnacore.sources.shared.gallery import galleries, leave, nearest, news, take_in
from dnacore.sources.shared.publish import Allowed, publish
from dnacore.workspace.saved import cards, imported
from tests import small_world
from tests.faults.world import calibration


def a_dna(name: str, count: int = 1) -> dc.DNA:
    ranges = replace(calibration(), origin="measured on 90 images of the demo and of ACME secret project")
    n, nothing = ranges.n_neurons, np.zeros(ranges.n_neurons)
    counts = np.full((n, 20), count, np.int64)
    return dc.DNA(counts, np.zeros((n, 2), np.int64), 20 * count, nothing, nothing, ranges, {"name": "tiny"}, name)


@dataclass
class Owner:
    """Somebody with extracted datasets."""

    workspace: dc.Workspace

    def dataset(self, name: str) -> Any:
        return self.workspace.dataset(name)

    def dna(self, dataset: Any) -> dc.DNA:
        return a_dna(dataset.name, 2 if dataset.name == "night" else 1)


@pytest.fixture
def owner(tmp_path: Path) -> Any:
    ws = dc.Workspace.open(tmp_path / "owner")
    for seed, name in enumerate(("day", "night")):
        ws.add_dataset(name, small_world.draw(tmp_path / name, 2, seed))
    return Owner(ws)


@pytest.fixture
def friend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dc.Workspace:
    def here(workspace: dc.Workspace, path: Path, replacing: str, picture: object, apart: bool) -> Imported:
        dna = exchange.import_dna(workspace, path, replacing=replacing, apart=apart)
        return Imported(dna.name, dna.images, dna.n_neurons)

    monkeypatch.setattr(gallery, "import_apart", here)  # a process for each is tested elsewhere
    return dc.Workspace.open(tmp_path / "friend")


def test_two_imports_at_once_are_two_dnas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = dc.Workspace.open(tmp_path / "home")
    files = [a_dna("sent", count).save(tmp_path / f"{count}") for count in (1, 2)]
    both, free_name = threading.Barrier(2), exchange.free_name

    def slowly(name: str, taken: set[str]) -> str:
        found = free_name(name, taken)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return found

    monkeypatch.setattr(exchange, "free_name", slowly)
    work = [threading.Thread(target=exchange.import_dna, args=(ws, file)) for file in files]
    for one in work:
        one.start()
    for one in work:
        one.join()
    assert imported.names(ws) == ["sent", "sent 2"]


def test_publishing_leaves_the_users_own_files_alone(owner: Any, tmp_path: Path) -> None:
    own = {
        name: tmp_path / "pics" / name for name in ("day.jpg", "day.thumbnails.jpg", "day.card.json", "gallery.json")
    }
    own["day.jpg"].parent.mkdir()
    for path in own.values():
        path.write_text('{"mine": true}')
    folder, thumbnails = own["day.jpg"].parent, Allowed(thumbnails=True)
    for name in ("day.card.json", "gallery.json"):
        with pytest.raises(BadInput, match=name):
            publish(owner, "day", folder, thumbnails, replacing=True)
        assert not (folder / "day.dna.npz").exists() and own[name].read_text() == '{"mine": true}'
        own[name].unlink()
    with pytest.raises(BadInput, match="thumbnails.jpg"):
        publish(owner, "day", folder, thumbnails)
    publish(owner, "day", folder, Allowed())
    assert own["day.jpg"].read_text() == own["day.thumbnails.jpg"].read_text() == '{"mine": true}'
    own["day.thumbnails.jpg"].unlink()
    publish(owner, "day", folder, thumbnails, replacing=True)
    publish(owner, "day", folder, thumbnails, replacing=True)
    assert own["day.thumbnails.jpg"].read_bytes().startswith(b"\xff\xd8")
    publish(owner, "day", folder, Allowed(), replacing=True)
    assert not own["day.thumbnails.jpg"].exists() and own["day.jpg"].exists()


def test_of_two_publishers_under_one_name_the_second_is_told(
    owner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = tmp_path / "team"

    def meanwhile(paths: object) -> None:  # thumbnails are drawn after the first look at the folder
        publish(owner, "night", team, Allowed("The first"), called="day")

    monkeypatch.setattr("dnacore.sources.shared.publish._strip", meanwhile)
    with pytest.raises(BadInput, match="--as"):
        publish(owner, "day", team, Allowed("The second", thumbnails=True))
    assert cards.parse((team / "day.card.json").read_bytes()).about == "The first"


@pytest.mark.parametrize("when", ["card", "strip", "check"])
@pytest.mark.parametrize("both", [(True, False), (False, True), (True, True)])
def test_two_who_replace_a_dna_at_once_leave_one_that_readers_take(
    owner: Any,
    friend: dc.Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    both: tuple[bool, bool],
) -> None:
    """Whatever the second writes between two files of the first, DNA, card and thumbnails are of one hand in the end."""
    team, second = tmp_path / "team", []
    publish(owner, "day", team, Allowed())
    module = "dnacore.sources.shared.publish"
    place_in = {
        "card": f"{module}.cards.write",
        "strip": f"{module}.atomic.write_bytes",
        "check": f"{module}._of_one_hand",
    }
    usual = {"card": cards.write, "strip": atomic.write_bytes, "check": publishing._of_one_hand}[when]

    def meanwhile(path: Path, *rest: Any) -> Any:
        if not second and (when != "strip" or path.name.endswith(cards.PICTURE)):
            second.append(True)
            publish(owner, "night", team, Allowed("second", thumbnails=both[1]), called="day", replacing=True)
        return usual(path, *rest)

    monkeypatch.setattr(place_in[when], meanwhile)
    publish(owner, "day", team, Allowed("first", thumbnails=both[0]), replacing=True)
    assert take_in(friend, team).skipped == ()
    card = cards.parse((team / "day.card.json").read_bytes())
    strip = team / "day.thumbnails.jpg"
    assert strip.exists() == card.picture == both[card.about == "second"]
    assert not card.picture or card.strip == hashlib.sha256(strip.read_bytes()).hexdigest()
    assert [row["sha256"] for row in json.loads((team / "gallery.json").read_text())["cards"]] == [card.sha256]


def test_a_strip_that_the_card_does_not_tell_of_is_left_out(owner: Any, friend: dc.Workspace, tmp_path: Path) -> None:
    publish(owner, "day", tmp_path / "team", Allowed(thumbnails=True))
    publish(owner, "night", tmp_path / "other", Allowed(thumbnails=True))
    os.replace(tmp_path / "other" / "night.thumbnails.jpg", tmp_path / "team" / "day.thumbnails.jpg")
    given: list[int] = []
    usual = gallery.import_apart

    def here(ws: dc.Workspace, path: Path, name: str, picture: Path, apart: bool) -> Imported:
        given.append(picture.stat().st_size)
        return usual(ws, path, name, picture, apart)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery, "import_apart", here)
        assert take_in(friend, tmp_path / "team").names == ("day",)
    assert given == [0]


def test_a_gallery_larger_than_one_may_be_is_not_begun(
    owner: Any, friend: dc.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = tmp_path / "team"
    publish(owner, "day", team, Allowed())
    size = (team / "day.dna.npz").stat().st_size
    monkeypatch.setattr("dnacore.sources.shared.publish.MOST_BYTES", size + 100)
    with pytest.raises(BadInput, match="another folder"):
        publish(owner, "night", team, Allowed())
    assert not (team / "night.dna.npz").exists()
    publish(owner, "day", team, Allowed(), replacing=True)
    monkeypatch.setattr(gallery, "MOST_BYTES", size - 1)
    with pytest.raises(BadInput, match="several folders"):
        take_in(friend, team)
    assert imported.names(friend) == []


def test_a_server_sends_no_more_than_its_index_tells_of(owner: Any, friend: dc.Workspace, tmp_path: Path) -> None:
    publish(owner, "day", tmp_path / "team", Allowed())
    index = tmp_path / "team" / "gallery.json"
    row = json.loads(index.read_text())
    row["cards"][0]["size"] = 10  # so that its sum looks small
    index.write_text(json.dumps(row))

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + (tmp_path / "team" / handler.path.split("/")[-1]).read_bytes())

    with serving(answer) as address:
        assert [reason for _, reason in take_in(friend, address).skipped] == ["It has more than 10 bytes."]


def test_leaving_a_gallery_takes_nothing_else_along(friend: dc.Workspace, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        a_dna("day").save(folder / "day")
    a_dna("day").save(one / "day  backup")  # two spaces, which no reader of its card may make one of
    exchange.import_dna(friend, one / "day.dna.npz")
    for source in (one, other):
        take_in(friend, source)
        assert take_in(friend, source).names == () and news(friend, str(source)) == "", "it settles"
    exchange.import_dna(friend, one / "day.dna.npz")
    assert len(imported.names(friend)) == 4
    leave(friend, str(one))
    assert len(imported.names(friend)) == 2 and list(galleries(friend)) == [str(other)]
    leave(friend, str(other))
    assert imported.names(friend) == ["day"], "what was imported by hand stays"


@contextmanager
def serving(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("start", [b"", b"HTTP/1.0 200 OK\r\n\r\n{"])
def test_a_server_that_says_nothing_can_be_left(
    friend: dc.Workspace, start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ended = threading.Event(), threading.Event()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        asked.set()
        ended.wait(30)

    with serving(answer) as address:
        with pytest.raises(Cancelled):
            take_in(friend, address, stop=asked.is_set)
        monkeypatch.setattr(download, "PATIENCE", 0.3)
        with pytest.raises(Unavailable, match="too slowly|timed out"):
            take_in(friend, address)
        ended.set()


@pytest.mark.parametrize(
    "to", ["http://localhost:{port}/x", "http://[abc/", "https://127.0.0.2/x", "file:///etc/passwd"]
)
def test_a_redirect_leads_nowhere_else(friend: dc.Workspace, to: str) -> None:
    asked: list[str] = []

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        handler.send_response(302)
        handler.send_header("Location", to.format(port=handler.server.server_address[1]))
        handler.end_headers()

    with serving(answer) as address, pytest.raises(Unavailable, match="cannot be reached"):
        take_in(friend, address)
    assert asked == ["/gallery.json"]


@pytest.mark.parametrize(
    "source",
    [
        "x://etc",
        "file:///etc",
        "/etc/../x://y",
        "http://[abc",
        "http://",
        "http://a..b/",
        "http://h:x/",
        "https://h/g?key=1",
    ],
)
def test_what_is_no_address_is_said_in_a_sentence(friend: dc.Workspace, source: str) -> None:
    with pytest.raises(BadInput, match=r"\.$"):
        take_in(friend, source)


def test_addresses_may_have_any_letters(friend: dc.Workspace, owner: Any, tmp_path: Path) -> None:
    publish(owner, "day", tmp_path / "team", Allowed("Straßen " * 20_000))
    asked: list[str] = []

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + (tmp_path / "team" / handler.path.split("/")[-1]).read_bytes())

    with serving(answer) as address:
        assert take_in(friend, f"{address}/Münchner Straße/gallery.json").names == ("day",)
        (kept,) = galleries(friend)[place.place_of(f"{address}/Münchner Straße").source].values()
        assert asked[0] == "/M%C3%BCnchner%20Stra%C3%9Fe/gallery.json" and kept.about.startswith("Straßen Straßen")
        row = json.loads((tmp_path / "team" / "gallery.json").read_text())
        row["cards"][0]["picture"] = True  # within the same minute
        (tmp_path / "team" / "gallery.json").write_text(json.dumps(row))
        assert "1 changed" in news(friend, kept.gallery)
    assert place.place_of("http://Bücher.example/").source == "http://xn--bcher-kva.example"


def test_a_published_dna_names_no_other_dataset(owner: Any, tmp_path: Path) -> None:
    publish(owner, "day", tmp_path / "team", Allowed())
    said = about(tmp_path / "team" / "day.dna.npz")
    assert "ACME" not in json.dumps(said) and "images of" not in json.dumps(said)
    assert said["calibration"]["fingerprint"] == calibration().fingerprint, "it compares as before"


def test_folders_that_cannot_be_made_are_said_so(owner: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nothing/here")):
        with pytest.raises((BadInput, Unavailable), match="folder"):
            publish(owner, "day", folder, Allowed())
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_gallery_still_takes_what_is_in_it(owner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dnacore.sources.shared.publish.MOST_DNAS", 1)
    publish(owner, "day", tmp_path / "team", Allowed("“" * 100_000, words=True))
    assert cards.parse((tmp_path / "team" / "day.card.json").read_bytes()).about == "“" * 1_000
    with pytest.raises(BadInput, match="another folder"):
        publish(owner, "night", tmp_path / "team", Allowed())
    assert not (tmp_path / "team" / "night.dna.npz").exists()
    publish(owner, "day", tmp_path / "team", Allowed(), replacing=True)


def test_a_damaged_import_is_named_and_the_others_are_compared(tmp_path: Path) -> None:
    ws, broken = dc.Workspace.open(tmp_path / "home"), []
    for count, name in enumerate(("day", "night"), 1):
        exchange.import_dna(ws, a_dna(name, count).save(tmp_path / name))
    path = cards.beside(ws, "day", ".dna.npz")
    content = bytearray(path.read_bytes())
    at = content.index(b"differences/")
    content[at + 60 : at + 70] = bytes(10)
    path.write_bytes(content)
    found = nearest(ws, a_dna("mine"), "tiny", lambda name, reason: broken.append((name, reason)))
    assert [name for name, _ in found] == ["night"] and [name for name, _ in broken] == ["day"]
