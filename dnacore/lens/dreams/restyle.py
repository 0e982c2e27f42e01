"""Restyling: one image in another's style, or a whole dataset, image by image, into a new folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dnacore import atomic
from dnacore.errors import BadInput
from dnacore.images.files import content_hash
from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.drawing import tiles
from dnacore.lens.dreams.style import STRENGTHS, Knobs, distance, figures_of, grams, paint, wanted_of
from dnacore.lens.picture import load, to_image
from dnacore.lens.sight import Sight, looking

MANIFEST = "restyled.json"


def _work(
    request: Request, *, steps: int = 60, strength: str = "", rate: float = 0.0, style: float = 0.0, tv: float = -1.0,
    folder: str = "",
) -> Result:  # fmt: skip
    """strength: strong or gentle; usually strong for one image, gentle for a dataset. Knobs that are given win."""
    usual = strength or ("strong" if request.image is not None else "gentle")
    if usual not in STRENGTHS:
        raise BadInput(f"There is no strength {strength!r}; choose one of {', '.join(STRENGTHS)}.")
    like = STRENGTHS[usual]
    knobs = Knobs(steps, rate or like.rate, style or like.style, like.tv if tv < 0 else tv)
    if request.image is None and request.pictures is not None and request.style is not None:
        return _whole(request, knobs, folder)
    if request.image is None or (request.style is None and request.pictures is None):
        raise BadInput(
            "Style needs an image and a style (--image FILE --style FILE, or --image FILE --dataset NAME for the style "
            "of a dataset), or a dataset to restyle (--dataset NAME --style FILE)."
        )
    picture = load(request.the_image, request.extractor)
    with looking(request.extractor) as sight:
        wanted, name, examples = wanted_of(request, sight)
        pixels = paint(sight, picture.batch, wanted, knobs, request.watch)
        figures = figures_of(sight, picture.batch, pixels, wanted) | {"steps": steps}
        shown = to_image(sight.pixels(picture.batch)[0], picture.size)
    panels = (
        Panel("the image", shown),
        Panel("the style", examples[0]),
        Panel("restyled", to_image(pixels[0], picture.size)),
    )
    caption = (
        f"The image in the style of {name}, by {request.extractor.name}: {figures['nearer']:.0%} of the way in its "
        f"feature correlations, {figures['pixel_distance']:.0f} of 255 away in its pixels."
    )
    return Result(panels, figures, caption)


def restyle(request: Request, sight: Sight, folder: Path, knobs: Knobs) -> tuple[dict[Path, Path], list[str]]:
    """Paint every image of the request's dataset in its style into a folder: {image: its file}, and what was skipped.

    Images that are there already, of the same dataset, style and settings, are left alone, so that it can be stopped and started
    again. Raises BadInput where the folder holds something else.
    """
    pictures, style = request.the_pictures, request.style
    if style is None:
        raise BadInput("This needs the image whose style is wanted.")
    about = {
        "format": "visual-dna restyled", "version": 1, "of": pictures.name, "style": content_hash(style),
        "extractor": request.extractor.fingerprint, "knobs": vars(knobs),
    }  # fmt: skip
    _claim(folder, about)
    wanted, _, _ = wanted_of(request, sight)
    names = _names(pictures.paths)
    made: dict[Path, Path] = {}
    skipped: list[str] = []
    for number, (path, name) in enumerate(zip(pictures.paths, names, strict=True)):
        file = folder / name
        if file.is_file():
            made[path] = file
            continue
        try:
            picture = load(path, request.extractor)
        except BadInput:
            skipped.append(path.name)
            continue
        watch = request.watch.within(f"restyling {pictures.name}", number, len(names))
        pixels = paint(sight, picture.batch, wanted, knobs, watch)
        width, height = picture.size
        scale = sight.side / min(width, height)
        image = to_image(pixels[0], (round(width * scale), round(height * scale)))
        atomic.write(file, partial(image.save, format="PNG"))
        made[path] = file
    return made, skipped


def _claim(folder: Path, about: dict[str, Any]) -> None:
    manifest = folder / MANIFEST
    if manifest.is_file():
        try:
            known = json.loads(manifest.read_text("utf-8"))
        except ValueError:
            known = None
        if known != about:
            raise BadInput(f"{folder} holds images restyled in another way. Choose another folder with --folder.")
    elif folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty. Choose another folder for the restyled images with --folder.")
    atomic.write_bytes(manifest, json.dumps(about).encode())


def _names(paths: Sequence[Path]) -> list[str]:
    """A file name for every image: its own and the start of its content's hash, so that it stays when others come."""
    names: dict[str, None] = {}
    for path in paths:
        stem = f"{path.stem}-{_start(path)}"
        name, number = f"{stem}.png", 2
        while name in names:
            name, number = f"{stem}-{number}.png", number + 1
        names[name] = None
    return list(names)


def _start(path: Path) -> str:
    """The first digits of an image's content hash; where it cannot be read, which is reported later, of no bytes."""
    try:
        return content_hash(path)[:8]
    except OSError:
        return "unread"


def _whole(request: Request, knobs: Knobs, folder: str) -> Result:
    if not folder:
        raise BadInput("Restyling a dataset needs a folder for the new images: --folder FOLDER.")
    with looking(request.extractor) as sight:
        made, skipped = restyle(request, sight, Path(folder), knobs)
        wanted, name, examples = wanted_of(request, sight)
        shown, nearer = [], []
        for path, file in list(made.items())[:6]:
            before, after = load(path, request.extractor), load(file, request.extractor)
            shown += [to_image(sight.pixels(one.batch)[0], (132, 132)) for one in (before, after)]
            old, new = (float(distance(grams(sight, one.batch), wanted)) for one in (before, after))
            nearer.append(1 - new / old if old > 0 else 0.0)
    if not made:
        raise BadInput(f"None of the images of {request.the_pictures.name} can be read.")
    figures = {"images": len(made), "skipped": skipped, "folder": str(folder), "nearer": float(np.mean(nearer))}
    panels = (Panel("the style", examples[0]), Panel("before and after", tiles(shown, 2, 6)))
    caption = f"{len(made)} images of {request.the_pictures.name} in the style of {name}, by {request.extractor.name}."
    return Result(panels, figures, caption)


ANALYSIS = Analysis(
    "style",
    "Style",
    "How would the image look in the style of another?",
    _work,
    (),
    ("gradients", "places"),
    ("image", "dataset", "style"),
)
