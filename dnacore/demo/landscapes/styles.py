"""Four ways to finish a landscape: photograph, cartoon, pencil sketch, painting."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dnacore.demo.landscapes.scene import (
    BUILT,
    CLOTH,
    CLOUD,
    FOREST,
    LEAF,
    MEADOW,
    ROCK,
    SIDE,
    SKY,
    WATER,
    Geography,
    Scene,
)

_GREY = np.full(3, 1 / 3, dtype=np.float32)
_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)


@lru_cache(maxsize=8)
def noise(slope: float, number: int, stretch: float = 1.0) -> np.ndarray:
    """Tileable noise `(512, 512)`, mean 0 and deviation 1, whose amplitude falls as 1 / frequency ** `slope`."""
    rng = np.random.default_rng([number, 77])
    fy, fx = np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None]
    size = np.hypot(fy, fx * stretch)
    size[0, 0] = np.inf
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((512, 512))) / np.maximum(size, 1 / 200) ** slope)
    return ((field - field.mean()) / field.std()).astype(np.float32)


def _window(texture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    y, x = rng.integers(0, 512 - SIDE, 2)
    return texture[y : y + SIDE, x : x + SIDE]


def _colour(values: tuple[float, float, float]) -> np.ndarray:
    # Not double precision: it would spread to every picture it meets and double the time.
    return np.array(values, dtype=np.float32)


def _blurred(pixels: np.ndarray, radius: float) -> np.ndarray:
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.BoxBlur(radius))).astype(np.float32)


def _softened(mask: np.ndarray, radius: float) -> np.ndarray:
    """A boolean mask `(224, 224)` as 0..1 with a wide soft edge, blurred at a quarter of its size."""
    small = Image.fromarray(mask.astype(np.uint8) * 255).resize((SIDE // 4, SIDE // 4), Image.Resampling.BOX)
    blurred = small.filter(ImageFilter.GaussianBlur(radius / 4)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(blurred).astype(np.float32) / 255


def _grey(pixels: np.ndarray) -> np.ndarray:
    return pixels @ _GREY


def cartoon(scene: Scene, place: Geography, rng: np.random.Generator) -> np.ndarray:
    """Flat, saturated colours with dark outlines (which the scene was painted with)."""
    pixels, _ = scene.finished()
    grey = _grey(pixels)[..., None]
    return np.clip(grey + 1.22 * (pixels - grey) + 6, 0, 255)


def photograph(scene: Scene, place: Geography, rng: np.random.Generator) -> np.ndarray:
    """Textured and lit surfaces, reflections, haze with distance, blur and grain."""
    pixels, material = scene.finished()
    is_ = {kind: material == kind for kind in (SKY, CLOUD, ROCK, FOREST, WATER, MEADOW, LEAF, BUILT, CLOTH)}
    soft, rock = _window(noise(1.7, 2), rng), _window(noise(1.25, 3), rng)
    ripple = _window(noise(1.1, 5, 0.14), rng)
    near = np.clip((_ROWS - place.shore) / (SIDE - place.shore), 0, 1)
    sky = is_[SKY] | is_[CLOUD]
    pixels = np.where((is_[BUILT] | is_[CLOTH])[..., None], pixels, _blurred(pixels, 1.0))
    pixels = np.where(sky[..., None], _heaven(is_[CLOUD], place, soft, rock), pixels)
    # Snow hides the grass.
    bare = np.clip(1.25 - pixels[..., 2] / 200, 0.12, 1)
    pixels *= (1 + _relief(is_, place, soft, rock, bare * near, rng))[..., None]
    solid = _softened(is_[LEAF] | is_[BUILT] | is_[CLOTH], 4)
    # A rounded look, by light from one side; and a contact shadow on the ground.
    turned = np.float32(0.56 * place.light) * (np.roll(solid, 3, 1) - np.roll(solid, -3, 1))
    cast = np.clip(np.roll(solid, (5, int(-6 * place.light)), (0, 1)) - solid, 0, 1)
    pixels *= (1 + (is_[LEAF] | is_[BUILT]) * turned - 0.5 * is_[MEADOW] * cast)[..., None]
    # The lake mirrors what stands above the far shore, shaken by ripples.
    line = int(place.shore) + 1
    rows = np.clip(2 * line - _ROWS + 1.8 * ripple * (0.6 + 3 * near), 0, line - 1).astype(np.int32)
    columns = np.clip(_COLUMNS + 0.8 * ripple, 0, SIDE - 1).astype(np.int32)
    water = is_[WATER]
    pixels[water] = 0.5 * pixels[rows[water], columns[water]] + 0.32 * pixels[water] + 10 * ripple[water][:, None] + 8
    far = np.clip(1 - np.abs(_ROWS - place.shore) / 46, 0, 1) * ~sky * np.float32(0.26)
    pixels += (_colour(place.low) - pixels) * far[..., None]
    pixels = _blurred(pixels, 0.45)
    edge = ((_COLUMNS / SIDE - 0.5) ** 2 + (_ROWS / SIDE - 0.5) ** 2)[..., None]
    grain = rng.standard_normal((SIDE, SIDE), dtype=np.float32)[..., None]
    return np.clip(pixels * (1.02 - 0.5 * edge) + 2.6 * grain, 0, 255)


def _heaven(cloud: np.ndarray, place: Geography, soft: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """The sky of a photograph: thin high cloud everywhere, billows where clouds are, and glare around the sun."""
    above = np.clip((place.shore - _ROWS) / np.float32(place.shore), 0, 1)[..., None]
    billows = _softened(cloud, 7)
    share = 1.7 * billows + 0.3 * soft * (billows > 0.02) - 0.12 + 0.07 * np.maximum(soft, 0)
    share = np.clip(share, 0, 1)[..., None] * np.float32(0.9)
    pixels = _colour(place.low) + (_colour(place.top) - _colour(place.low)) * above
    white = (236 + 14 * fine)[..., None] + _colour((16.0, 15.7, 15.2))
    pixels += (white - pixels) * share
    if place.sunny:
        reach = np.hypot(_COLUMNS - np.float32(place.sun[0]), _ROWS - np.float32(place.sun[1]))
        glare = np.clip(1.15 * np.exp(reach * np.float32(-1 / 13)) + 0.4 * np.exp(reach * np.float32(-1 / 55)), 0, 1)
        pixels += (_colour((255, 246, 214)) - pixels) * glare[..., None]
    return pixels


def _relief(
    is_: dict[int, np.ndarray],
    place: Geography,
    soft: np.ndarray,
    rock: np.ndarray,
    grassy: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """How much brighter (+) or darker (-) the grain of its material makes each pixel, `(224, 224)`."""
    fine, grass = _window(noise(0.6, 1), rng), _window(noise(0.8, 4, 3.0), rng)
    slope = np.roll(rock, int(place.light * 2), 1) - rock
    relief = is_[ROCK] * (0.17 * slope + 0.04 * fine)
    relief += is_[FOREST] * (0.15 * fine + 0.1 * rock)
    relief += is_[MEADOW] * ((0.02 + 0.15 * grassy) * grass + 0.04 * soft)
    relief += is_[LEAF] * (0.17 * fine + 0.12 * rock)
    relief += is_[BUILT] * (0.045 * fine + 0.035 * soft) + is_[CLOTH] * (0.025 * fine)
    return relief


@lru_cache(maxsize=4)
def _hatching(number: int) -> np.ndarray:
    """Pencil lines in one direction, `(512, 512)` in 0..1, waving a little and uneven in pressure."""
    rows, columns = np.mgrid[0:512, 0:512].astype(np.float32)
    turn, pitch = ((0.75, 4.6), (2.2, 4.2), (0.1, 3.8))[number]
    across = columns * np.sin(turn) + rows * np.cos(turn)
    wave = np.sin((across + 1.3 * noise(1.7, 2)) * (2 * np.pi / pitch))
    return np.clip(0.5 + 0.9 * wave + 0.28 * noise(0.6, 1), 0, 1)


def sketch(scene: Scene, place: Geography, rng: np.random.Generator) -> np.ndarray:
    """Pencil on paper: contours drawn twice by an unsteady hand, and hatching that grows with the shade."""
    pixels, material = scene.finished()
    grey = pixels @ np.array((0.3, 0.59, 0.11), dtype=np.float32)
    wobble = _window(noise(1.7, 2), rng), _window(noise(1.7, 6), rng)
    contour = np.zeros((SIDE, SIDE), dtype=np.float32)
    # Steps between materials count most, so that snow on snow or grass before trees still gets a line.
    plane = grey + 24.0 * material
    for shift in (0.9, -1.1):
        rows = np.clip(_ROWS + shift * wobble[0], 0, SIDE - 1).astype(np.int32)
        columns = np.clip(_COLUMNS + shift * wobble[1], 0, SIDE - 1).astype(np.int32)
        moved = plane[rows, columns]
        step = np.abs(moved - np.roll(moved, 1, 0)) + np.abs(moved - np.roll(moved, 1, 1))
        contour = np.maximum(contour, np.clip((step - 9) / 42, 0, 1))
    contour[[0, -1]] = 0
    contour[:, [0, -1]] = 0
    shade = 1 - _blurred(grey, 2) / 255
    ink = np.zeros((SIDE, SIDE), dtype=np.float32)
    for number, start in enumerate((0.24, 0.4, 0.55)):
        ink = np.maximum(ink, np.clip((shade - start) * 3.2, 0, 0.85) * _window(_hatching(number), rng))
    paper = _window(noise(0.3, 7), rng)
    fade = np.clip(
        1.25 - 2.6 * np.maximum(np.abs(_COLUMNS / SIDE - 0.5), np.abs(_ROWS / SIDE - 0.5)) ** 3 * 2.6, 0.15, 1
    )
    pressure = np.clip(0.84 + 0.22 * paper, 0.2, 1.15)
    dark = np.clip(np.maximum(0.78 * ink * fade, 0.95 * contour) * pressure, 0, 1)[..., None]
    sheet = _colour((247, 243, 233)) + np.float32(rng.uniform(-6, 3)) + 2.2 * paper[..., None]
    graphite = _colour((44, 42, 48)) + _colour((1.0, 0.7, 0.4)) * np.float32(rng.uniform(0, 26))
    return np.clip(sheet + (graphite - sheet) * dark, 0, 255)


def painting(scene: Scene, place: Geography, rng: np.random.Generator) -> np.ndarray:
    """Brush strokes from broad to fine, along the shapes, with relief of paint and canvas."""
    pixels, material = scene.finished()
    grey = _grey(pixels)[..., None]
    rich = np.clip(grey + 1.3 * (pixels - grey), 0, 255)
    rich += 12 * _window(noise(1.7, 2), rng)[..., None]
    broad = _blurred(rich, 2.5)
    down, right = np.gradient(_blurred(_grey(rich) + 6.0 * material, 2))
    flow = 0.9 * _window(noise(1.7, 6), rng)
    angle = np.where(np.hypot(down, right) > 1.2, np.arctan2(down, right) + np.pi / 2, 0.25 * flow)
    angle = np.where(material == MEADOW, 0.35 * flow - 0.3, angle)
    angle = np.where(material == LEAF, 2.0 * flow, angle)
    angle = np.where(material == SKY, 0.5 * flow, angle)
    detail = np.hypot(*np.gradient(_grey(rich)))
    picture = Image.fromarray(np.clip(broad, 0, 255).astype(np.uint8)).resize((2 * SIDE, 2 * SIDE))
    pen = ImageDraw.Draw(picture)
    for step, length, width, busy in ((10.0, 14.0, 14, -1.0), (6.6, 8.5, 9, -1.0), (3.8, 4.6, 4, 5.5)):
        xs, ys = np.meshgrid(np.arange(0, SIDE, step), np.arange(0, SIDE, step))
        xs = np.clip(xs.ravel() + rng.uniform(-step / 2, step / 2, xs.size), 0, SIDE - 1)
        ys = np.clip(ys.ravel() + rng.uniform(-step / 2, step / 2, ys.size), 0, SIDE - 1)
        r, c = ys.astype(int), xs.astype(int)
        kept = rng.permutation(np.flatnonzero(detail[r, c] > busy))
        r, c, xs, ys = r[kept], c[kept], xs[kept], ys[kept]
        source = broad if step > 7 else rich
        tones = source[r, c] + rng.normal(0, 9, (len(r), 1)) + rng.normal(0, 4, (len(r), 3))
        tones = np.clip(tones, 0, 255).astype(int)
        reach = length * rng.uniform(0.6, 1.2, len(r))
        turn = angle[r, c] + rng.normal(0, 0.22, len(r))
        dx, dy = reach * np.cos(turn), reach * np.sin(turn)
        ends = np.column_stack([2 * xs - dx, 2 * ys - dy, 2 * xs + dx, 2 * ys + dy]).tolist()
        for line, tone in zip(ends, map(tuple, tones.tolist()), strict=True):
            pen.line(line, fill=tone, width=width)
    paint = np.asarray(picture.reduce(2)).astype(np.float32)
    height = _grey(paint)
    relief = height - np.roll(height, (1, 1), (0, 1))
    weave = 2.2 * (np.sin(_ROWS * 2.1) + np.sin(_COLUMNS * 2.1))
    return np.clip(paint + 0.5 * np.clip(relief, -26, 26)[..., None] + weave[..., None], 0, 255)


FINISHES = {"photo": photograph, "cartoon": cartoon, "sketch": sketch, "painting": painting}
