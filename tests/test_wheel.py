"""The wheel: built from the checkout, it works on its own, with weights and calibrations inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dnacore import __version__
from tests import small_world

CHECKOUT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the checkout. Nothing is fetched."""
    pytest.importorskip("setuptools")
    source = tmp_path_factory.mktemp("source")
    for name in ("dnacore", "assets"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "requirements.in"):
        shutil.copy(CHECKOUT / name, source)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", "dist", "./", cwd=source)
    (built,) = (source / "dist").glob("*.whl")
    assert __version__ in built.name
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty environment with the wheel in it, and the packages that the wheel asks for."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    (site / "needs.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def test_the_wheel_holds_every_module_and_every_asset(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    modules = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "dnacore").rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    assets = {f"dnacore/{path.relative_to(CHECKOUT).as_posix()}" for path in (CHECKOUT / "assets").rglob("*.*")}
    assert modules | assets <= held
    assert not [name for name in held if name.partition("/")[0] in ("ui", "pages", "tests", "training", "tools")]


def test_the_wheel_draws_extracts_and_compares(python: Path, tmp_path: Path) -> None:
    def dnacore(*words: str | Path) -> Any:
        # -I: neither this folder nor the tests' paths are looked into.
        return json.loads(run(python, "-I", "-m", "dnacore", *words, "--workspace", "home", "--json", cwd=tmp_path))

    assert dnacore("demo", "streets_base")["datasets"] == [{"name": "streets_base", "images": 64}]
    for name, dark in (("bright", False), ("dark", True)):
        small_world.draw(tmp_path / name, 6, dark=dark)
    found = dnacore("extract", "./bright", "./dark", "--extractor", "mini")["datasets"]
    assert [(row["name"], row["extracted"]) for row in found] == [("bright", 6), ("dark", 6)]
    compared = dnacore("compare", "bright", "dark", "--extractor", "mini")
    assert compared["matrix"][0][1] > 0 == compared["matrix"][0][0]
