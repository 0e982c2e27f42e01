"""Long columns and matrices that a component fetches once, instead of being sent with every run of a page.

What is put here is known by the hash of its content, so a browser may keep it for good. It stays in the server's memory
for as long as there is room; a component that asks for something that is gone has the page run again, and it is back.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

ROOM = 64 * 2**20  # bytes; a matrix of 48 x 10,000 takes 1.9 MB, the columns of 10,000 images 0.6 MB

_lock = threading.Lock()
_kept: OrderedDict[str, tuple[bytes, str]] = OrderedDict()


def put(body: bytes, kind: str = "application/json") -> str:
    """Keep some bytes and return the name they are served under, `/columns/{name}`."""
    name = hashlib.blake2b(body, digest_size=16).hexdigest()
    with _lock:
        _kept[name] = (body, kind)
        _kept.move_to_end(name)
        while len(_kept) > 1 and sum(len(content) for content, _ in _kept.values()) > ROOM:
            _kept.popitem(last=False)
    return name


def get(name: str) -> tuple[bytes, str] | None:
    """Return what is kept under a name, and of which media type it is; None where it is gone."""
    with _lock:
        found = _kept.get(name)
        if found is not None:
            _kept.move_to_end(name)
        return found
