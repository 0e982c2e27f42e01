"""Fetching weights from a hub, and finding those that are already here.

Nothing is fetched unless somebody asks for it. A download shows its progress, continues where it was cut, and counts
only when its SHA-256 is the one the hub announced (and the one pinned in the registry, where there is one).

Protocol: `HEAD {endpoint}/{repo}/resolve/{revision}/{file}` answers with the file's hash and size (`X-Linked-Etag`,
`X-Linked-Size`; `ETag` and `Content-Length` for small files) and perhaps a redirect to where the bytes are;
`GET` takes a `Range`. `HF_ENDPOINT`, `HF_HUB_OFFLINE` and `HF_TOKEN` mean what they mean elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from dnacore.errors import Unavailable
from dnacore.paths import weights_folder

Progress = Callable[[int, int | None], None]
"""Called with (bytes done, bytes in all or None)."""

ATTEMPTS = 5
TIMEOUT = (10, 30)
CHUNK = 1 << 20
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class HubFile:
    """One file in a hub's repository; `sha256` pins it where it is known."""

    repo: str
    file: str
    revision: str = "main"
    sha256: str | None = None


@dataclass(frozen=True)
class Announcement:
    """What the hub says about a file: its version tag, size and, for large files, SHA-256."""

    etag: str
    size: int | None
    sha256: str | None


class _Cut(Exception):
    """The connection ended early; worth another attempt."""


def kept_at(wanted: HubFile) -> Path:
    """Where a fetched file is kept."""
    return weights_folder() / wanted.repo.replace("/", "--") / Path(*wanted.file.split("/"))


def at_hand(wanted: HubFile | None, names: tuple[str, ...] = ()) -> Path | None:
    """The file if it is on this machine, else None.

    It may have been fetched earlier, lie in the hub's own cache, or in `weights_folder()` under one of `names`.
    """
    for name in names:
        path = weights_folder() / name
        if path.is_file():
            return path
    if wanted is None:
        return None
    if kept_at(wanted).is_file():
        return kept_at(wanted)
    cache = os.environ.get("HF_HUB_CACHE") or Path(
        os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface", "hub"
    )
    snapshots = Path(cache) / f"models--{wanted.repo.replace('/', '--')}" / "snapshots"
    found = sorted(snapshots.glob(f"*/{wanted.file}")) if snapshots.is_dir() else []
    return found[-1] if found else None


def fetch(wanted: HubFile, progress: Progress | None = None, instead: str = "") -> Path:
    """The file, downloaded if need be; returns where it is kept.

    `instead` is a sentence for the error message: what else can be done. Raises Unavailable where the hub cannot be
    reached, refuses, or keeps sending something else than it announced.
    """
    found = at_hand(wanted)
    if found is not None:
        return found
    from filelock import FileLock
    from huggingface_hub import constants

    what = f"{wanted.file} of {wanted.repo}"
    if constants.is_offline_mode():
        raise Unavailable(_say(f"{what} is not on this machine and HF_HUB_OFFLINE forbids fetching it", instead))
    target = kept_at(wanted)
    target.parent.mkdir(parents=True, exist_ok=True)
    url = f"{constants.ENDPOINT}/{wanted.repo}/resolve/{quote(wanted.revision, safe='')}/{quote(wanted.file)}"
    with FileLock(target.parent / f".{target.name}.lock"):
        if not target.is_file():
            _download(url, wanted, target, progress or (lambda done, size: None), what, instead)
    return target


def _download(url: str, wanted: HubFile, target: Path, progress: Progress, what: str, instead: str) -> None:
    import requests
    import urllib3

    problem, wrong_hashes = "", 0
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(min(0.25 * 2**attempt, 8))
        try:
            announced = _announced(url, what, instead)
            part = target.parent / f".{target.name}.{re.sub(r'[^0-9A-Za-z]', '', announced.etag)[:40]}.part"
            _continue(url, part, announced, progress, what, instead)
        except (requests.RequestException, urllib3.exceptions.HTTPError, _Cut) as error:
            reason = f" ({type(error).__name__})" if not isinstance(error, _Cut) else ""
            problem = f"the hub cannot be reached or cut the connection{reason}"
            continue
        expected = wanted.sha256 or announced.sha256
        if expected is None or _sha256(part) == expected:
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(part, target)
            return
        part.unlink()
        wrong_hashes += 1
        problem = "what arrived does not have the announced SHA-256, so it was thrown away"
        if wrong_hashes > 1:
            break
    raise Unavailable(_say(f"{what} could not be fetched: {problem}", instead))


def _announced(url: str, what: str, instead: str) -> Announcement:
    """Ask for hash and size. Redirects within the hub (a renamed repository) are followed, others carry both."""
    for _ in range(5):
        with _request("HEAD", url) as answer:
            _check_status(answer.status_code, what, instead)
            headers = answer.headers
            etag = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").removeprefix("W/").strip('"')
            target = urljoin(url, headers.get("Location", ""))
            moved = answer.status_code in _REDIRECTS and urlsplit(target).netloc == urlsplit(url).netloc
            if moved and "X-Linked-Etag" not in headers:
                url = target
                continue
            size = headers.get("X-Linked-Size") or ("" if answer.is_redirect else headers.get("Content-Length", ""))
            return Announcement(
                etag or "unknown",
                int(size) if size.isdigit() else None,
                etag if re.fullmatch("[0-9a-f]{64}", etag) else None,
            )
    raise _Cut


def _continue(url: str, part: Path, announced: Announcement, progress: Progress, what: str, instead: str) -> None:
    """Append to `part` what is missing of the file."""
    done = part.stat().st_size if part.exists() else 0
    if announced.size is not None and done > announced.size:
        done = 0
    if announced.size is not None and done == announced.size and done:
        progress(done, announced.size)
        return
    with _request("GET", url, {"Range": f"bytes={done}-"} if done else {}, follow=True) as answer:
        if answer.status_code == 416:  # nothing there to continue: the part is of another file
            part.unlink(missing_ok=True)
            raise _Cut
        _check_status(answer.status_code, what, instead)
        if answer.status_code != 206 or not answer.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            done = 0
        with part.open("r+b" if done else "wb") as file:
            file.seek(done)
            file.truncate()
            progress(done, announced.size)
            length = answer.headers.get("Content-Length", "")
            whole = announced.size if announced.size is not None else done + int(length) if length.isdigit() else None
            # A stream that ends early hands over what it has instead of raising, so that every byte is kept.
            answer.raw.enforce_content_length = False
            while piece := answer.raw.read(CHUNK):
                file.write(piece)
                done += len(piece)
                progress(done, announced.size)
    if whole is not None and done != whole:
        raise _Cut


def _request(method: str, url: str, headers: dict[str, str] | None = None, follow: bool = False):
    import requests
    from huggingface_hub import get_token

    token = get_token()
    # identity: a compressed answer would have another length and hash. Requests drops the token on another host.
    sent = {"Accept-Encoding": "identity", "User-Agent": "visual-dna-studio", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    return requests.request(method, url, headers=sent, stream=True, allow_redirects=follow, timeout=TIMEOUT)


def _check_status(status: int, what: str, instead: str) -> None:
    if status in (401, 403):
        problem = f"The hub refuses {what}: accept its licence on the hub's page and set HF_TOKEN"
        raise Unavailable(_say(problem, instead))
    if status == 404:
        raise Unavailable(_say(f"The hub has no {what}", instead))
    if status >= 400:
        raise _Cut


def _say(problem: str, instead: str) -> str:
    instead = instead or "Try again later, or load a local weights file by its path."
    return f"{problem}. {instead}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
