"""Downloads against a local server that speaks the hub's protocol: redirects, ranges, hashes, and mishaps."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from huggingface_hub import close_session, constants
from safetensors.torch import save

from dnacore.errors import Unavailable
from dnacore.extractors import available, from_spec, hub, load_extractor
from dnacore.extractors.build import build_network
from dnacore.extractors.loader import fetch, forget_extractors
from dnacore.extractors.weights import draw_random

FILE = hub.HubFile("someone/networks", "Family/net/weights.bin")
CONTENT = bytes(range(256)) * 8192  # 2 MiB


@dataclass
class Hub:
    """A hub with files by "repo/file"; `cuts` says after how many bytes the next answers end early."""

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    wrong_bytes: int = 0
    busy: int = 0
    ranges: bool = True
    large: bool = True
    moved: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    tokens: list[tuple[str, str | None]] = field(default_factory=list)
    agents: set[str | None] = field(default_factory=set)


class Handler(BaseHTTPRequestHandler):
    """`/{repo}/resolve/main/{file}` redirects to another host's `/bytes/{repo}/{file}`, as for large files."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bool) -> None:
        state = self.hub
        state.requests.append((self.command, self.path, self.headers.get("Range")))
        state.tokens.append((self.path, self.headers.get("Authorization")))
        state.agents.add(self.headers.get("User-Agent"))
        if state.busy:
            state.busy -= 1
            return self._short(503)
        if state.gated:
            return self._short(401)
        if self.path.startswith("/bytes/"):
            return self._bytes(state.files[self.path.removeprefix("/bytes/")], body)
        repo, _, file = self.path.removeprefix("/").partition("/resolve/main/")
        if repo in state.moved:
            return self._short(307, {"Location": f"/{state.moved[repo]}/resolve/main/{file}"})
        content = state.files.get(f"{repo}/{file}")
        if content is None:
            return self._short(404)
        if not state.large:
            return self._bytes(content, body)
        return self._short(
            302,
            {
                "Location": f"http://localhost:{self.server.server_port}/bytes/{repo}/{file}",
                "X-Linked-Size": str(len(content)),
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
            },
        )

    def _short(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": "0"}.items():
            self.send_header(key, value)
        self.end_headers()

    def _bytes(self, content: bytes, body: bool) -> None:
        state, start, wanted = self.hub, 0, self.headers.get("Range")
        if wanted and state.ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(content):
            return self._short(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", '"0123456789abcdef"')
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if not body:
            return
        rest = content[start:]
        if state.wrong_bytes:
            state.wrong_bytes -= 1
            rest = b"?" + rest[1:]
        if state.cuts:
            self.wfile.write(rest[: state.cuts.pop(0)])
            self.close_connection = True
            return
        self.wfile.write(rest)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    state = Hub(files={"someone/networks/Family/net/weights.bin": CONTENT})
    handler = type("HubHandler", (Handler,), {"hub": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path / "kept"))
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
        monkeypatch.delenv("HF_HUB_CACHE", raising=False)
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{listening.server_port}")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(hub.time, "sleep", lambda seconds: None)
        try:
            yield state
        finally:
            close_session()  # its open connections would keep the server waiting
            listening.shutdown()
            thread.join()


def test_a_file_arrives_whole_with_progress(server: Hub) -> None:
    seen: list[tuple[int, int | None]] = []
    path = hub.fetch(FILE, lambda done, size: seen.append((done, size)))
    assert path.read_bytes() == CONTENT and path == hub.kept_at(FILE) == hub.at_hand(FILE)
    assert seen[0] == (0, len(CONTENT)) and seen[-1] == (len(CONTENT), len(CONTENT)) and seen == sorted(seen)
    assert [entry.name for entry in path.parent.iterdir() if entry.suffix != ".lock"] == ["weights.bin"]
    requests = len(server.requests)
    assert hub.fetch(FILE) == path and len(server.requests) == requests


def test_a_cut_connection_is_continued_where_it_stopped(server: Hub) -> None:
    server.cuts = [300_000, 500_000]
    assert hub.fetch(FILE).read_bytes() == CONTENT
    asked = [wanted for method, path, wanted in server.requests if method == "GET" and path.startswith("/bytes/")]
    assert asked == [None, f"bytes={hub.CHUNK}-", f"bytes={2 * hub.CHUNK}-"]


def test_a_later_run_continues_too(server: Hub, monkeypatch) -> None:
    monkeypatch.setattr(hub, "ATTEMPTS", 1)
    server.cuts = [700_000, *[0] * 5]  # as often as the library itself tries again
    with pytest.raises(Unavailable, match="weights.bin of someone/networks could not be fetched.*local weights file"):
        hub.fetch(FILE)
    assert hub.at_hand(FILE) is None
    first: list[int] = []
    assert hub.fetch(FILE, lambda done, size: first.append(done)).read_bytes() == CONTENT
    assert first[0] == 700_000 // hub.CHUNK * hub.CHUNK > 0


def test_a_server_without_ranges_starts_again(server: Hub) -> None:
    server.ranges, server.cuts = False, [300_000]
    assert hub.fetch(FILE).read_bytes() == CONTENT


def test_another_version_never_continues_the_old_one(server: Hub, monkeypatch) -> None:
    monkeypatch.setattr(hub, "ATTEMPTS", 1)
    server.cuts = [700_000, *[0] * 5]  # as often as the library itself tries again
    with pytest.raises(Unavailable):
        hub.fetch(FILE)
    server.files["someone/networks/Family/net/weights.bin"] = CONTENT[::-1]
    assert hub.fetch(FILE).read_bytes() == CONTENT[::-1]


def test_a_wrong_hash_is_fetched_once_more(server: Hub) -> None:
    server.wrong_bytes = 1
    assert hub.fetch(FILE).read_bytes() == CONTENT


def test_a_hash_that_stays_wrong_is_refused(server: Hub) -> None:
    server.wrong_bytes = 99
    with pytest.raises(Unavailable, match="SHA-256.*Do that."):
        hub.fetch(FILE, instead="Do that.")
    assert hub.at_hand(FILE) is None and list(hub.kept_at(FILE).parent.glob("*.part")) == []


def test_a_pinned_hash_counts_more_than_the_announced_one(server: Hub) -> None:
    with pytest.raises(Unavailable, match="SHA-256"):
        hub.fetch(hub.HubFile(FILE.repo, FILE.file, sha256="0" * 64))
    pinned = hub.HubFile(FILE.repo, FILE.file, sha256=hashlib.sha256(CONTENT).hexdigest())
    assert hub.fetch(pinned).read_bytes() == CONTENT


def test_a_small_file_comes_without_redirect(server: Hub) -> None:
    server.large = False
    assert hub.fetch(FILE).read_bytes() == CONTENT


def test_a_busy_hub_is_asked_again(server: Hub) -> None:
    server.busy = 2
    assert hub.fetch(FILE).read_bytes() == CONTENT


def test_a_renamed_repository_is_followed(server: Hub) -> None:
    server.moved["old/name"] = "someone/networks"
    assert hub.fetch(hub.HubFile("old/name", FILE.file)).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gated": True}, "licence.*HF_TOKEN"),
        ({"files": {}}, "the hub has no|The hub has no"),
        ({"busy": 99}, "cannot be reached"),
    ],
)
def test_a_refusal_says_what_to_do(server: Hub, change: dict, words: str) -> None:
    for key, value in change.items():
        setattr(server, key, value)
    with pytest.raises(Unavailable, match=words):
        hub.fetch(FILE)


def test_no_hub_at_all(server: Hub, monkeypatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="cannot be reached"):
        hub.fetch(FILE)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(Unavailable, match="HF_HUB_OFFLINE"):
        hub.fetch(FILE)


def test_the_token_goes_to_the_hub_alone(server: Hub, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.fetch(FILE)
    sent = {path.startswith("/bytes/"): token for path, token in server.tokens}
    assert sent == {False: "Bearer hf_secret", True: None}


def test_nothing_is_told_of_this_machine(server: Hub) -> None:
    hub.fetch(FILE)
    assert server.agents == {"visual-dna-studio"} and {token for _, token in server.tokens} == {None}


def test_a_file_in_the_hubs_own_cache_counts(server: Hub, tmp_path) -> None:
    kept = tmp_path / "hub" / "hub" / "models--someone--networks" / "snapshots" / "c0ffee" / FILE.file
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"here")
    assert hub.fetch(FILE) == kept and server.requests == []


def test_from_the_hub_to_an_extractor(server: Hub) -> None:
    network = build_network("resnet10t", {}, None, 64)
    draw_random(network, 5)
    tensors = {key: tensor.contiguous() for key, tensor in network.state_dict().items()}
    server.files["timm/resnet10t.c3_in1k/model.safetensors"] = save(tensors)
    with pytest.raises(Unavailable, match="download=True"):
        load_extractor("timm:resnet10t", device="cpu")
    assert server.requests == []
    seen: list[int] = []
    extractor = load_extractor(
        "timm:resnet10t", device="cpu", download=True, input_size=64, progress=lambda done, size: seen.append(done)
    )
    assert seen[-1] == len(server.files["timm/resnet10t.c3_in1k/model.safetensors"])
    assert extractor.spec["weights"]["repo"] == "timm/resnet10t.c3_in1k"
    forget_extractors()
    assert from_spec(extractor.spec, device="cpu").fingerprint == extractor.fingerprint


def test_a_registry_name_is_fetched_and_then_ready(server: Hub) -> None:
    server.files["timm/vgg16.tv_in1k/model.safetensors"] = save({"features.0.weight": torch.zeros(1)})
    assert fetch("vgg16").is_file()
    assert {info.name: info.status for info in available()}["vgg16"] == "ready"
