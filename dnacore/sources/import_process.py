"""DNA files from elsewhere, taken in by a process of their own: `python -m dnacore.sources.import_process FILE WORKSPACE`.

Behind them may stand the name of an earlier import that it replaces ("" for none), a picture that goes with it ("" for
none), and `apart` where a DNA that is here already must not stand for it.
Whatever a file unpacks to, the memory it takes is that process's, which has a bound, and never the dashboard's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dnacore import atomic, errors
from dnacore.errors import BadInput, DnaError, Unavailable
from dnacore.images.files import explain
from dnacore.images.thumbnails import thumbnail
from dnacore.sources.exchange import import_dna
from dnacore.workspace.saved import cards
from dnacore.workspace.workspace import Workspace

PICTURE = 960  # pixels of the longer side of a picture that goes with a DNA
MOST_MEMORY = 2 << 30  #: bytes of memory that the import of one file may use
_PROJECT = Path(__file__).parents[2]
# Every thread of a numeric library reserves memory: with 64 of them none would be left for the file.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Imported:
    """A DNA that was taken in: its name in the workspace, its numbers of images and of neurons."""

    name: str
    images: int
    neurons: int


def import_apart(
    workspace: Workspace, path: Path, replacing: str = "", picture: Path | None = None, apart: bool = False
) -> Imported:
    """Take a DNA file into the workspace under a free name, in a process of its own.

    replacing: the name of an import whose place it takes. picture: an image that is drawn anew, smaller, and kept beside
    it; one that cannot be read is left out. apart: as in `import_dna`.

    Raises BadInput or Damaged as `load_dna` does, Unavailable where the file needs more than MOST_MEMORY.
    """
    given = [str(path.absolute()), str(workspace.root), replacing, str(picture.absolute()) if picture else ""]
    given += ["apart"] if apart else []
    run = subprocess.run(
        [sys.executable, "-m", "dnacore.sources.import_process", *given],
        cwd=_PROJECT, env={**os.environ, **_ONE_THREAD}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    try:
        found = json.loads(run.stdout)
    except ValueError:
        found = {}
    if run.returncode == 0 and found:
        return Imported(**found)
    if not found and run.returncode > 0 and run.stderr.strip() and "MemoryError" not in run.stderr:
        said = run.stderr.strip().splitlines()[-1]  # a bug, or a broken installation
        raise Unavailable(f"{path.name} could not be taken in ({said}). Nothing was changed.")
    kind = getattr(errors, str(found.get("error")), Unavailable)
    raise kind(found.get("message") or _too_large(path))


def _too_large(path: Path) -> str:
    return f"{path.name} could not be taken in within {MOST_MEMORY >> 30} GB of memory. Nothing was changed."


def main(arguments: list[str]) -> int:
    """Import one file and print the outcome as JSON; returns the exit code."""
    if not 2 <= len(arguments) <= 5:
        raise BadInput("Give the file to take in and the workspace.")
    path, workspace = Path(arguments[0]), Workspace.open(Path(arguments[1]))
    replacing, picture, apart = [*arguments[2:], "", "", ""][:3]
    _bound()
    try:
        dna = import_dna(workspace, path, replacing=replacing, apart=bool(apart))
        _draw(Path(picture) if picture else None, cards.beside(workspace, dna.name, cards.PICTURE))
    except DnaError as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        return 2
    except OSError as error:  # the disk is full, say
        print(json.dumps({"error": "Unavailable", "message": f"{path.name} could not be taken in: {explain(error)}."}))
        return 2
    except MemoryError:
        print(json.dumps({"error": "Unavailable", "message": _too_large(path)}))
        return 2
    print(json.dumps({"name": dna.name, "images": dna.images, "neurons": dna.n_neurons}))
    return 0


def _draw(picture: Path | None, target: Path) -> None:
    """Encode a picture anew, so that no byte of the received file is kept."""
    try:
        small = None if picture is None else thumbnail(picture, PICTURE)
    except (BadInput, MemoryError):
        small = None
    if small is None:
        target.unlink(missing_ok=True)
    else:
        atomic.write_bytes(target, small)


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit: there the declared sizes are the only bound
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
