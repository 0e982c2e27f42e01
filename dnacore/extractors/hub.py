"""Fetching weights from a hub, and finding those that are already here.

Nothing is fetched unless somebody asks for it. A download shows its progress, continues where it was cut, and counts
only when its SHA-256 is the one the hub announced (and the one pinned in the registry, where there is one).

`huggingface_hub` speaks with the hub, so `HF_ENDPOINT`, `HF_HUB_OFFLINE` and `HF_TOKEN` mean what they mean elsewhere.
Its `hf_hub_download` would throw a half-finished file away and check its size only, hence its two parts one by one.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from dnacore.errors import Unavailable
from dnacore.paths import weights_folder

Progress = Callable[[int, int | None], None]
"""Called with (bytes done, bytes in all or None)."""

ATTEMPTS = 5
CHUNK = 1 << 18  # bytes between two reports of progress, and the most that an interruption can cost


@dataclass(frozen=True)
class HubFile:
    """One file in a hub's repository; `sha256` pins it where it is known."""

    repo: str
    file: str
    revision: str = "main"
    sha256: str | None = None


class _Counter:
    """Receives the progress of `http_get` in place of its own progress bar."""

    def __init__(self, progress: Progress, done: int, size: int | None) -> None:
        self.progress, self.done, self.size = progress, done, size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, more: int) -> None:
        self.done += more
        self.progress(self.done, self.size)


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
    from huggingface_hub import constants, get_hf_file_metadata
    from huggingface_hub.errors import HfHubHTTPError, HTTPError
    from huggingface_hub.utils import build_hf_headers

    constants.DOWNLOAD_CHUNK_SIZE = CHUNK
    # Our own user-agent, since the library's tells versions. identity: a compressed answer would have another length.
    headers = build_hf_headers(headers={"user-agent": "visual-dna-studio", "Accept-Encoding": "identity"})
    problem, wrong_hashes = "", 0
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(min(0.25 * 2**attempt, 8))
        try:
            announced = get_hf_file_metadata(url, headers=headers)
            etag = announced.etag or "unknown"
            part = target.parent / f".{target.name}.{re.sub(r'[^0-9A-Za-z]', '', etag)[:40]}.part"
            _continue(url, part, announced.size, progress, headers)
        except (HTTPError, OSError) as error:
            if isinstance(error, HfHubHTTPError):
                _check_status(error.response.status_code, what, instead)
            elif isinstance(error, OSError) and error.errno is not None:
                raise  # such as a full disk: not the hub's fault
            problem = f"the hub cannot be reached or cut the connection ({type(error).__name__})"
            continue
        expected = wanted.sha256 or (etag if re.fullmatch("[0-9a-f]{64}", etag) else None)
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


def _continue(url: str, part: Path, size: int | None, progress: Progress, headers: dict[str, str]) -> None:
    """Append the missing rest of the file to `part`."""
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get

    done = part.stat().st_size if part.exists() else 0
    if size is not None and done > size:
        part.unlink()
        done = 0
    progress(done, size)
    counter: Any = lambda initial, **_: _Counter(progress, initial, size)  # noqa: E731  # typed, since http_get wants a class
    try:
        with part.open("ab") as file:
            http_get(url, file, resume_size=done, headers=headers, expected_size=size, tqdm_class=counter)
    except HfHubHTTPError as error:
        if error.response.status_code == 416:  # nothing to continue: the part belongs to another file
            part.unlink()
        raise


def _check_status(status: int, what: str, instead: str) -> None:
    if status in (401, 403):
        problem = f"The hub refuses {what}: accept its licence on the hub's page and set HF_TOKEN"
        raise Unavailable(_say(problem, instead))
    if status == 404:
        raise Unavailable(_say(f"The hub has no {what}", instead))


def _say(problem: str, instead: str) -> str:
    instead = instead or "Try again later, or load a local weights file by its path."
    return f"{problem}. {instead}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
