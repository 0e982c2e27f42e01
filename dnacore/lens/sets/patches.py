"""Strongest images and patches: the images that a neuron reacts to most, and to which part of them.

The part is the neuron's effective receptive area: of a deep layer the theoretical one is the whole image, but the
gradient of the peak lies on a small part of it (Luo et al., 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from dnacore.dna.layers import flat_index
from dnacore.errors import BadInput
from dnacore.lens.analysis import Analysis, Panel, Pictures, Request, Result
from dnacore.lens.drawing import tiles
from dnacore.lens.picture import batches, load, to_image
from dnacore.lens.sets.percentile import in_words, standing
from dnacore.lens.sight import Sight, looking

TILE = 132
COLUMNS = 4  #: patches side by side: with more, the page would shrink the sheet
DIM = 0.35  #: brightness of the image outside the patch
MASS = 0.9  #: share of the gradient's strength inside the patch, along each axis
NEURONS = 6  #: of a selection


@dataclass(frozen=True)
class Strong:
    """An image's position in the dataset, the neuron's peak in it, and where in the flattened map the peak is."""

    position: int
    peak: float
    place: int


@dataclass(frozen=True)
class Area:
    """A part of the network's input, in pixels; bottom and right are exclusive."""

    top: int
    left: int
    bottom: int
    right: int


def strongest(request: Request, pictures: Pictures, layer: str, index: int, count: int) -> list[Strong]:
    """The images with a neuron's largest peaks, largest first: from the sketches, or by running every image.

    Equal peaks stand by the images' means: many are equal where a layer's output has a ceiling, as ReLU6 has.
    """
    if pictures.sketches is not None and len(pictures.sketches):
        row = np.array([flat_index(request.extractor.layers, layer, index)])
        peaks, at = pictures.sketches.peaks(row)[0], pictures.sketches.places(row)[0]
        order = np.lexsort((-pictures.sketches.means(row)[0], -peaks))[:count]
        return [Strong(int(i), float(peaks[i]), int(at[i])) for i in order]
    found: list[tuple[float, Strong]] = []
    for positions, batch in batches(list(pictures.paths), request.extractor):
        request.watch.step("looking at the dataset's images", positions[0], len(pictures.paths))
        values = request.extractor.activations(batch)[layer][:, index]
        best, means = values.max(1), values.mean(1).tolist()
        each = zip(means, positions, best.values.tolist(), best.indices.tolist(), strict=True)
        found += [(mean, Strong(position, peak, place)) for mean, position, peak, place in each]
    if not found:
        raise BadInput(f"None of the images of {pictures.name} can be read.")
    return [one for _, one in sorted(found, key=lambda each: (-each[1].peak, -each[0]))[:count]]


def area(sight: Sight, batch: torch.Tensor, layer: str, index: int, place: int, mass: float = MASS) -> Area:
    """The square that holds `mass` of the strength of the gradient of one activation, along each axis.

    batch: (1, 3, H, W) as the network sees it. place: in the neuron's flattened map.
    """
    given = batch.detach().clone().requires_grad_(True)
    value = sight.see(given, [layer], before=True)[layer][0, index, place]
    (slope,) = torch.autograd.grad(value, given)
    strength = slope[0].abs().sum(0).cpu().numpy().astype(np.float64)
    height, width = strength.shape
    top, bottom = _middle(strength.sum(1), mass)
    left, right = _middle(strength.sum(0), mass)
    side = min(max(bottom - top, right - left, 8), height, width)
    top, left = _around(top, bottom, side, height), _around(left, right, side, width)
    return Area(top, left, top + side, left + side)


def _middle(along: np.ndarray, mass: float) -> tuple[int, int]:
    """The range along an axis that holds `mass` of the total, with equal parts left out on either side."""
    total = along.sum()
    if total <= 0:
        return 0, len(along)
    shares = np.cumsum(along) / total
    first = int(np.searchsorted(shares, (1 - mass) / 2))
    last = int(np.searchsorted(shares, 1 - (1 - mass) / 2))
    return first, min(last, len(along) - 1) + 1


def _around(low: int, high: int, side: int, end: int) -> int:
    return min(max(0, (low + high - side) // 2), end - side)


def on_grey(batch: torch.Tensor, where: Area) -> torch.Tensor:
    """The patch alone, at its place, on the mean colour of the network's images."""
    out = torch.zeros_like(batch)
    rows, columns = slice(where.top, where.bottom), slice(where.left, where.right)
    out[..., rows, columns] = batch[..., rows, columns]
    return out


def kept(sight: Sight, batch: torch.Tensor, layer: str, index: int, place: int, where: Area) -> float:
    """The share of a neuron's peak that is left at its place when only the patch is shown, on grey."""
    with torch.no_grad():
        both = sight.see(torch.cat([batch, on_grey(batch, where)]), [layer])[layer][:, index, place]
    whole, alone = both.tolist()
    return alone / whole if abs(whole) > 1e-9 else 0.0


def _drawn(pixels: torch.Tensor, where: Area) -> Image.Image:
    """The image, dimmed outside the patch, and the enlarged patch below it."""
    image = to_image(pixels)
    dark = Image.blend(Image.new("RGB", image.size), image, DIM)
    box = (where.left, where.top, where.right, where.bottom)
    patch = image.crop(box)
    dark.paste(patch, box[:2])
    ImageDraw.Draw(dark).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), outline=(255, 255, 255))
    return tiles([dark.resize((TILE, TILE), Image.Resampling.BICUBIC),
                  patch.resize((TILE, TILE), Image.Resampling.BICUBIC)], 1)  # fmt: skip


def patches_of(
    request: Request, sight: Sight, layer: str, index: int, count: int, mass: float = MASS
) -> tuple[list[Image.Image], list[Strong], list[float]]:
    """A neuron's strongest patches as panels, their images, and the share of the peak that each patch alone keeps."""
    found = strongest(request, request.the_pictures, layer, index, count)
    drawn, shares = [], []
    for number, one in enumerate(found):
        request.watch.step(f"the strongest patches of {layer}:{index}", number, len(found))
        batch = load(request.the_pictures.paths[one.position], request.extractor).batch
        where = area(sight, batch, layer, index, one.place, mass)
        shares.append(kept(sight, batch, layer, index, one.place, where))
        drawn.append(_drawn(sight.pixels(batch)[0], where))
    return drawn, found, shares


def _work(request: Request, *, count: int = 8, mass: float = MASS) -> Result:
    target, pictures = request.the_target, request.the_pictures
    target.single  # noqa: B018 - a class has no patches
    panels: list[Panel] = []
    shares: list[float] = []
    first: list[Any] = []
    with looking(request.extractor) as sight:
        for layer, index in target.neurons[:NEURONS]:
            drawn, found, left = patches_of(request, sight, layer, index, count, mass)
            panels.append(
                Panel(
                    f"{layer}:{index}, peaks {found[0].peak:.3g} to {found[-1].peak:.3g}",
                    tiles(drawn, min(len(drawn), COLUMNS), 6),
                )
            )
            first, shares = first or found, shares + left
    names = [pictures.paths[one.position].name for one in first]
    figures = standing(pictures.dna, target.flat[0], first[0].peak) | {
        "kept": float(np.mean(shares)), "peaks": [one.peak for one in first], "images": names,
    }  # fmt: skip
    place = in_words(pictures.dna, target.flat[0], first[0].peak)
    caption = (
        f"What {target.name} reacts to most in {pictures.name}: up to {first[0].peak:.3g}"
        f"{place}. Shown alone, the patches keep {np.mean(shares):.0%} of it."
    )
    return Result(tuple(panels), figures, caption, columns=1)


ANALYSIS = Analysis(
    "patches",
    "Strongest patches",
    "What does this neuron react to most?",
    _work,
    ("target", "dataset"),
    ("gradients",),
    ("selection",),
)
