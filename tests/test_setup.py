"""Set-up, without a network: what is pinned, what is installed when, what a person reads when something is missing."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import browser, cpu_torch, prepare

CHECKOUT = Path(__file__).resolve().parents[1]
LOCKS = sorted(CHECKOUT.glob("requirements*.txt"))
PACKAGE_OF = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "huggingface_hub": "huggingface-hub",
    "triton": "torch",
}  # comes with torch where CUDA can be
OWN = {"dnacore", "ui", "pages", "tools", "tests", "benchmarks", "training", "app"}


class FakeEnvironment(prepare.Environment):
    """Records what would be installed; `offers` are the packages that pip or uv would find."""

    def __init__(self, checkout: Path) -> None:
        super().__init__(checkout)
        self.installed: list[str] = []

    def make(self) -> None:
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.touch()

    def install(self, requirements: Path) -> None:
        self.installed.append(requirements.name)
        self.text = requirements.read_text(encoding="utf-8")


@pytest.fixture
def environment(tmp_path: Path) -> FakeEnvironment:
    for lock in LOCKS:
        shutil.copy(lock, tmp_path)
    return FakeEnvironment(tmp_path)


def wanted(name: str) -> set[str]:
    lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[<>=!~\[ ]", line)[0] for line in lines if line and not line.startswith("#")}


def imported(files: list[Path]) -> set[str]:
    """The packages that these files import, their own and the standard library's left out."""
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return {PACKAGE_OF.get(name, name) for name in found - OWN - set(sys.stdlib_module_names)}


# What is pinned


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_with_hashes_and_names_no_place(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    blocks = cpu_torch.blocks(text)
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks.values())
    assert not re.search(r"://|--(extra-)?index|--find-links| @ ", text)


def test_locks_hold_what_is_asked_for_once() -> None:
    locked = {
        name: set(cpu_torch.blocks((CHECKOUT / f"{name}.txt").read_text(encoding="utf-8")))
        for name in ("requirements", "requirements-test", "requirements-tools")
    }
    assert all(wanted(f"{name}.in") <= packages for name, packages in locked.items())
    assert not locked["requirements"] & locked["requirements-test"]
    streamlit = cpu_torch.blocks((CHECKOUT / "requirements.txt").read_text(encoding="utf-8"))["streamlit"]
    assert cpu_torch.version(streamlit).startswith("1.67.")


def test_what_the_program_imports_is_asked_for() -> None:
    files = [file for folder in ("dnacore", "ui", "pages") for file in (CHECKOUT / folder).rglob("*.py")]
    files += CHECKOUT.glob("app.py")
    assert imported(files) <= wanted("requirements.in") | optional(files)


def test_what_tests_import_is_asked_for() -> None:
    files = list((CHECKOUT / "tests").rglob("*.py"))
    assert imported(files) <= wanted("requirements.in") | wanted("requirements-test.in") | optional(files)


def optional(files: list[Path]) -> set[str]:
    """Packages that are imported only inside `try: ... except ImportError`, and so may be absent."""
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Try) and any("ImportError" in ast.dump(handler) for handler in node.handlers):
                for inner in node.body:
                    if isinstance(inner, ast.Import):
                        found |= {alias.name.split(".")[0] for alias in inner.names}
                    elif isinstance(inner, ast.ImportFrom) and inner.module:
                        found.add(inner.module.split(".")[0])
    return found


def test_set_up_needs_only_the_standard_library() -> None:
    names = ("browser", "check", "cpu_torch", "lock", "prepare")
    assert not imported([CHECKOUT / "tools" / f"{name}.py" for name in names])


# What is installed when


def test_second_run_installs_nothing_until_requirements_change(environment: FakeEnvironment) -> None:
    prepare.prepare(environment, cpu=False, tests=True)
    assert environment.installed == ["requirements.txt", "requirements-test.txt"]
    prepare.prepare(environment, cpu=False, tests=True)
    assert len(environment.installed) == 2

    lock = environment.checkout / "requirements-test.txt"
    lock.write_bytes(lock.read_bytes().replace(b"\n", b"\r\n"))
    prepare.prepare(environment, cpu=False, tests=True)
    assert len(environment.installed) == 2, "line endings of a checkout are no change"
    lock.write_text("another==1 --hash=sha256:00\n", encoding="utf-8")
    prepare.prepare(environment, cpu=False, tests=True)
    assert environment.installed[2:] == ["requirements-test.txt"]


def test_interrupted_install_is_done_again(environment: FakeEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(FakeEnvironment, "install", lambda *_: (_ for _ in ()).throw(prepare.SetupError("no network")))
        with pytest.raises(prepare.SetupError):
            prepare.prepare(environment, cpu=False, tests=False)
    prepare.prepare(environment, cpu=False, tests=False)
    assert environment.installed == ["requirements.txt"]


def test_removed_environment_is_made_again(environment: FakeEnvironment) -> None:
    prepare.prepare(environment, cpu=False, tests=False)
    environment.python.unlink()
    prepare.prepare(environment, cpu=False, tests=False)
    assert environment.installed == ["requirements.txt"] * 2


@pytest.mark.parametrize(
    ("version", "hidden", "says"),
    [
        ((3, 10), None, "3.11 or newer"),
        ((3, 12), "ensurepip", "sudo apt-get install python3.12-venv"),
        ((3, 12), None, None),
    ],
)
def test_unsuitable_python_is_named_with_the_next_step(
    version: tuple[int, int], hidden: str | None, says: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = prepare.importlib.util.find_spec
    monkeypatch.setattr(prepare.importlib.util, "find_spec", lambda name: None if name == hidden else find(name))
    if says is None:
        prepare.check_python(version)
        return
    with pytest.raises(prepare.SetupError, match=re.escape(says)):
        prepare.check_python(version)


# CPU=1


def offer(monkeypatch: pytest.MonkeyPatch, pip: set[str], uv: bool = False) -> None:
    monkeypatch.setattr(prepare.sys, "platform", "linux")
    monkeypatch.setattr(cpu_torch, "_pip", lambda _, *packages: set(packages) <= pip)
    monkeypatch.setattr(cpu_torch, "_uv", lambda *_: uv)
    monkeypatch.setattr(cpu_torch, "_check", lambda _: None)


def pinned() -> tuple[str, str]:
    blocks = cpu_torch.blocks((CHECKOUT / "requirements.txt").read_text(encoding="utf-8"))
    return cpu_torch.version(blocks["torch"]), cpu_torch.version(blocks["torchvision"])


def test_cpu_leaves_cuda_out_and_keeps_the_rest_hashed(
    environment: FakeEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, set(), uv=True)
    prepare.prepare(environment, cpu=True, tests=False)
    everything = set(cpu_torch.blocks((CHECKOUT / "requirements.txt").read_text(encoding="utf-8")))
    left_out = everything - set(cpu_torch.blocks(environment.text))
    assert {"torch", "torchvision", "triton", "nvidia-cublas", "cuda-toolkit"} <= left_out
    assert all(re.match(r"torch|triton|nvidia-|cuda-", name) for name in left_out)
    assert environment.record()["build"] == "cpu"


def test_cpu_with_torch_alone_takes_the_ordinary_torchvision_and_makes_it_importable(
    environment: FakeEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, {f"torch=={cpu_torch.OLDER_TORCH}+cpu"})
    declared: list[prepare.Environment] = []
    monkeypatch.setattr(cpu_torch, "declare_operators", declared.append)
    prepare.prepare(environment, cpu=True, tests=False)
    assert "torchvision" in cpu_torch.blocks(environment.text)
    assert declared == [environment]


def test_cpu_without_any_build_says_which_files_would_do(
    environment: FakeEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, set())
    torch, torchvision = pinned()
    with pytest.raises(prepare.SetupError, match=re.escape(f"torch-{torch}+cpu and torchvision-{torchvision}+cpu")):
        prepare.prepare(environment, cpu=True, tests=False)
    assert not environment.has("requirements.txt")


def test_choice_of_build_is_kept(
    environment: FakeEnvironment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    offer(monkeypatch, set(), uv=True)
    prepare.prepare(environment, cpu=True, tests=False)
    lock = environment.checkout / "requirements.txt"
    lock.write_text(lock.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    prepare.prepare(environment, cpu=False, tests=False)
    assert environment.record()["build"] == "cpu", "`make run` after `CPU=1 make setup` must not fetch CUDA"

    environment.remember(build="default")
    capsys.readouterr()
    prepare.prepare(environment, cpu=True, tests=False)
    assert "make clean" in capsys.readouterr().out
    assert environment.record()["build"] == "default"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_cpu_changes_nothing_where_torch_has_no_cuda(
    platform: str, environment: FakeEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare.sys, "platform", platform)
    prepare.prepare(environment, cpu=True, tests=False)
    assert environment.installed == ["requirements.txt"]
    assert environment.record()["build"] == "default"


# The browser, make and CI


def test_named_browser_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "chrome"))
    assert browser.find() == tmp_path / "chrome"


def test_without_browser_and_rights_a_person_reads_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser, "_without_password", lambda: None)
    browser.install()
    assert "sudo apt-get install chromium" in capsys.readouterr().out


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@needs_make
def test_make_alone_lists_the_commands() -> None:
    shown = subprocess.run(["make"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert all(f"make {target} " in shown for target in ("run", "test", "setup", "clean"))


@needs_make
def test_run_honours_port_and_headless_and_serves_this_machine_only() -> None:
    command = ["make", "-n", "run", "PORT=9123", "HEADLESS=1"]
    shown = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "--server.port=9123" in shown
    assert "--server.headless=true" in shown
    settings = tomllib.loads((CHECKOUT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["showEmailPrompt"] is False, "Streamlit would ask at its first start, and wait"
    assert settings["browser"]["gatherUsageStats"] is False


@needs_make
@pytest.mark.parametrize("code", [0, 1, 5])
def test_ci_ends_with_pytests_line_and_code(code: int, tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / ".ci", tmp_path / ".ci")
    line = "===== 3 passed, 1 warning in 0.12s ====="
    recipe = f"test:\n\t@echo '{line}'; echo {code} > $(STATUS); exit {code}\n"
    (tmp_path / "Makefile").write_text(recipe, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run([tmp_path / ".ci" / "run"], capture_output=True, text=True, check=False, env=clean)
    assert shown.returncode == code
    assert shown.stdout.splitlines()[-1] == line


@needs_make
def test_ci_fails_when_set_up_fails(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / ".ci", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text("test:\n\t@exit 2\n", encoding="utf-8")
    shown = subprocess.run([tmp_path / ".ci" / "run"], capture_output=True, text=True, check=False)
    assert shown.returncode == 2
