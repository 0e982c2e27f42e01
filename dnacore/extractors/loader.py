"""Loading: from a name or a weights file to an Extractor.

Forms of `name`: a registry name, `timm:<network>`, or the path of a weights file. `@random` (or `@random:SEED`) at
the end of the first two asks for random weights.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dnacore.errors import BadInput, Mismatch, Unavailable
from dnacore.extractors import hub, registry
from dnacore.extractors import spec as recipes
from dnacore.extractors.build import build_network, converted, network_defaults
from dnacore.extractors.checkpoint import Checkpoint
from dnacore.extractors.extractor import DTYPES, Extractor
from dnacore.extractors.forward.finding import Pair, pairs_of
from dnacore.extractors.hub import Progress
from dnacore.extractors.spec import LabelTransform, Preprocessing, Recipe, WeightsSource
from dnacore.extractors.taps import Tap, find_taps
from dnacore.extractors.timm_import import without_compiler
from dnacore.extractors.weights import SUFFIXES, draw_random, load_into, read_checkpoint, weights_hash
from dnacore.paths import weights_folder

#: Networks kept from earlier calls; a large one takes 1.2 GB.
_CACHE_SIZE = 2
#: Parameters up to which a network's own forward, 0.1-0.3 s, is quicker than one that computes shapes alone.
SMALL = 30_000_000
_cache: OrderedDict[str, Extractor] = OrderedDict()
_known_files: dict[str, Path] = {}
_lock = threading.RLock()


def load_extractor(
    name: str | Path,
    device: str | torch.device = "auto",
    precision: str = "fp32",
    *,
    weights: str | Path | None = None,
    architecture: str | None = None,
    arguments: dict[str, Any] | None = None,
    prepare: str | None = None,
    crop: str = "squash",
    input_size: int | None = None,
    mean: tuple[float, float, float] | None = None,
    std: tuple[float, float, float] | None = None,
    memory_format: str = "channels_last",
    download: bool = False,
    progress: Progress | None = None,
) -> Extractor:
    """An extractor by registry name, `timm:<network>`, or path of a weights file.

    `weights` is a file, or "random" / "random:SEED". A weights file needs its `architecture` (a timm name) and
    perhaps `arguments` for it and a `prepare` step ("reparameterize"), unless a JSON of the same stem beside it says
    all that. Weights that are not at hand are fetched only with `download=True`; `progress` is called with (bytes
    done, bytes in all). The same arguments give the same object again. Raises UnknownName, BadInput (weights that do
    not fit, by key and shape) or Unavailable (weights not at hand, with what to do).
    """
    base, seed, file = _parse(str(name), weights)
    recipe = _recipe(base, seed, file, architecture, arguments, prepare)
    settings = recipe.preprocessing
    settings = replace(
        settings,
        crop=crop,
        size=input_size or settings.size,
        mean=tuple(mean) if mean else settings.mean,
        std=tuple(std) if std else settings.std,
    )
    recipe = replace(recipe, preprocessing=settings, precision=precision, memory_format=memory_format)
    if file is None and recipe.weights.source != "random":
        file = _at_hand(recipe, base, download, progress)
    return _build(recipe, file, resolve_device(device))


def fetch(name: str, progress: Progress | None = None) -> Path:
    """Fetch the weights behind a registry or `timm:` name and return the file. Raises Unavailable."""
    base, seed, file = _parse(name, None)
    recipe = _recipe(base, seed, file, None, None, None)
    if recipe.weights.source != "hub":
        raise BadInput(f"The extractor {name} needs no download.")
    return _at_hand(recipe, base, True, progress)


def from_spec(
    spec: dict[str, Any], device: str | torch.device = "auto", weights: str | Path | None = None
) -> Extractor:
    """The extractor described in a DNA's header. `weights` says where a weights file is now.

    Raises Unavailable where the weights file is not at hand, Mismatch where what was built is not what was described.
    """
    recipe = recipes.from_spec(spec)
    file = Path(weights) if weights is not None else None
    if file is None and recipe.weights.source != "random":
        file = _known_files.get(spec["weights"]["hash"])
        if file is None or not file.is_file():
            file = _at_hand(recipe, recipe.name, False, None)
    extractor = _build(recipe, file, resolve_device(device))
    if extractor.fingerprint != spec["fingerprint"]:
        raise Mismatch(
            f"The extractor {recipe.name} built here ({extractor.fingerprint[:8]}) is not the one described "
            f"({spec['fingerprint'][:8]}): weights, layers or library versions differ. Extract again."
        )
    return extractor


def _at_hand(recipe: Recipe, name: str, download: bool, progress: Progress | None) -> Path:
    """The weights file of a recipe: on this machine, or fetched where that is allowed."""
    source = recipe.weights
    row = next((row for row in registry.ENTRIES if row.name == name), None)
    if row is not None and (row.shipped or (row.package is not None and source.source == "package")):
        if row.file_at_hand is not None:
            return row.file_at_hand
        if row.package is not None:
            raise row.package.missing(recipe.name)
    names = () if row is None else row.names
    wanted = hub.HubFile(source.repo, source.file) if source.source == "hub" and source.repo and source.file else None
    own = (source.file,) if source.source == "file" and source.file else ()
    found = hub.at_hand(wanted, (*names, *own))
    if found is not None:
        return found
    shown = " or ".join((*own, *names)) or "a weights file"
    instead = (
        f"Get {shown} on another machine and put it into {weights_folder()}, or pass weights=FILE; "
        f"{name}@random needs no weights."
        if not own
        else f"Put it into {weights_folder()}, or pass weights=FILE."
    )
    if wanted is None:
        publisher = next((f" (published by {row.source})" for row in registry.ENTRIES if row.name == name), "")
        raise Unavailable(f"The weights of {recipe.name} are not on this machine{publisher}. {instead}")
    if not download:
        raise Unavailable(
            f"The weights of {recipe.name} ({source.file} of {source.repo}) are not on this machine and "
            f"are fetched only when you ask for it (--download; in Python, download=True). {instead}"
        )
    if row is not None and row.words:
        hub.fetch(hub.HubFile(row.repo, row.words), None, instead)
    return hub.fetch(wanted, progress, instead)


def resolve_device(device: str | torch.device) -> torch.device:
    """The device itself; "auto" is CUDA where there is one. Raises Unavailable for a device that is not there."""
    if str(device) == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise BadInput(f"The device {device!r} is unknown; use auto, cpu or cuda.") from error
    if found.type == "cuda" and (not torch.cuda.is_available() or (found.index or 0) >= torch.cuda.device_count()):
        raise Unavailable(f'The device {device} is not available on this machine; use device="cpu" or "auto".')
    return found


def _parse(name: str, weights: str | Path | None) -> tuple[str, int | None, Path | None]:
    """(name without options, seed of random weights, weights file)."""
    choice = None if weights is None else str(weights)
    if "@random" in name:
        name, _, option = name.rpartition("@")
        choice = choice or option  # an explicit argument wins over the name
    if choice is not None and (choice == "random" or choice.startswith("random:")):
        _, _, seed = choice.partition(":")
        if seed and not seed.isdigit():
            raise BadInput(f"The seed {seed!r} of the random weights is not a whole number; write random:0.")
        return name, int(seed or 0), None
    if choice is not None:
        return name, None, Path(choice)
    if Path(name).suffix.lower() in SUFFIXES:
        return name, None, Path(name)
    return name, None, None


def _recipe(
    name: str,
    seed: int | None,
    file: Path | None,
    architecture: str | None,
    arguments: dict[str, Any] | None,
    prepare: str | None,
) -> Recipe:
    spoken = name if seed is None else f"{name}@random" + (f":{seed}" if seed else "")
    if file is not None and (Path(name) == file or architecture is not None):
        return Checkpoint.describe(file, architecture, arguments, prepare).recipe(
            file.stem if Path(name) == file else name
        )
    if name.startswith("timm:"):
        usual = network_defaults(name[5:], arguments or {}, prepare)
        return usual.recipe(spoken, _source(seed, file, usual.hub))
    row = registry.entry(name)
    if row.seed is not None and file is None:
        seed = row.seed if seed is None else seed
        spoken = name if seed == row.seed else spoken
    elsewhere = WeightsSource("hub", repo=row.repo, file=row.file) if row.repo else WeightsSource("hub")
    if row.shipped:
        elsewhere = WeightsSource("file", file=row.shipped)
    if row.package is not None:
        elsewhere = WeightsSource("package", repo=row.package.name, file=row.package.file_name)
    return Recipe(
        spoken,
        row.architecture,
        _source(seed, file, elsewhere),
        Preprocessing(row.input_size, row.mean, row.std),
        arguments={**row.arguments, **(arguments or {})},
        prepare=prepare or row.prepare,
        taps=row.taps,
        labels=LabelTransform(row.label_interpolation, row.label_crop),
    )


def _source(seed: int | None, file: Path | None, elsewhere: WeightsSource) -> WeightsSource:
    if seed is not None:
        return WeightsSource("random", seed=seed)
    return elsewhere if file is None else WeightsSource("file", file=file.name)


def _build(recipe: Recipe, file: Path | None, device: torch.device) -> Extractor:
    key = json.dumps([recipe.to_spec("", {}), str(device), _stamp(file)], sort_keys=True)
    with _lock:  # two sessions that load it at the same time share one network
        if key not in _cache:
            _cache[key] = _built(recipe, file, device)
        _cache.move_to_end(key)
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
        return _cache[key]


def _built(recipe: Recipe, file: Path | None, device: torch.device) -> Extractor:
    settings = (recipe.architecture, recipe.arguments, recipe.prepare, recipe.preprocessing.size)
    network = build_network(*settings)
    if file is None:
        draw_random(network, recipe.weights.seed or 0)
    else:
        load_into(network, read_checkpoint(file), file.name, converted)
    digest = weights_hash(network)
    package = next((row.package for row in registry.ENTRIES if row.name == recipe.name), None)
    if package is not None and recipe.weights.source == "package":
        package.check(recipe.name, digest)
    if file is not None:
        _known_files[digest] = file.resolve()
    network.eval().requires_grad_(False)
    taps, pairs = _looked_through(network, settings, recipe.taps)
    layout = torch.channels_last if recipe.memory_format == "channels_last" else torch.contiguous_format
    network.to(device, DTYPES[recipe.precision]).to(memory_format=layout)
    return Extractor(recipe, network, taps, digest, device, file, pairs)


def _stamp(file: Path | None) -> list[str | int]:
    if file is None or not file.is_file():
        return [str(file)]
    about = file.stat()
    return [str(file.resolve()), about.st_mtime_ns, about.st_size]


def _looked_through(network: nn.Module, settings: tuple[Any, ...], rule: str) -> tuple[list[Tap], list[Pair]]:
    """The network's layers and what may be folded, found by a forward of one or two empty images.

    A large network is copied without its numbers for it, on which a forward costs nothing but the import of what
    computes shapes (and SymPy with it); a small one is quicker itself, and so is one that cannot be copied so.
    """
    architecture, arguments, prepare, side = settings
    if sum(parameter.numel() for parameter in network.parameters()) > SMALL:
        with suppress(RuntimeError, NotImplementedError, BadInput):  # some networks compute with numbers to take shape
            return _found_in(build_network(architecture, arguments, prepare, side, device="meta"), side, rule)
    return _found_in(network, side, rule)


def _found_in(network: nn.Module, side: int, rule: str) -> tuple[list[Tap], list[Pair]]:
    with without_compiler():
        taps = find_taps(network, side, rule)
        return taps, pairs_of(network, [tap.module for tap in taps], side)


def forget_extractors() -> None:
    """Release the networks kept from earlier calls, to free their memory."""
    _cache.clear()
