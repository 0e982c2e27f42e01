"""What is wrong in the code without running it: lint, format, types, and the order of rooms.

    python -m tools.check

Every step runs, so that one finding does not hide another; pyproject.toml holds their settings. Exit code 0: nothing
was found.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STEPS = {
    "lint": ["-m", "ruff", "check"],
    "format": ["-m", "ruff", "format", "--check"],
    "types": ["-m", "mypy"],
    "order of rooms": ["-c", "from importlinter.cli import lint_imports_command as check; check()"],
}


def main() -> int:
    """Run the steps with this Python, one after the other; 1 if any of them found something."""
    checkout = Path(__file__).resolve().parents[1]
    red = []
    for name, command in STEPS.items():
        print(f"Checking {name}.", flush=True)
        if subprocess.run([sys.executable, *command], cwd=checkout, check=False).returncode:
            red.append(name)
    if red:
        print(f"Something to repair: {', '.join(red)}. See above.", file=sys.stderr, flush=True)
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
