"""Turn requirements*.in into requirements*.txt: every package for every platform, with hashes.

    python -m tools.lock                  newest versions, inside the bounds of the .in files
    python -m tools.lock --keep           keep the versions that are locked; only add and remove packages

Package versions are the same on every Python from 3.11 on, so that two machines compute alike.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.cpu_torch import blocks
from tools.prepare import Environment

# Nothing about where packages came from: that is each machine's own setting.
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes"),
    *("--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-config", "--quiet"),
)


def compile_all(environment: Environment, *, keep: bool) -> None:
    """Write the lock files; tests, tools and the extra take the users' versions where they share a package."""
    here = environment.checkout
    users = here / "requirements.txt"
    _compile(environment, here / "requirements.in", users, keep=keep)
    users_packages = blocks(users.read_text(encoding="utf-8"))
    for name in ("requirements-test", "requirements-tools", "requirements-ray"):
        lock = here / f"{name}.txt"
        _compile(environment, here / f"{name}.in", lock, "--constraints", str(users), keep=keep)
        own = {
            package: text
            for package, text in blocks(lock.read_text(encoding="utf-8")).items()
            if package not in users_packages
        }
        lock.write_text(_heading(f"{name}.in") + "".join(own.values()), encoding="utf-8")
    users.write_text(_heading("requirements.in") + "".join(users_packages.values()), encoding="utf-8")


def _compile(environment: Environment, source: Path, lock: Path, *more: str, keep: bool) -> None:
    upgrade = [] if keep else ["--upgrade"]
    command = [str(environment.python), "-m", "uv", "pip", "compile", *OPTIONS, *upgrade, *more]
    subprocess.run(
        [*command, source.name, "--output-file", lock.name],
        cwd=environment.checkout,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _heading(source: str) -> str:
    return f"# Written by `make lock` from {source}; change that file, not this one.\n"


if __name__ == "__main__":
    environment = Environment(Path(__file__).resolve().parents[1])
    environment.make()
    tools = environment.checkout / "requirements-tools.txt"
    if tools.exists():
        environment.install(tools)
    compile_all(environment, keep="--keep" in sys.argv[1:])
