"""The command `lens`: look at what a neuron sees, and write it as one picture."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnacore import atomic
from dnacore.commands.outcome import FINE, Result, Stop, sources_of
from dnacore.commands.progress import Overall, Reporter
from dnacore.errors import BadInput
from dnacore.images import tars
from dnacore.paths import absolute

if TYPE_CHECKING:
    from PIL import Image

    from dnacore.extractors.extractor import Extractor
    from dnacore.lens.analysis import Analysis, Pictures, Request
    from dnacore.lens.analysis import Result as Answer
    from dnacore.lens.target import Target
    from dnacore.sources.resolver import Sources
    from dnacore.workspace.datasets import Dataset

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
#: Analyses that read a dataset's sketches or histograms; what is missing of them is extracted on the way.
EXTRACTED = ("patches", "map", "maximise", "neighbours", "poster")
ALONE = ("style", "cka")  #: analyses that cannot be done with two networks side by side
STYLE_NETWORK = "vgg16"  #: the network for style where none is named and its weights are at hand


def lens(options: Namespace, say: Reporter, stop: Stop) -> Result:
    """Run one analysis and write its sheet to --out."""
    kind = FORMATS.get(options.out.suffix.lower())
    if kind is None:
        raise BadInput(f"The picture cannot be written as {options.out.name}; end its name in {', '.join(FORMATS)}.")
    from dnacore.lens import ANALYSES
    from dnacore.lens.analysis import Request, Watch

    analysis = ANALYSES[options.analysis]
    if options.analysis == "style" and options.extractor is None and _ready(STYLE_NETWORK):
        options.extractor = STYLE_NETWORK
    sources = sources_of(options, Overall(say), stop)
    dataset = sources.dataset(options.dataset) if options.dataset else None
    image, style = (_image(given, sources, dataset) for given in (options.image, options.style))
    extractor = sources.extractor
    settings: dict[str, Any] = {name: value for name, _, value in options.set or ()}
    if options.steps is not None and "steps" in analysis.defaults:
        settings["steps"] = options.steps
    if options.analysis == "style" and (folder := _folder(options, sources)) is not None:
        settings["folder"] = str(folder)
    request = Request(
        extractor, _target(options, sources, extractor), options.layer, image, style, seed=options.seed,
        other=_other(options.with_extractor, options, say, stop), settings=settings, watch=Watch(_progress(say, options.preview), stop),
    )  # fmt: skip
    if dataset is not None:
        request = replace(request, pictures=pictures(sources, dataset, options.analysis in EXTRACTED))
        if options.analysis == "poster" and request.target is not None:
            request = replace(request, words=_words(sources, dataset, request.target.flat))
    start = time.perf_counter()
    beside = _other(options.beside, options, say, stop)
    found = analysis.run(request) if beside is None else _both(analysis, request, beside)
    seconds = time.perf_counter() - start
    _write(found.sheet, options.out, kind)
    if options.preview is not None:
        options.preview.unlink(missing_ok=True)
    added = _added(options, sources, settings)
    target = request.target
    neuron = target.name if target is not None and len(target.neurons) == 1 else None
    data = {
        "analysis": analysis.name, "extractor": extractor.name, "neuron": neuron, "selection": options.selection,
        "seed": options.seed, "seconds": round(seconds, 3), "files": [str(absolute(options.out))],
        "caption": found.caption,
        "figures": dict(found.figures),
    }  # fmt: skip
    if options.result is not None:
        atomic.write_bytes(absolute(options.result), json.dumps(data, allow_nan=False).encode("utf-8"))
    return FINE, data, f"{found.caption}{added}\nWritten to {options.out} in {seconds:.1f} s."


def pictures(sources: Sources, dataset: Dataset, extracted: bool) -> Pictures:
    """A dataset as the lens takes it. extracted: with sketches and histograms, which are made where they are missing."""
    from dnacore.lens.analysis import Pictures

    if not extracted:
        files = sources.workspace.files(dataset)
        if not files:
            raise BadInput(f"There is no image in “{dataset.name}”.")
        return Pictures(dataset.name, [Path(dataset.folder, row.path) for row in files])
    files, sketches = sources.sketches(dataset)
    paths = [Path(dataset.folder, files[i].path) for i in sketches.found.tolist()]
    return Pictures(dataset.name, paths, sketches, sources.dna(dataset))


def _words(sources: Sources, dataset: Dataset, neurons: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The words that neurons rise with over a dataset's images; none where the network names no images, or too few."""
    from dnacore.analyses.neuron_words import neuron_words
    from dnacore.workspace.kept_words import with_words

    setting = sources.setting
    both = None if setting is None else with_words(sources.workspace, dataset, setting.label)
    if both is None:
        return {}
    try:
        found = neuron_words([both])
    except BadInput:  # too few images: the poster is made without words
        return {}
    return {flat: tuple(word for word, _ in said[:3]) for flat in neurons if (said := found.rising[flat])}


def _image(given: str | None, sources: Sources, dataset: Dataset | None) -> Path | None:
    """An image by its path, or by its name in the dataset."""
    if given is None:
        return None
    path = absolute(given)
    if tars.is_file(path):
        return path
    if dataset is not None:
        rows = [row.path for row in sources.workspace.files(dataset)]
        inside = [row for row in rows if row == given] or [row for row in rows if Path(row).name == given]
        if inside:
            return Path(dataset.folder, inside[0])
    where = f" and no image of that name in “{dataset.name}”" if dataset is not None else ""
    raise BadInput(f"There is no image {given}{where}. Check the path.")


def _target(options: Namespace, sources: Sources, extractor: Extractor) -> Target | None:
    from dnacore.lens.target import Target
    from dnacore.neurons.selection import check_selection

    given = [name for name in ("neuron", "selection", "class_") if getattr(options, name) is not None]
    if len(given) > 1:
        raise BadInput("Give one of --neuron, --selection and --class.")
    if options.neuron is not None:
        return Target.parse(extractor, options.neuron)
    if options.class_ is not None:
        return Target.of_class(extractor, _class(options.class_, extractor))
    selection = sources.selection(options.selection)
    if selection is None:
        return None
    check_selection(selection, extractor.n_neurons, extractor.fingerprint)
    return Target.selection(extractor, selection.flat.tolist(), selection.weights.tolist(), selection.name)


def _class(given: str, extractor: Extractor) -> int:
    """A class by its number, or by the name that the network's head gives it."""
    from dnacore.extractors.labels import class_name

    if given.isdecimal():
        return int(given)
    for label in range(extractor.classes):
        if class_name(extractor, label).lower() == given.lower():
            return label
    raise BadInput(
        f"{extractor.name} has no class called {given!r}. Give its number, 0 to {max(0, extractor.classes - 1)}."
    )


def _both(analysis: Analysis, request: Request, other: Extractor) -> Answer:
    """The answers of two networks side by side."""
    from dnacore.lens import beside

    if analysis.name in ALONE:
        raise BadInput(f"The analysis {analysis.name} is not done with two networks side by side. Leave --beside out.")
    return beside.run(analysis, request, other)


def _other(name: str | None, options: Namespace, say: Reporter, stop: Stop) -> Extractor | None:
    """A second network, loaded as the first would be."""
    if name is None:
        return None
    second = Namespace(**{**vars(options), "extractor": name, "architecture": None, "arguments": None,
                          "prepare": None})  # fmt: skip
    return sources_of(second, Overall(say), stop).extractor


def _ready(name: str) -> bool:
    from dnacore.extractors.registry import entry

    return entry(name).status == "ready"


def _folder(options: Namespace, sources: Sources) -> Path | None:
    if options.folder is not None:
        return absolute(options.folder)
    if options.into and (Path(options.into).name != options.into or options.into in (".", "..")):
        raise BadInput(f"“{options.into}” cannot be the name of a dataset of files. Leave out slashes.")
    return sources.workspace.root / "restyled" / options.into if options.into else None


def _added(options: Namespace, sources: Sources, settings: dict[str, Any]) -> str:
    """Register the folder of a restyled dataset where a name was given."""
    if not options.into or "folder" not in settings:
        return ""
    sources.workspace.add_dataset(options.into, Path(settings["folder"]))
    return f" They are the dataset {options.into} now."


def _progress(say: Reporter, preview: Path | None) -> Callable[[str, int, int, Any], None]:
    def progress(stage: str, done: int, total: int, image: Image.Image | None) -> None:
        say.progress(stage, done, total)
        if preview is not None and image is not None:
            _write(image, preview, FORMATS.get(preview.suffix.lower(), "PNG"))

    return progress


def _write(image: Image.Image, path: Path, kind: str) -> None:
    atomic.write(absolute(path), lambda file: image.save(file, kind))
