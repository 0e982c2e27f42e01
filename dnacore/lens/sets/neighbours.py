"""Nearest neighbours of an image in the network's last layer, beside those in its pixels (Krizhevsky et al., 2012)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput
from dnacore.images import decode, resize, thumbnails
from dnacore.lens.analysis import Analysis, Panel, Pictures, Request, Result
from dnacore.lens.drawing import tiles
from dnacore.lens.picture import batches, load, to_image
from dnacore.lens.sight import looking

PIXELS = 32  #: side at which images are compared pixel by pixel, as in CIFAR-10
TILE = 120


def features(request: Request, pictures: Pictures, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """(N, C) float32 spatial means of a layer, and (N,) which of the pictures they are of.

    From the sketches where there are some; else every image goes through the network.
    """
    if pictures.sketches is not None and len(pictures.sketches):
        where = layer_slices(request.extractor.layers)[layer]
        return np.ascontiguousarray(pictures.sketches.means(where).T), np.arange(len(pictures.sketches))
    found, kept = [], []
    for positions, batch in batches(list(pictures.paths), request.extractor):
        request.watch.step("looking at the dataset's images", positions[0], len(pictures.paths))
        found.append(request.extractor.activations(batch)[layer].mean(2).cpu().numpy())
        kept += positions
    if not found:
        raise BadInput(f"None of the images of {pictures.name} can be read.")
    return np.concatenate(found), np.array(kept)


def small_pixels(path: Path, side: int = PIXELS) -> np.ndarray:
    """(3 * side * side,) float32 pixels of a reduced image file, in 0..255. Raises BadInput."""
    return resize.resize(decode.decode(path), (side, side)).reshape(-1)


def _pixels(request: Request, paths: list[Path], most: int) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int) if len(paths) else np.array([], int)
    found, kept = [], []
    for number, position in enumerate(chosen.tolist()):
        request.watch.step("comparing pixels", number, len(chosen))
        try:
            found.append(small_pixels(paths[position]))
            kept.append(position)
        except (BadInput, OSError):
            continue
    if not found:
        raise BadInput("None of the dataset's images can be read. Check its folder.")
    return np.stack(found), np.array(kept)


def _work(request: Request, *, count: int = 6, most: int = 2000) -> Result:
    extractor, pictures = request.extractor, request.the_pictures
    layer = request.layer or list(extractor.layers)[-1]
    picture = load(request.the_image, extractor)
    with looking(extractor) as sight:
        sight.check_layer(layer)
        shown = to_image(sight.pixels(picture.batch)[0], picture.size)
    own = extractor.activations(picture.batch)[layer].mean(2)[0].cpu().numpy()
    values, at = features(request, pictures, layer)
    in_layer = np.linalg.norm(values - own, axis=1)
    pixels, pixels_at = _pixels(request, list(pictures.paths), most)
    in_pixels = np.linalg.norm(pixels - small_pixels(request.the_image), axis=1)
    same = request.the_image.resolve()
    nearest = _nearest(in_layer, at, pictures, same, count)
    plain = _nearest(in_pixels, pixels_at, pictures, same, count)
    if not nearest or not plain:
        raise BadInput(f"There is no other image in {pictures.name} to compare this one with. Choose a larger dataset.")
    rows = [Panel("the image", shown)]
    rows += [
        Panel(f"nearest in {layer}", _row(nearest, pictures)),
        Panel("nearest in its pixels", _row(plain, pictures)),
    ]
    both = len({i for i, _ in nearest} & {i for i, _ in plain})
    figures = {
        "layer": layer, "nearest": [pictures.paths[i].name for i, _ in nearest], "distances": [d for _, d in nearest],
        "nearest_in_pixels": [pictures.paths[i].name for i, _ in plain], "in_both": both, "images": len(at),
        "images_by_pixels": len(pixels_at),
    }  # fmt: skip
    caption = (
        f"The images of {pictures.name} nearest to this one in {layer}, and nearest in their pixels; "
        f"{both} of {len(nearest)} are the same."
    )
    return Result(tuple(rows), figures, caption, columns=1)


def _nearest(
    distances: np.ndarray, at: np.ndarray, pictures: Pictures, same: Path, count: int
) -> list[tuple[int, float]]:
    order = [int(i) for i in np.argsort(distances, kind="stable") if pictures.paths[int(at[i])].resolve() != same]
    return [(int(at[i]), float(distances[i])) for i in order[:count]]


def _row(found: list[tuple[int, float]], pictures: Pictures) -> Image.Image:
    thumbs = []
    for position, _ in found:
        small = Image.open(io.BytesIO(thumbnails.thumbnail(pictures.paths[position], 2 * TILE)))
        thumbs.append(small.resize((TILE, TILE), Image.Resampling.BICUBIC))
    return tiles(thumbs, len(thumbs))


ANALYSIS = Analysis(
    "neighbours",
    "Nearest neighbours",
    "Which images does the network find alike?",
    _work,
    ("image", "dataset"),
    takes=("layer",),
)
