"""What `CPU=1` changes on Linux: a torch without CUDA, and none of the CUDA packages.

On Linux the ordinary torch brings several GB of CUDA. PyTorch publishes builds without it ("2.15.0+cpu"), outside the
package registry and with hashes that requirements.txt cannot know. So torch and torchvision are installed by exact
version here, and everything else stays checked by hash. Three places are asked, in this order:

1. pip's own settings (an index or a folder of wheels that the user named), for both pinned builds;
2. PyTorch's index, which uv knows by itself;
3. pip's own settings again, for torch alone, also in an older version that is known to work. The ordinary torchvision
   comes with it: its compiled part cannot load without CUDA, and nothing here uses it, but importing it needs two
   declarations (`declare_operators`).
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.prepare import Environment

# Checked by running the tests with it; wheels of it are what some mirrors carry.
OLDER_TORCH = "2.13.0"

ONLY_WITH_CUDA = re.compile(r"nvidia-|cuda-|triton$")

# torchvision registers shapes for these two even when its compiled part is absent, and fails when they are unknown.
OPERATORS = """
# Added by `CPU=1 make setup`: the compiled part needs CUDA, which is not installed.
if not _has_ops():
    _declared = torch.library.Library("torchvision", "FRAGMENT")
    for _name in ("nms", "qnms"):
        _declared.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def install(environment: Environment, lock: Path) -> None:
    """Install everything that `lock` pins, with torch and torchvision in their builds without CUDA.

    Raises:
        SetupError: no build without CUDA was found, or the result does not import.
    """
    from tools.prepare import say

    pins = blocks(lock.read_text(encoding="utf-8"))
    torch, torchvision = version(pins["torch"]), version(pins["torchvision"])
    left_out = {name for name in pins if ONLY_WITH_CUDA.match(name)} | {"torch"}
    if _pip(environment, f"torch=={torch}+cpu", f"torchvision=={torchvision}+cpu"):
        say(f"torch {torch} without CUDA: from pip's own settings.")
        left_out.add("torchvision")
    elif _uv(environment, f"torch=={torch}", f"torchvision=={torchvision}"):
        say(f"torch {torch} without CUDA: from PyTorch's index.")
        left_out.add("torchvision")
    else:
        found = next((one for one in (torch, OLDER_TORCH) if _pip(environment, f"torch=={one}+cpu")), None)
        if found is None:
            raise _nothing_found(torch, torchvision)
        say(f"torch {found} without CUDA: from pip's own settings; torchvision without its compiled part.")
    with tempfile.TemporaryDirectory() as folder:
        rest = Path(folder, "requirements-without-cuda.txt")
        rest.write_text("".join(text for name, text in pins.items() if name not in left_out), encoding="utf-8")
        environment.install(rest)
    if "torchvision" not in left_out:
        declare_operators(environment)
    _check(environment)


def blocks(lock: str) -> dict[str, str]:
    """Split a lock file into {package: its lines, hashes included}."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if start := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*(?===)", line):
            name = start.group()
        if name:
            found[name] = found.get(name, "") + line
    return found


def version(block: str) -> str:
    """The version that a block of a lock file pins."""
    return block.split("==", 1)[1].split(maxsplit=1)[0]


def declare_operators(environment: Environment) -> None:
    """Let the ordinary torchvision be imported without CUDA, by declaring the two operators it expects."""
    where = "import importlib.util; print(importlib.util.find_spec('torchvision').submodule_search_locations[0])"
    shown = subprocess.run([str(environment.python), "-c", where], capture_output=True, text=True, check=True)
    module = Path(shown.stdout.strip(), "extension.py")
    text = module.read_text(encoding="utf-8")
    if OPERATORS not in text:
        module.write_text(text + OPERATORS, encoding="utf-8")


def _pip(environment: Environment, *packages: str) -> bool:
    command = [str(environment.python), "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    return subprocess.run([*command, *packages], capture_output=True, check=False).returncode == 0


def _uv(environment: Environment, *packages: str) -> bool:
    environment.install(environment.checkout / "requirements-tools.txt")
    command = [str(environment.python), "-m", "uv", "pip", "install", "--python", str(environment.python)]
    options = ["--torch-backend", "cpu", "--no-deps", "--only-binary", ":all:"]
    return subprocess.run([*command, *options, *packages], capture_output=True, check=False).returncode == 0


def _check(environment: Environment) -> None:
    from tools.prepare import SetupError

    check = "import timm, torch; raise SystemExit(torch.version.cuda)"
    shown = subprocess.run([str(environment.python), "-c", check], capture_output=True, text=True, check=False)
    if shown.returncode:
        last = (shown.stderr.strip().splitlines() or ["torch reports CUDA"])[-1]
        raise SetupError(
            f"The environment without CUDA does not work: {last}. `make clean setup` installs the ordinary one."
        )


def _nothing_found(torch: str, torchvision: str) -> Exception:
    from tools.prepare import SetupError

    return SetupError(
        f"No torch without CUDA was found: PyTorch's index does not answer, and pip's own settings offer none. "
        f"Put torch-{torch}+cpu and torchvision-{torchvision}+cpu wheels in a folder and run "
        f"`PIP_FIND_LINKS=FOLDER CPU=1 make setup`, or leave CPU=1 out to install the build with CUDA (3 GB), "
        f"which runs without a GPU too."
    )
