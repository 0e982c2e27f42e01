"""What every analysis of the lens is given, what it declares, and what it hands back."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dnacore.errors import BadInput, Cancelled
from dnacore.lens.names import NAMES as NAMES

if TYPE_CHECKING:
    from PIL import Image

    from dnacore.dna.histogram import DNA
    from dnacore.extractors.extractor import Extractor
    from dnacore.lens.target import Target
    from dnacore.sketches.sketches import Sketches

_T = TypeVar("_T")

#: What a person may have to give, and the option of the command line for it.
INPUTS = {
    "image": "an image (--image FILE)",
    "target": "a neuron (--neuron LAYER:INDEX) or a selection (--selection S)",
    "dataset": "a dataset (--dataset NAME)",
    "style": "the image whose style is wanted (--style FILE)",
    "other": "a second network (--with-extractor E)",
}

#: What some analyses can take in addition.
TAKES = ("selection", "class", "layer", "image", "dataset", "style", "other")

#: Settings that may be 0, and the largest values of those that the sheet or the memory limits.
NONE_IS_FINE = ("jitter",)
MOST = {"count": 200, "neurons": 60, "patches": 40, "maps": 40, "classes": 100, "starts": 20, "octaves": 8, "mass": 1}

PREVIEW_EVERY = 0.7  #: seconds between two previews: one takes some 10 ms to make


@dataclass(frozen=True)
class Panel:
    """One picture of a result, and the title above it."""

    title: str
    image: Image.Image


@dataclass(frozen=True, eq=False)
class Result:
    """What an analysis found: pictures, numbers, and one sentence that says what they show.

    figures: JSON-able numbers (and lists of them) by name. columns: how many panels stand side by side on the sheet;
    0 for up to six.
    """

    panels: tuple[Panel, ...]
    figures: Mapping[str, Any]
    caption: str
    columns: int = 0

    @cached_property
    def sheet(self) -> Image.Image:
        """All panels as one picture."""
        from dnacore.lens.drawing import sheet

        return sheet(self.panels, self.columns)


class Watch:
    """How a long analysis is followed and stopped: `progress(stage, done, total, preview or None)`, and `stop()`."""

    def __init__(
        self,
        progress: Callable[[str, int, int, Image.Image | None], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._progress, self._stop = progress, stop
        self._shown = -PREVIEW_EVERY

    def step(self, stage: str, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        """Report progress, now and then with a preview. Raises Cancelled when it was asked to stop."""
        if self._stop is not None and self._stop():
            raise Cancelled("Stopped on request. No result was written; start it again to have one.")
        if self._progress is None:
            return
        due = preview is not None and time.monotonic() - self._shown >= PREVIEW_EVERY
        if due:
            self._shown = time.monotonic()
        self._progress(stage, done, total, preview() if due and preview is not None else None)

    def within(self, stage: str, part: int, parts: int) -> Watch:
        """A watch for one of several parts, whose progress counts as hundredths here."""

        def progress(_: str, done: int, total: int, preview: Image.Image | None) -> None:
            if self._progress is not None:
                self._progress(stage, part * 100 + 100 * done // max(1, total), parts * 100, preview)

        return Watch(progress, self._stop)


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images to look at.

    paths: their files. sketches: of the same images in the same order, where they were extracted under this network.
    dna: of the whole set under this network, for percentiles and histograms.
    """

    name: str
    paths: Sequence[Path]
    sketches: Sketches | None = None
    dna: DNA | None = None


@dataclass(frozen=True, eq=False)
class Request:
    """One question to the lens. settings: the analysis' own knobs by name; what is missing has its usual start.

    words: the words that neurons rise with, by flat index, where known.
    """

    extractor: Extractor
    # `| Any`: None where it was not given, which cannot happen to an analysis that requires it.
    target: Target | Any = None
    layer: str | None = None
    image: Path | Any = None
    style: Path | Any = None
    pictures: Pictures | Any = None
    other: Extractor | None = None
    words: Mapping[int, Sequence[str]] = field(default_factory=dict)
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)

    @property
    def the_image(self) -> Path:
        """The image. Raises BadInput where none was given."""
        return _there(self.image, "image")

    @property
    def the_target(self) -> Target:
        """The neuron or selection. Raises BadInput where none was given."""
        return _there(self.target, "target")

    @property
    def the_pictures(self) -> Pictures:
        """The dataset. Raises BadInput where none was given."""
        return _there(self.pictures, "dataset")

    def given(self, what: str) -> bool:
        """Whether this one of `INPUTS` was given."""
        return getattr(self, "pictures" if what == "dataset" else what) is not None


def _there(value: _T | None, what: str) -> _T:
    if value is None:
        raise BadInput(f"This needs {INPUTS[what]}.")
    return value


@dataclass(frozen=True)
class Analysis:
    """One analysis: what it asks, what a person must give (`inputs`), what it needs of the network (`needs`, names of
    `traits.TRAITS`), what it can do with if it is given (`takes`, of `TAKES`), and the function that does it, whose
    keyword arguments are its knobs. version: counted up when its method changes, so that no answer of the old one is
    shown for the new.
    """

    name: str
    title: str
    question: str
    work: Callable[..., Result]
    inputs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    version: int = 1

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """Every setting with its default."""
        parameters = inspect.signature(self.work).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}

    def why_not(self, extractor: Extractor) -> str | None:
        """A sentence that says why this analysis does not work with this network; None where it does."""
        from dnacore.lens.traits import why_not

        return next((reason for need in self.needs if (reason := why_not(need, extractor))), None)

    def run(self, request: Request) -> Result:
        """Run it. Raises BadInput for a missing input, a need that does not hold, or an unknown setting."""
        for what in self.inputs:
            if not request.given(what):
                raise BadInput(f"The analysis {self.name} needs {INPUTS[what]}.")
        if reason := self.why_not(request.extractor):
            raise BadInput(f"The analysis {self.name} cannot be done with {request.extractor.name}: {reason}")
        found = self.work(request, **self.knobs(request.settings))
        if not _finite(found.figures):
            raise BadInput(
                f"The analysis {self.name} led to numbers beyond all bounds. Nothing was written; try smaller settings, "
                "or another image or neuron."
            )
        return found

    def key(self, request: Request) -> str:
        """A name for the answer: one for one network, images, target, settings and seed, wherever the files lie."""
        from dnacore.images.files import content_hash

        def image(path: Path | None) -> str | None:
            return None if path is None else content_hash(path)

        pictures, target = request.pictures, request.target
        content = {
            "analysis": [self.name, self.version], "extractor": request.extractor.fingerprint, "layer": request.layer,
            "target": None if target is None else [*target.flat, *target.weights, target.label],
            "images": [image(request.image), image(request.style)], "seed": request.seed,
            "other": None if request.other is None else request.other.fingerprint,
            "pictures": None if pictures is None else [image(path) for path in pictures.paths],
            "words": [[flat, *words] for flat, words in sorted(request.words.items())],
            "settings": {**self.defaults, **self.knobs(request.settings)},
        }  # fmt: skip
        return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()

    def knobs(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings as the analysis takes them, with texts read as numbers. Raises BadInput for an unknown one."""
        if unknown := [name for name in settings if name not in self.defaults]:
            there = ", ".join(f"{name}={value}" for name, value in self.defaults.items()) or "none"
            raise BadInput(f"The analysis {self.name} has no setting {unknown[0]}. Its settings are: {there}.")
        return {name: _like(self.name, name, settings[name], self.defaults[name]) for name in settings}


def _finite(figures: Any) -> bool:
    if isinstance(figures, Mapping):
        return all(map(_finite, figures.values()))
    if isinstance(figures, list | tuple):
        return all(map(_finite, figures))
    return not isinstance(figures, float) or math.isfinite(figures)


def _like(analysis: str, name: str, value: Any, usual: Any) -> Any:
    """A setting in the type of its default and within its limits. Raises BadInput."""
    kind = type(usual)
    said = f"{name}={value} of the analysis {analysis}"
    if usual is None or kind is str:
        return value if usual is None else str(value)
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[str(value).lower()]
        number = float(value)
        if not math.isfinite(number) or (kind is int and not number.is_integer()):
            raise ValueError
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{said} should be like {usual!r}.") from error
    least = -math.inf if usual < 0 else 0 if kind is float or name in NONE_IS_FINE else 1
    most = MOST.get(name, 1_000_000)
    if not least <= number <= most:
        raise BadInput(f"{said} should be " + (f"at least {least}." if number < least else f"{most:,} at most."))
    return kind(number)
