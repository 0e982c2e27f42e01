"""A gate at which processes of a test wait after their first shard, until the test has seen what it wants to see."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "gate"


class Gate:
    """Processes started with `environment` wait behind their first shards until the gate is opened. after: how many."""

    def __init__(self, folder: Path, after: int = 1) -> None:
        self._path, self._after = folder / "gate", after

    @property
    def environment(self) -> dict[str, str]:
        """What is set for such a process beside its own environment."""
        path = os.pathsep.join(filter(None, (str(FOLDER), os.environ.get("PYTHONPATH", ""))))
        return {"TEST_GATE": str(self._path), "TEST_GATE_AFTER": str(self._after), "PYTHONPATH": path}

    @property
    def reached(self) -> bool:
        """Whether a process waits, or has waited, at the gate."""
        return Path(f"{self._path}.reached").exists()

    def open(self) -> None:
        """Let everything through from now on."""
        Path(f"{self._path}.open").touch()
