"""Everything that can go wrong in a way a user can act on.

```
DnaError                  one plain sentence: the thing, the problem, the next step
├── BadInput              what was asked for cannot be done as asked (empty folder, bad option, bad file)
│   └── UnknownName       no dataset, extractor, layer, neuron, selection or job goes by that name
├── Mismatch              two things that must not be compared (extractor, calibration, bins, precision)
├── Damaged               a stored file failed its checksum or has a type or version we do not know
├── Unavailable           weights, an optional package, a device or disk space are not at hand
└── Cancelled             the user asked to stop; what was finished is kept
```

The command line prints the message on one line and exits with 2; the dashboard shows it as it stands.
"""

from __future__ import annotations


class DnaError(Exception):
    """Base of every error that is meant for a person to read."""


class BadInput(DnaError, ValueError):
    """The request cannot be carried out as it was made."""


class UnknownName(BadInput, LookupError):
    """No such dataset, extractor, layer, neuron, selection or job."""


class Mismatch(DnaError):
    """Two things that carry different fingerprints were about to be compared."""


class Damaged(DnaError):
    """A stored file is broken, or was written by a version we do not know."""


class Unavailable(DnaError):
    """Something needed is not at hand: weights, an optional package, a device, disk space."""


class Cancelled(DnaError):
    """The user asked to stop; finished shards are kept."""
