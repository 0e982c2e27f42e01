"""Running a study in a workspace: from the given names to the study's input, and keeping its result.

A result is kept under a fingerprint of all that it depends on: the study, its options, the datasets' DNAs and files,
the tables of attributes, and the network. Asked again, it is read instead of computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dnacore import __version__, atomic, versioned
from dnacore.errors import BadInput, Damaged, DnaError
from dnacore.images.thumbnails import thumbnail
from dnacore.neurons.selection import Selection
from dnacore.paths import absolute
from dnacore.sources.resolver import Sources
from dnacore.studies.frame.result import Picture, Result
from dnacore.studies.frame.study import NEVER, Progress, Request, Study, Subject, Watch
from dnacore.workspace.workspace import Workspace

FOLDER = "studies"
THUMBNAIL = 400  # pixels


@dataclass(frozen=True)
class Asked:
    """A requested study: the names of its datasets, in order, and its options."""

    study: Study
    names: Sequence[str]
    options: Mapping[str, Any] = field(default_factory=dict)
    attribute: str | None = None
    selection: str | None = None
    seed: int = 0


def run(
    asked: Asked,
    sources: Sequence[Sources],
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    fresh: bool = False,
) -> Result:
    """Answer a study's question, or read the answer that is kept. sources: one per network. Raises DnaError.

    fresh: compute it even where a result is kept.
    """
    study = asked.study
    _check(asked, sources)
    options = study.settings(asked.options)
    roles = study.assign(list(asked.names))
    selection = sources[0].selection(asked.selection) if asked.selection else None
    subjects = {role: tuple(subject(one, name) for one in sources for name in names) for role, names in roles.items()}
    path = sources[0].workspace.root / FOLDER / f"{fingerprint(asked, options, subjects, selection)}.json"
    if not fresh and (kept := read(path)) is not None:
        return kept
    for role in subjects.values():
        for one in role:
            sources[0].check(selection, one.dna)
    request = Request(
        subjects, options, asked.attribute, asked.seed, lambda: sources[0].extractor, selection, Watch(progress, stop)
    )
    found = study.run(request)
    atomic.write_bytes(path, json.dumps(found.to_json(), allow_nan=False).encode())
    return Result.from_json(found.to_json())


def _check(asked: Asked, sources: Sequence[Sources]) -> None:
    study = asked.study
    if asked.attribute and study.attribute == NEVER:
        raise BadInput(f"The study {study.name} takes no attribute. Leave it out.")
    if asked.selection and not study.selects:
        raise BadInput(f"The study {study.name} takes no selection of neurons. Leave it out.")
    if len(sources) > 1 and not study.extractors:
        raise BadInput(f"The study {study.name} runs on one network at a time. Give one extractor.")


def subject(sources: Sources, name: str) -> Subject:
    """A dataset as studies see it, extracted now if need be. Raises BadInput, UnknownName."""
    dataset = sources.dataset(name)
    dna = sources.dna(dataset)
    files, sketches = sources.sketches(dataset)
    found = [files[i] for i in sketches.found]
    table = sources.workspace.attributes(dataset).iloc[sketches.found]
    setting = sources.setting
    return Subject(
        dataset.name,
        dataset.folder,
        tuple(f.path for f in found),
        np.array([f.mtime_ns for f in found], np.int64),
        table,
        sketches,
        dna,
        setting.label if setting is not None else "",
    )


def fingerprint(
    asked: Asked, options: Mapping[str, Any], subjects: Mapping[str, Sequence[Subject]], selection: Selection | None
) -> str:
    """32 hexadecimal digits that stand for everything a result depends on."""
    digest = hashlib.sha256()

    def add(*parts: Any) -> None:
        digest.update(json.dumps(parts, sort_keys=True, default=str).encode() + b"\n")

    add(__version__, asked.study.name, asked.study.version, options, asked.attribute, asked.seed)
    for option in asked.study.options:
        if option.kind == "file" and options[option.name] not in ("", *option.choices):
            add(option.name, _content(options[option.name]))
    if selection is not None:
        add(selection.flat.tolist(), selection.weights.tolist(), selection.extractor)
    for role, group in subjects.items():
        for one in group:
            add(
                role,
                one.name,
                str(one.folder),
                one.paths,
                one.changed.tolist(),
                one.dna.calibration.fingerprint,
                one.dna.network,
                one.dna.bins,
                one.table.to_csv(),
            )
            digest.update(np.ascontiguousarray(one.dna.mean).tobytes())
            digest.update(np.ascontiguousarray(one.dna.deviations).tobytes())
    return digest.hexdigest()[:32]


def keep_file(workspace: Workspace, content: bytes) -> Path:
    """Keep an uploaded table for the studies that read one; the same content is kept once."""
    path = workspace.root / FOLDER / f"given-{hashlib.sha256(content).hexdigest()[:32]}.csv"
    if not path.is_file():
        atomic.write_bytes(path, content)
    return path


def _content(path: str) -> str:
    try:
        return hashlib.sha256(absolute(path).read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or error}). Give another file.") from error


def read(path: Path) -> Result | None:
    """A kept result; None where there is none that can be read."""
    try:
        return Result.from_json(versioned.parsed(path.read_bytes(), path.name))
    except (OSError, Damaged):
        return None


def thumbnails(workspace: Workspace, side: int = THUMBNAIL) -> Callable[[Picture], bytes | None]:
    """A reader of a result's pictures: JPEG bytes, or None for one that can no longer be read."""

    def picture(wanted: Picture) -> bytes | None:
        try:
            return thumbnail(workspace.dataset(wanted.dataset).folder / wanted.path, side)
        except (DnaError, OSError):
            return None

    return picture
