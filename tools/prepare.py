"""Prepare `.venv`: make it, install what requirements.txt pins, and remember that it is done.

    python -m tools.prepare             what users need
    python -m tools.prepare --tests     what tests need too, and a browser

Every package is checked against the hashes in the requirements file. A second run with unchanged requirements
returns at once.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
GB = 10**9
# Linux packages with CUDA fill 6.3 GB and are downloaded as 3 GB before they are unpacked; see docs/setup.md.
ROOM_WITH_CUDA = 10 * GB


class SetupError(Exception):
    """One or more plain sentences: what is wrong and what to do next."""


class Environment:
    """The virtual environment of one checkout and the record of what was installed into it."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.folder = checkout / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self._record = self.folder / "prepared.json"

    def record(self) -> dict[str, str]:
        """What is installed: {"build": "default" or "cpu", <requirements file>: <its hash>}; empty if unknown."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
            return {}
        return record if self.python.exists() and isinstance(record, dict) else {}

    def remember(self, **facts: str) -> None:
        """Add facts to the record; written whole or not at all."""
        fresh = self._record.with_suffix(".new")
        fresh.write_text(json.dumps(self.record() | facts, indent=1), encoding="utf-8")
        os.replace(fresh, self._record)

    def has(self, requirements: str) -> bool:
        """Whether this requirements file, as it stands now, was installed to the end."""
        return self.record().get(requirements) == digest(self.checkout / requirements)

    def make(self) -> None:
        """Make the virtual environment, unless there is one that works.

        Raises:
            SetupError: this Python is too old, or cannot make virtual environments.
        """
        if self._works():
            return
        check_python(sys.version_info[:2])
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(self.folder)], check=True)

    def install(self, requirements: Path) -> None:
        """Install a fully pinned requirements file; every file is checked against its hashes.

        Raises:
            SetupError: pip failed; its own lines stand above.
        """
        # Nothing to resolve (--no-deps: the file is complete) and nothing to build (--only-binary).
        self.pip("--no-deps", "--require-hashes", "-r", str(requirements))

    def pip(self, *arguments: str) -> None:
        """Run `pip install` in this environment; the user's own pip settings (index, proxy, find-links) hold."""
        quiet = [] if sys.stdout.isatty() else ["--quiet"]
        command = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "--only-binary", ":all:"]
        if subprocess.run([*command, *quiet, *arguments], check=False).returncode:
            raise SetupError(
                "Installing packages failed; the lines above say why. With a network problem, run the same command "
                "again: it continues where it stopped."
            )

    def _works(self) -> bool:
        if not self.python.exists():
            return False
        check = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
        return subprocess.run([str(self.python), "-c", check], capture_output=True, check=False).returncode == 0


def check_python(version: tuple[int, int]) -> None:
    """Raise SetupError when the running Python is too old or lacks the modules that make virtual environments."""
    name = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        raise SetupError(f"Python {name} is too old: 3.11 or newer is needed. `make setup PYTHON=...` names another.")
    missing = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
    if missing:
        raise SetupError(
            f"Python {name} cannot make virtual environments: its module {missing[0]} is missing. On Debian and Ubuntu "
            f"`sudo apt-get install python{name}-venv` adds it. Then run the same command again."
        )


def digest(file: Path) -> str:
    """Hash of a file's text, the same whichever line endings a checkout uses."""
    return hashlib.sha256(file.read_text(encoding="utf-8").encode()).hexdigest()


def prepare(environment: Environment, *, cpu: bool, tests: bool) -> bool:
    """Bring the environment up to date; return whether users' packages were installed now.

    Args:
        environment: where to install.
        cpu: leave CUDA out where that makes a difference (Linux). An environment that has it keeps it.
        tests: install what tests need as well.
    """
    build = environment.record().get("build")
    if cpu and build == "default" and sys.platform == "linux":
        say("This .venv holds the build with CUDA, which runs without a GPU too. `make clean` first to replace it.")
    fresh = not environment.has("requirements.txt")
    if fresh:
        _install_users_part(environment, build or ("cpu" if cpu and sys.platform == "linux" else "default"))
    if tests and not environment.has("requirements-test.txt"):
        say("Installing what the tests need.")
        environment.install(environment.checkout / "requirements-test.txt")
        environment.remember(**{"requirements-test.txt": digest(environment.checkout / "requirements-test.txt")})
    return fresh


def _install_users_part(environment: Environment, build: str) -> None:
    environment.make()
    lock = environment.checkout / "requirements.txt"
    if build == "cpu":
        from tools import cpu_torch

        say("Installing without CUDA (CPU=1): about 0.5 GB to download, a minute or two.")
        cpu_torch.install(environment, lock)
    else:
        _say_what_comes(environment.checkout)
        environment.install(lock)
    environment.remember(**{"build": build, "requirements.txt": digest(lock)})
    say("Ready.")


def _say_what_comes(checkout: Path) -> None:
    if sys.platform != "linux":
        say("Installing: about 0.5 GB to download, a minute or two.")
        return
    say("Installing with CUDA: about 3 GB to download, three minutes or more. CPU=1 leaves it out (docs/setup.md).")
    free = shutil.disk_usage(checkout).free
    if free < ROOM_WITH_CUDA:
        say(f"Only {free / GB:.1f} GB of disk are free here; {ROOM_WITH_CUDA // GB} GB are needed. CPU=1 needs 3 GB.")


def say(sentence: str) -> None:
    """Print one line of progress at once, so that it stands above what pip prints."""
    print(sentence, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tools.prepare", description=__doc__.splitlines()[0])
    parser.add_argument("--tests", action="store_true", help="what tests need too, and a browser")
    options = parser.parse_args(arguments)
    try:
        environment = Environment(Path(__file__).resolve().parents[1])
        if prepare(environment, cpu=os.environ.get("CPU") == "1", tests=options.tests):
            say("Compiling what counts activations, once.")
            # A failure here costs a few seconds at the first extraction and nothing else.
            subprocess.run(
                [str(environment.python), "-m", "dnacore.compile_kernels"], cwd=environment.checkout, check=False
            )
        if options.tests:
            from tools import browser

            browser.install()
    except SetupError as problem:
        print(f"Set-up stopped. {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
