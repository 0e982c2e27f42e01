"""Every error that a user can do something about.

```
DnaError                  one plain sentence: the thing, the problem, the next step
├── BadInput              what was asked for cannot be done as asked (empty folder, bad option, bad file)
│   ├── UnknownName       no dataset, extractor, layer, neuron, selection or job goes by that name
│   └── Unread            a file could not be opened or read just now; its bytes may be fine
├── Mismatch              two things that must not be compared (extractor, calibration, bins, precision)
├── Damaged               a stored file failed its checksum or has a type or version we do not know
├── Unavailable           weights, an optional package, a device or disk space are not at hand
└── Cancelled             the user asked to stop; what was finished is kept
```

The command line prints the message on one line and exits with 2; the dashboard shows it as it stands.
"""

from __future__ import annotations

import errno
import zlib


class DnaError(Exception):
    """Base of every error that is meant for a person to read."""


class BadInput(DnaError, ValueError):
    """The request cannot be carried out as it was made."""


class UnknownName(BadInput, LookupError):
    """No such dataset, extractor, layer, neuron, selection or job."""


class Unread(BadInput):
    """A file could not be opened or read just now, which says nothing about its bytes: trying again may help."""


class Mismatch(DnaError):
    """Two things that carry different fingerprints were about to be compared."""


class Damaged(DnaError):
    """A stored file is broken, or was written by a version we do not know."""


class Unavailable(DnaError):
    """Something needed is not at hand: weights, an optional package, a device, disk space."""


class Cancelled(DnaError):
    """The user asked to stop; finished shards are kept."""


def is_passing(error: BaseException) -> bool:
    """Whether an error is about the machine (handles, memory, permission, a disk) and not about a file's bytes.

    EINVAL counts as the bytes' fault: a seek to a forged place in a broken file gives it.
    """
    if isinstance(error, OSError):
        return error.errno is not None and error.errno != errno.EINVAL
    if isinstance(error, zlib.error):
        return str(error).startswith("Error -4 ")  # how zlib says that memory ran out
    return isinstance(error, MemoryError)


def unreadable(name: str, error: BaseException, damaged: str) -> Unavailable | Damaged:
    """What to raise where a file of ours could not be read: Damaged with that sentence, unless the error may pass."""
    return unavailable_now(name, error) if is_passing(error) else Damaged(damaged)


def unavailable_now(name: str, error: BaseException) -> Unavailable:
    """The sentence for a file of ours that cannot be read at the moment."""
    what = getattr(error, "strerror", None) or (
        "it does not fit into memory" if isinstance(error, MemoryError) else error
    )
    return Unavailable(f"{name} cannot be read now ({what}). Nothing was changed: try again once that is put right.")
