"""Loading: from a name or a weights file to an Extractor.

Forms of `name`: a registry name, `timm:<network>`, or the path of a weights file. `@random` (or `@random:SEED`) at the end
of the first two asks for random weights.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from dnacore.errors import BadInput, Mismatch, Unavailable
from dnacore.extractors import recipe as recipes
from dnacore.extractors import registry
from dnacore.extractors.checkpoint import Checkpoint
from dnacore.extractors.extractor import DTYPES, Extractor
from dnacore.extractors.network import build_network, network_defaults
from dnacore.extractors.recipe import LabelTransform, Preprocessing, Recipe, WeightsSource
from dnacore.extractors.taps import find_taps
from dnacore.extractors.weights import SUFFIXES, draw_random, load_into, read_checkpoint, weights_hash

_CACHE_SIZE = 2
_cache: OrderedDict[str, Extractor] = OrderedDict()
_known_files: dict[str, Path] = {}


def load_extractor(name: str | Path, device: str | torch.device = "auto", precision: str = "fp32", *,
                   weights: str | Path | None = None, architecture: str | None = None,
                   arguments: dict[str, Any] | None = None, prepare: str | None = None, crop: str = "squash",
                   input_size: int | None = None, mean: tuple[float, float, float] | None = None,
                   std: tuple[float, float, float] | None = None,
                   memory_format: str = "channels_last") -> Extractor:
    """An extractor by registry name, `timm:<network>`, or path of a weights file.

    `weights` is a file, or "random" / "random:SEED". A weights file needs its `architecture` (a timm name) and perhaps
    `arguments` for it and a `prepare` step ("reparameterize"), unless a JSON of the same stem beside it says all that.
    The same arguments give the same object again. Raises UnknownName, BadInput (weights that do not fit, by key and shape)
    or Unavailable (weights not at hand, with what to do).
    """
    base, seed, file = _parse(str(name), weights)
    recipe = _recipe(base, seed, file, architecture, arguments, prepare)
    settings = recipe.preprocessing
    settings = replace(settings, crop=crop, size=input_size or settings.size,
                       mean=tuple(mean) if mean else settings.mean, std=tuple(std) if std else settings.std)
    recipe = replace(recipe, preprocessing=settings, precision=precision, memory_format=memory_format)
    return _build(recipe, file, resolve_device(device))


def from_spec(spec: dict[str, Any], device: str | torch.device = "auto",
              weights: str | Path | None = None) -> Extractor:
    """The extractor described in a DNA's header. `weights` says where a weights file is now.

    Raises Unavailable where the weights file is not at hand, Mismatch where what was built is not what was described.
    """
    recipe = recipes.from_spec(spec)
    file = Path(weights) if weights is not None else None
    if recipe.weights.source == "file" and file is None:
        file = _known_files.get(spec["weights"]["hash"])
        if file is None or not file.is_file():
            raise Unavailable(f"The weights file {recipe.weights.file} behind {recipe.name} is not at hand; "
                              "load the extractor once by the file's path, or pass weights=PATH.")
    extractor = _build(recipe, file, resolve_device(device))
    if extractor.fingerprint != spec["fingerprint"]:
        raise Mismatch(f"The extractor {recipe.name} built here ({extractor.fingerprint[:8]}) is not the one described "
                       f"({spec['fingerprint'][:8]}): weights, layers or library versions differ. Extract again.")
    return extractor


def resolve_device(device: str | torch.device) -> torch.device:
    """The device itself; "auto" is CUDA where there is one. Raises Unavailable for a device that is not there."""
    if str(device) == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise BadInput(f"The device {device!r} is unknown; use auto, cpu or cuda.") from error
    if found.type == "cuda" and (not torch.cuda.is_available() or (found.index or 0) >= torch.cuda.device_count()):
        raise Unavailable(f"The device {device} is not available on this machine; use device=\"cpu\" or \"auto\".")
    return found


def _parse(name: str, weights: str | Path | None) -> tuple[str, int | None, Path | None]:
    """(name without options, seed of random weights, weights file)."""
    choice = None if weights is None else str(weights)
    if "@random" in name:
        name, _, option = name.rpartition("@")
        choice = option
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


def _recipe(name: str, seed: int | None, file: Path | None, architecture: str | None,
            arguments: dict[str, Any] | None, prepare: str | None) -> Recipe:
    spoken = name if seed is None else f"{name}@random" + (f":{seed}" if seed else "")
    if file is not None and (Path(name) == file or architecture is not None):
        return Checkpoint.describe(file, architecture, arguments, prepare).recipe(
            file.stem if Path(name) == file else name)
    if name.startswith("timm:"):
        source = WeightsSource("random", seed=seed) if seed is not None else WeightsSource("hub", repo=name[5:])
        if file is not None:
            source = WeightsSource("file", file=file.name)
        return network_defaults(name[5:], arguments or {}, prepare).recipe(spoken, source)
    row = registry.entry(name)
    if row.seed is not None and file is None:
        source = WeightsSource("random", seed=row.seed if seed is None else seed)
        spoken = name if source.seed == row.seed else spoken
    elif seed is not None:
        source = WeightsSource("random", seed=seed)
    else:
        source = WeightsSource("file", file=file.name) if file else WeightsSource("hub", repo=row.source)
    return Recipe(spoken, row.architecture, source, Preprocessing(row.input_size, row.mean, row.std),
                  arguments={**row.arguments, **(arguments or {})}, prepare=prepare, taps=row.taps)


def _build(recipe: Recipe, file: Path | None, device: torch.device) -> Extractor:
    stamp = [str(file.resolve()), file.stat().st_mtime_ns] if file is not None and file.exists() else []
    key = json.dumps([recipe.to_spec("", {}), str(device), stamp, str(file)], sort_keys=True)
    if key in _cache:
        _cache.move_to_end(key)
        return _cache[key]
    network = build_network(recipe.architecture, recipe.arguments, recipe.prepare, recipe.preprocessing.size)
    if recipe.weights.source == "random":
        draw_random(network, recipe.weights.seed or 0)
    elif file is not None:
        load_into(network, read_checkpoint(file), file.name)
    else:
        raise Unavailable(f"The weights of {recipe.name} are not on this machine and nothing is fetched without being "
                          f"asked for; pass weights=FILE, or try {recipe.name}@random.")
    digest = weights_hash(network)
    if file is not None:
        _known_files[digest] = file.resolve()
    network.eval().requires_grad_(False)
    side = recipe.preprocessing.size
    taps = find_taps(network, torch.zeros(1, 3, side, side))
    layout = torch.channels_last if recipe.memory_format == "channels_last" else torch.contiguous_format
    network.to(device, DTYPES[recipe.precision]).to(memory_format=layout)
    extractor = Extractor(recipe, network, taps, digest, device, file)
    _cache[key] = extractor
    while len(_cache) > _CACHE_SIZE:
        _cache.popitem(last=False)
    return extractor


def forget_extractors() -> None:
    """Let go of the networks kept from earlier calls, to free their memory."""
    _cache.clear()
