"""DNA files from elsewhere, taken in by a process of their own: `python -m dnacore.sources.import_process FILE WORKSPACE`.

Whatever a file unpacks to, the memory it takes is that process's, which has a bound, and never the dashboard's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dnacore import errors
from dnacore.errors import BadInput, DnaError, Unavailable
from dnacore.images.files import explain
from dnacore.sources.exchange import import_dna
from dnacore.workspace.workspace import Workspace

MOST_MEMORY = 2 << 30  #: bytes that taking in one file may use
_PROJECT = Path(__file__).parents[2]
# Each thread of a numeric library counts as memory for itself: with 64 of them nothing would be left for the file.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Imported:
    """A DNA that was taken in: its name in the workspace, its numbers of images and of neurons."""

    name: str
    images: int
    neurons: int


def import_apart(workspace: Workspace, path: Path) -> Imported:
    """Take a DNA file into the workspace under a free name, in a process of its own.

    Raises BadInput or Damaged as `load_dna` does, Unavailable where the file needs more than MOST_MEMORY.
    """
    run = subprocess.run(
        [sys.executable, "-m", "dnacore.sources.import_process", str(path.absolute()), str(workspace.root)],
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
        said = run.stderr.strip().splitlines()[-1]  # a mistake of ours, or a broken installation
        raise Unavailable(f"{path.name} could not be taken in ({said}). Nothing was changed.")
    kind = getattr(errors, str(found.get("error")), Unavailable)
    raise kind(found.get("message") or _too_large(path))


def _too_large(path: Path) -> str:
    return f"{path.name} could not be taken in within {MOST_MEMORY >> 30} GB of memory. Nothing was changed."


def main(arguments: list[str]) -> int:
    """Take in one file and print what came of it as JSON; returns the exit code."""
    if len(arguments) != 2:
        raise BadInput("Give the file to take in and the workspace.")
    path, root = map(Path, arguments)
    _bound()
    try:
        dna = import_dna(Workspace.open(root), path)
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


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Windows has none: there the sizes that a file declares are the only bound
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
