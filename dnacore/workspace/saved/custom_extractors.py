"""Weights files that a person made into extractors: each has a name that the workspace remembers.

`extractors/NAME.json` in the workspace holds where the file is and what is needed to use it, so that `NAME` can be
given wherever an extractor is named. The file itself stays where it is and is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnacore import versioned
from dnacore.errors import BadInput, Mismatch, UnknownName
from dnacore.extractors.registry import ENTRIES, ExtractorInfo
from dnacore.workspace.datasets import check_name, clean_name, free_name

if TYPE_CHECKING:
    from dnacore.workspace.workspace import Workspace


FORMAT, VERSION = "visual-dna extractor", 1
FOLDER = "extractors"
LONGEST = 60  # characters of a name, which is also a file's name


@dataclass(frozen=True)
class WeightsFile:
    """A weights file as an extractor. layers: {layer: neurons}, as found when it was checked."""

    name: str
    file: Path
    architecture: str
    arguments: dict[str, Any]
    prepare: str | None
    layers: dict[str, int]
    input_size: int
    fingerprint: str

    @property
    def info(self) -> ExtractorInfo:
        """What a list of extractors shows of it."""
        there = self.file.is_file()
        return ExtractorInfo(
            self.name, self.name, dict(self.layers), self.input_size, "ready" if there else "needs file",
            "as its file", f"{self.file.name}, {self.architecture}", self.file.stat().st_size if there else 0,
        )  # fmt: skip

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments with which `load_extractor(name, ...)` builds it."""
        return {"weights": self.file, "architecture": self.architecture, "arguments": self.arguments,
                "prepare": self.prepare}  # fmt: skip


def check(
    file: Path, architecture: str | None, arguments: Mapping[str, Any] | None, prepare: str | None, name: str = ""
) -> WeightsFile:
    """Load a weights file into its network on the CPU and describe the extractor that it makes.

    Without an architecture, the JSON beside the file says which. Raises BadInput where it does not fit (by name and
    shape), UnknownName for an architecture that timm does not have, Damaged for a file that cannot be read.
    """
    from dnacore.extractors import load_extractor

    file = Path(file).absolute()
    found = load_extractor(
        str(file), "cpu", architecture=architecture, prepare=prepare,
        arguments=None if arguments is None else dict(arguments),
    )  # fmt: skip
    spec = found.spec
    return WeightsFile(
        name or clean_name(file.stem)[:LONGEST], file, spec["architecture"], dict(spec["arguments"]), spec["prepare"],
        dict(found.layers), found.input_size, found.fingerprint,
    )  # fmt: skip


def keep(workspace: Workspace, found: WeightsFile) -> WeightsFile:
    """Remember a checked weights file under its name. Raises BadInput where the name means another network."""
    name = check_name(found.name)
    if len(name) > LONGEST or name.startswith("timm:") or "@" in name:
        raise BadInput(f"{name!r} cannot be an extractor's name. Use up to {LONGEST} characters without @ or timm:.")
    if name in {row.name for row in ENTRIES}:
        raise BadInput(f"{name} is the name of an extractor that comes with the program. Choose another name.")
    used = {s.extractor for s in workspace.store.settings() if s.label == name}
    if used - {found.fingerprint}:
        raise BadInput(f"Datasets were extracted with another network called {name}. Choose another name.")
    before = next((one for one in kept(workspace) if one.name == name), None)
    if before is not None and before.fingerprint != found.fingerprint:
        raise BadInput(f"There is another weights file called {name} already. Choose another name.")
    content = asdict(found) | {"name": name, "file": str(found.file), "layers": list(found.layers.items())}
    versioned.write(_path(workspace, name), FORMAT, VERSION, content)
    return found


def kept(workspace: Workspace) -> list[WeightsFile]:
    """Return the weights files that are extractors of this workspace, by name; damaged entries are left out."""
    found = []
    for path in sorted((workspace.root / FOLDER).glob("*.json")):
        with suppress(*versioned.UNREADABLE):
            found.append(from_json(versioned.read(path, FORMAT, VERSION)))
    return found


def find(workspace: Workspace, name: str | None) -> WeightsFile | None:
    """Return the weights file of that name, or None."""
    return next((one for one in kept(workspace) if one.name == name), None) if name else None


def check_same(kept: WeightsFile, fingerprint: str) -> None:
    """Raise Mismatch unless what was built of a kept weights file is what was kept."""
    if fingerprint != kept.fingerprint:
        raise Mismatch(
            f"The weights file {kept.file.name} has changed since it was kept as {kept.name}. Put the old one back, or "
            "use this one under another name."
        )


def forget(workspace: Workspace, name: str) -> None:
    """Forget an extractor made of a weights file; the file and the DNAs made with it stay. Raises UnknownName."""
    if find(workspace, name) is None:
        known = ", ".join(one.name for one in kept(workspace)) or "none yet"
        raise UnknownName(f"No weights file is kept as {name!r}. There are: {known}.")
    _path(workspace, name).unlink(missing_ok=True)


def free(workspace: Workspace, found: WeightsFile) -> str:
    """Return the nearest name under which `keep` takes a weights file."""
    taken = {row.name for row in ENTRIES}
    taken |= {one.name for one in kept(workspace) if one.fingerprint != found.fingerprint}
    taken |= {s.label for s in workspace.store.settings() if s.extractor != found.fingerprint}
    return free_name(found.name, taken)


def as_json(found: WeightsFile) -> dict[str, Any]:
    """What `--json` prints of it."""
    return {**asdict(found), "file": str(found.file), "neurons": sum(found.layers.values())}


def from_json(content: Mapping[str, Any]) -> WeightsFile:
    """The weights file that `as_json` describes. Raises KeyError, TypeError, ValueError for anything else."""
    return WeightsFile(
        str(content["name"]), Path(content["file"]), str(content["architecture"]), dict(content["arguments"]),
        None if content["prepare"] is None else str(content["prepare"]),
        {str(layer): int(count) for layer, count in dict(content["layers"]).items()}, int(content["input_size"]),
        str(content["fingerprint"]),
    )  # fmt: skip


def _path(workspace: Workspace, name: str) -> Path:
    return workspace.root / FOLDER / f"{name}.json"
