"""The poster: one sheet of a selection's top neurons with histogram, patches, dream and words."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from dnacore.lens.analysis import Analysis, Panel, Request, Result
from dnacore.lens.drawing import FAINT, INK, PAPER, bars, fitted, font, tiles
from dnacore.lens.dreams.maximise import dream
from dnacore.lens.picture import as_written, to_image
from dnacore.lens.sets.patches import TILE, patches_of
from dnacore.lens.sets.percentile import percentile
from dnacore.lens.sight import Sight, looking
from dnacore.lens.target import Target

GAP, TALL = 12, 2 * TILE + 2


def _row(request: Request, sight: Sight, place: int, parts: int, patches: int, steps: int) -> tuple[Image.Image, dict]:
    """One neuron's row, and its figures."""
    target, pictures = request.the_target, request.the_pictures
    layer, index = target.neurons[place]
    flat = target.flat[place]
    one = Target.neuron(request.extractor, layer, index)
    watch = request.watch.within(f"neuron {place + 1} of {parts}", place, parts)
    pixels = dream(sight, one, steps, request.seed, watch)
    reached = float(one.scores(sight, as_written(sight, pixels).detach(), "peak")[0].detach())
    drawn, found, shares = patches_of(request, sight, layer, index, patches)
    said = ", ".join(request.words.get(flat, ()))
    words = f"over whole images it rises with {said}" if said else ""
    histogram = None if pictures.dna is None else bars(pictures.dna.histograms[flat], (200, TALL - 24))
    figures = {
        "layer": layer, "index": index, "activation": reached, "peak": found[0].peak, "kept": float(np.mean(shares)),
        "percentile": None if pictures.dna is None else percentile(pictures.dna, flat, reached),
        "words": list(request.words.get(flat, ())),
    }  # fmt: skip
    parts_of_row = [_name(f"{layer}, neuron {index}", words, found[0].peak)]
    parts_of_row += [histogram] if histogram is not None else []
    parts_of_row += [tiles(drawn, len(drawn), 4), to_image(pixels[0], (TALL, TALL))]
    return _beside(parts_of_row), figures


def _name(title: str, words: str, peak: float) -> Image.Image:
    out = Image.new("RGB", (190, TALL), PAPER)
    draw = ImageDraw.Draw(out)
    draw.text((0, 4), fitted(title, 190, 15), fill=INK, font=font(15))
    draw.text((0, 26), f"strongest {peak:.3g}", fill=FAINT, font=font(12))
    line, top = "", 56
    for word in words.split():
        if font(13).getlength(f"{line} {word}") > 185:
            draw.text((0, top), line, fill=INK, font=font(13))
            line, top = "", top + 18
        line = f"{line} {word}".strip()
    draw.text((0, top), line, fill=INK, font=font(13))
    return out


def _beside(images: list[Image.Image]) -> Image.Image:
    width = sum(image.width for image in images) + GAP * (len(images) - 1)
    out = Image.new("RGB", (width, max(image.height for image in images)), PAPER)
    left = 0
    for image in images:
        out.paste(image, (left, 0))
        left += image.width + GAP
    return out


def _work(request: Request, *, neurons: int = 4, patches: int = 4, steps: int = 60) -> Result:
    request.the_target.single  # noqa: B018 - a class has no neurons
    count = min(neurons, len(request.the_target.neurons))
    rows, figures = [], []
    with looking(request.extractor) as sight:
        for place in range(count):
            row, found = _row(request, sight, place, count, patches, steps)
            rows.append(row)
            figures.append(found)
    panels = tuple(
        Panel("histogram, strongest patches, dream" if place == 0 else "", row) for place, row in enumerate(rows)
    )
    what = request.the_target.name if count == 1 else f"The top {count} neurons of {request.the_target.name}"
    caption = f"{what} in {request.the_pictures.name}."
    return Result(panels, {"neurons": figures, "images": len(request.the_pictures.paths)}, caption, columns=1)


ANALYSIS = Analysis(
    "poster",
    "Poster",
    "What do a selection's neurons look at, on one sheet?",
    _work,
    ("target", "dataset"),
    ("gradients",),
    ("selection",),
)
