"""One question to the lens with everything that was chosen for it, and where its answer is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dnacore.lens import Analysis
from ui.app import reads, words
from ui.app.reads import Ready
from ui.server import allowed

FOLDER = "lens"
NEURON, SELECTION, CLASS = "neuron", "selection", "class"


@dataclass(frozen=True)
class Picked:
    """One image of a dataset, by its number; `content` is the hash of its file."""

    dataset: Ready
    index: int
    name: str
    content: str

    @property
    def path(self) -> Path:
        """Its file on the server's disk. Raises UnknownName where it is gone."""
        return allowed.image_path(reads.workspace(), self.dataset.dataset.id, self.index)


@dataclass(frozen=True)
class Asked:
    """An analysis with its choices. target: what is looked at, ("neuron", "layer:index"), ("selection", name) or
    ("class", number); subject: the same in words. settings: those that differ from the usual ones.
    """

    analysis: Analysis
    target: tuple[str, str] | None = None
    subject: str = ""
    image: Picked | None = None
    style: Picked | None = None
    dataset: Ready | None = None
    into: str = ""
    layer: str = ""
    other: str = ""
    beside: str = ""
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the background job is called."""
        about = self.subject or (self.image.name if self.image else self.dataset.name if self.dataset else "")
        return f"Lens: {self.analysis.title}{', ' + about if about else ''}"

    @property
    def about(self) -> str:
        """What the question is about, as a short sentence; "" for nothing in particular."""
        said = [words.opening(self.subject)] if self.subject else []
        said += [f"in {self.image.name}"] if self.image else []
        said += [f"over the images of {self.dataset.said}"] if self.dataset and not self.image else []
        return f"{words.opening(' '.join(said))}." if said else ""

    @property
    def names(self) -> list[str]:
        """The datasets that it looks into."""
        return [] if self.dataset is None else [self.dataset.name]

    @property
    def key(self) -> str:
        """A name for the answer: another one whenever a choice, an image, the network or a dataset's DNA is another."""
        workspace, label = reads.workspace(), reads.extractor()
        setting = workspace.store.find_setting(label)
        target: list[Any] = list(self.target or ())
        if self.target is not None and self.target[0] == SELECTION:
            chosen = workspace.selection(self.target[1])
            target += [chosen.flat.tolist(), chosen.weights.tolist()]
        told = [
            self.analysis.name, self.analysis.version, label, setting.extractor if setting else "",
            target, self.layer, self.other, self.beside, self.into,
            [None if one is None else one.content for one in (self.image, self.style)], self.seed,
            None if self.dataset is None else [self.dataset.name, reads.listed(self.dataset)],
            sorted(self.settings.items()),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:32]

    def file(self, end: str) -> Path:
        """Where the answer's picture (.png), figures (.json) or preview (.preview.png) is kept."""
        return reads.workspace().root / FOLDER / f"{self.key}{end}"

    @property
    def command(self) -> list[str]:
        """The command line that answers this in the background."""
        line = ["lens", self.analysis.name, "--extractor", reads.extractor(), "--seed", str(self.seed)]
        given = {
            f"--{self.target[0]}" if self.target else "": self.target[1] if self.target else "",
            "--image": str(self.image.path) if self.image else "",
            "--style": str(self.style.path) if self.style else "",
            "--dataset": self.dataset.name if self.dataset else "",
            "--into": self.into, "--layer": self.layer, "--with-extractor": self.other,
            "--beside": self.beside,
        }  # fmt: skip
        for option, value in given.items():
            if option and value:
                line += [option, value]
        for name, value in self.settings.items():
            line += ["--set", f"{name}={value}"]
        ends = (("--out", ".png"), ("--result", ".json"), ("--preview", ".preview.png"))
        return line + [part for option, end in ends for part in (option, str(self.file(end)))]


def said(layer: str, index: int) -> str:
    """Return a neuron in words."""
    return f"neuron {index} in {words.layer(layer)}"
