"""A lake in the hills: the scene that the `styles` datasets draw in four ways.

Every shape is put down with a colour and a material; a style then works from the two pictures, `colour` and `material`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from dnacore.demo.canvas import (
    SUPERSAMPLE, Canvas, Colour, darker, ellipse, lighter, mix, palette, points, rgb, ribbon, smooth,
)  # fmt: skip
from dnacore.demo.design import Design, generator

SIDE = 224
DESIGN = Design(
    "styles",
    binary=("sun", "clouds", "mountains", "fence"),
    words=(
        ("subject", ("cottage", "lighthouse", "sailboat", "tree")),
        ("season", ("spring", "summer", "autumn", "winter")),
    ),
)
SKY, CLOUD, ROCK, FOREST, WATER, MEADOW, LEAF, BUILT, CLOTH = range(1, 10)


@dataclass(frozen=True)
class Season:
    """Colours of one season: sky from top to horizon, land, woods, leaves and flowers."""

    sky: tuple[Colour, Colour]
    land: list[Colour]
    woods: list[Colour]
    leaves: list[Colour]
    flowers: list[Colour]


SEASONS = {
    "spring": Season((rgb("6db7e8"), rgb("e3f3f0")), palette("8cc063 a5cf6a 7ab86a"), palette("5f9a62 4f8f70"),
                     palette("f2b3c6 f7d3dc 9ccf6c e9a0b8"), palette("f7d34c ffffff e87aa4")),
    "summer": Season((rgb("2f8fd8"), rgb("cfe9f5")), palette("6fa84a 86b04e 5f9c4a"), palette("33694a 3f7a48"),
                     palette("3f8a3f 4f9a45 2f7544"), palette("e8483f f2c53d ffffff")),
    "autumn": Season((rgb("7aa6c9"), rgb("f6e3c5")), palette("b59a4a a88a42 c2a45a"), palette("9a5a2c 7d5a34 b3742f"),
                     palette("d9662b e09a2f b8432a c98a2a"), palette("c2562b e0b04a")),
    "winter": Season((rgb("8fb3d4"), rgb("f3ece8")), palette("f1f4f8 e6edf4 f7f5f2"), palette("5a7280 6c8490"),
                     palette("dfe8ef c9d6e0 8a7a70"), palette("c23b3b dfe8ef")),
}  # fmt: skip


@dataclass(frozen=True)
class Geography:
    """Where the lake lies (rows of its far and near shore), the near shore's slope, sun, sky and light."""

    shore: float
    bank: float
    slope: float
    sun: tuple[float, float]
    sunny: bool
    top: Colour
    low: Colour
    light: float


class Scene:
    """The two pictures under construction, and the line that a style may want around each shape."""

    def __init__(self, ink: float) -> None:
        self.canvas = Canvas(SIDE, SIDE)
        self.material = Image.new("L", self.canvas.picture.size, SKY)
        self._pen = ImageDraw.Draw(self.material)
        self._ink = ink

    def put(self, outline: np.ndarray, colour: Colour, material: int, *, ink: bool = True) -> None:
        """Fill an outline; with a line around it where the style draws lines."""
        line = mix(darker(colour, 0.75), (24, 20, 36), 0.5) if ink and self._ink else None
        self.canvas.shape(outline, colour, line, self._ink)
        self._pen.polygon((outline * SUPERSAMPLE).ravel().tolist(), fill=material)

    def finished(self) -> tuple[np.ndarray, np.ndarray]:
        """`(224, 224, 3)` float32 colours and `(224, 224)` uint8 materials."""
        return self.canvas.finished(), np.asarray(self.material)[::SUPERSAMPLE, ::SUPERSAMPLE]


def landscape(index: int, seed: int, ink: float) -> tuple[Scene, Geography, dict[str, int | str]]:
    """Scene `index`, painted flat with lines of width `ink` (0: none), and its attributes."""
    found = DESIGN.attributes(index, seed)
    key = ("styles", seed, index)
    rng = generator(*key, "land")
    season = SEASONS[str(found["season"])]
    warm = float(rng.uniform(0, 0.5))
    place = Geography(
        shore=float(rng.uniform(100, 122)),
        bank=float(rng.uniform(150, 172)),
        slope=float(rng.uniform(-12, 12)),
        sun=(float(rng.uniform(30, 194)), float(rng.uniform(24, 62))),
        sunny=bool(found["sun"]),
        top=mix(season.sky[0], palette("e98a6a 6a6ac0 5aa0c0")[int(rng.integers(3))], warm * 0.7),
        low=mix(season.sky[1], palette("ffd9a0 ffc9b0 fff0d0")[int(rng.integers(3))], warm),
        light=float(rng.choice((-1, 1))),
    )
    scene = Scene(ink)
    share = np.clip(np.arange(SIDE) / place.shore, 0, 1)[:, None]
    column = np.array(place.top) * (1 - share) + np.array(place.low) * share
    scene.canvas.rows(column)
    if found["sun"]:
        scene.put(ellipse(*place.sun, 15, 15), (255, 236, 158), SKY)
    if found["clouds"]:
        _paint_clouds(scene, generator(*key, "clouds"), place)
    _paint_backdrop(scene, generator(*key, "relief"), place, season, bool(found["mountains"]))
    _paint_lake(scene, generator(*key, "lake"), place, found["subject"] == "sailboat")
    _paint_bank(scene, generator(*key, "bank"), place, season, str(found["subject"]), bool(found["fence"]))
    return scene, place, found


def _paint_clouds(scene: Scene, rng: np.random.Generator, place: Geography) -> None:
    for _ in range(int(rng.integers(2, 5))):
        x, y, s = rng.uniform(0, SIDE), rng.uniform(14, 70), rng.uniform(13, 26)
        bumps = np.linspace(np.pi, 2 * np.pi, 8)
        top = np.column_stack([x + 1.7 * s * np.cos(bumps), y + s * np.sin(bumps) * rng.uniform(0.5, 0.95, 8)])
        outline = smooth(np.vstack([top, (x + 1.5 * s, y + 0.16 * s), (x - 1.5 * s, y + 0.16 * s)]))
        scene.put(outline, mix((255, 255, 255), place.low, 0.25), CLOUD)
        scene.put(smooth(np.vstack([top * (1, 0.35) + (0, 0.65 * y + 1), (x, y + 0.14 * s)])), mix(place.low, place.top, 0.3), CLOUD, ink=False)


def _ridge(rng: np.random.Generator, base: float, height: float, count: int, rough: float) -> np.ndarray:
    xs = np.linspace(-20, SIDE + 20, count) + rng.uniform(-6, 6, count)
    ys = base - height * (0.25 + 0.75 * rng.random(count))
    line = np.column_stack([xs, ys])
    for _ in range(3):  # midpoint displacement
        middle = (line[1:] + line[:-1]) / 2
        middle[:, 1] += rng.normal(0, rough, len(middle))
        joined = np.empty((2 * len(line) - 1, 2))
        joined[::2], joined[1::2] = line, middle
        line, rough = joined, rough * 0.55
    return line


def _land(line: np.ndarray, base: float) -> np.ndarray:
    return np.vstack([line, (SIDE + 30, base), (-30, base)])


def _paint_backdrop(scene: Scene, rng: np.random.Generator, place: Geography, season: Season, mountains: bool) -> None:
    base = place.shore + 2
    if mountains:
        for layer, height in enumerate((62, 40)):
            line = _ridge(rng, base - 6, height, 6 + 2 * layer, 6)
            rock = mix(palette("6f7f9c 7a7488 5f7a8a")[int(rng.integers(3))], place.low, 0.4 - 0.22 * layer)
            outline = _land(line, base)
            scene.put(outline, rock, ROCK)
            inside = scene.canvas.area(outline)
            shadow = np.vstack([line + (place.light * 14, 6), (SIDE + 60, base), (-60, base)])
            scene.canvas.fill(shadow, darker(rock, 0.3), within=inside, opacity=0.55)
            if layer == 0:
                edge = np.column_stack([line[:, 0], line[:, 1] + 0.32 * np.maximum(0, base - 26 - line[:, 1]) + rng.uniform(0, 3, len(line))])
                snow = np.vstack([line, edge[::-1]])
                scene.put(snow, mix((250, 251, 255), place.low, 0.12), ROCK, ink=False)
    else:
        for layer, height in enumerate((34, 22)):
            corners = np.column_stack([np.linspace(-20, SIDE + 20, 7), base - height * (0.3 + 0.7 * rng.random(7))])
            hill = mix(season.land[int(rng.integers(3))], place.low, 0.42 - 0.22 * layer)
            scene.put(_land(smooth(corners, closed=False), base), hill, MEADOW)
    wood = mix(season.woods[int(rng.integers(len(season.woods)))], place.low, 0.15)
    xs = np.arange(-6, SIDE + 8, 5.0)
    tops = base - 5 - 7 * rng.random(len(xs)) - 5 * np.sin(xs / rng.uniform(20, 50) + rng.uniform(0, 6))
    spiky = np.column_stack([np.repeat(xs, 2) + np.tile((0, 2.5), len(xs)), np.column_stack([tops, tops + rng.uniform(1, 6, len(xs))]).ravel()])
    scene.put(_land(spiky, base + 1), wood, FOREST)


def _paint_lake(scene: Scene, rng: np.random.Generator, place: Geography, sails: bool) -> None:
    water = mix(mix(place.top, (36, 92, 128), 0.45), place.low, 0.12)
    scene.put(points((-5, place.shore), (SIDE + 5, place.shore), (SIDE + 5, SIDE + 5), (-5, SIDE + 5)), water, WATER)
    for _ in range(int(rng.integers(14, 24))):
        y = rng.uniform(place.shore + 4, place.bank + 8)
        x, w = rng.uniform(0, SIDE), rng.uniform(8, 30) * (0.4 + (y - place.shore) / 60)
        scene.put(ellipse(x, y, w, 0.7 + 0.012 * w), lighter(water, rng.uniform(0.15, 0.4)), WATER, ink=False)
    if place.sunny:
        for k in range(9):
            y = place.shore + 3 + 4.5 * k
            scene.put(ellipse(place.sun[0] + rng.uniform(-3, 3), y, rng.uniform(4, 11), 1.1), mix(water, (255, 240, 190), 0.75), WATER, ink=False)
    if sails:
        _paint_boat(scene, rng, place, water)


def _paint_boat(scene: Scene, rng: np.random.Generator, place: Geography, water: Colour) -> None:
    x, s = rng.uniform(60, 164), rng.uniform(0.8, 1.15)
    y = place.shore + 0.45 * (place.bank - place.shore)
    way = float(rng.choice((-1, 1)))
    hull, sail = palette("b8433f 2f4b7c f1ece0 3f6b5e")[int(rng.integers(4))], palette("fbf7ec f2c14e e8786a f3efe6")[int(rng.integers(4))]

    def at(*pairs: tuple[float, float]) -> np.ndarray:
        return points(*pairs) * (way * s, s) + (x, y)

    scene.put(smooth(at((-24, 5), (24, 5), (12, 26), (2, 44), (-10, 26))), darker(water, 0.25), WATER, ink=False)
    scene.put(at((-1, -66), (1, -66), (1.3, 0), (-1.3, 0)), (104, 78, 58), BUILT)
    scene.put(smooth(np.vstack([at((2, -64), (2, -8)), at((14, -6), (32, -8), (24, -30))])), sail, CLOTH)
    scene.put(at((-2.5, -58), (-2.5, -8), (-24, -7)), mix(sail, (255, 255, 255), 0.4), CLOTH)
    scene.put(smooth(at((-31, -3), (0, -1), (34, -4), (25, 8), (-22, 8))), hull, BUILT)
    scene.put(at((-29, -2.6), (31, -3.2), (30, -0.4), (-28, 0)), lighter(hull, 0.5), BUILT, ink=False)


def _paint_bank(scene: Scene, rng: np.random.Generator, place: Geography, season: Season, subject: str, fence: bool) -> None:
    land = season.land[int(rng.integers(3))]
    xs = np.linspace(-20, SIDE + 20, 8)
    rim = place.bank + place.slope * (xs / SIDE - 0.5) * 2 + rng.uniform(-4, 4, 8)
    line = smooth(np.column_stack([xs, rim]), closed=False)
    scene.put(_land(line + (0, -2.5), SIDE + 10), mix(land, (214, 196, 150), 0.6), MEADOW)
    scene.put(_land(line, SIDE + 10), land, MEADOW)
    for _ in range(3):
        swell = smooth(points((-20, rng.uniform(178, 212)), (rng.uniform(40, 180), rng.uniform(174, 206)), (SIDE + 20, rng.uniform(180, 220))), closed=False)
        scene.put(_land(swell, SIDE + 20), mix(land, season.land[int(rng.integers(3))], 0.6), MEADOW, ink=False)
    x = rng.uniform(58, 166)
    if subject == "cottage":
        _paint_cottage(scene, rng, x, place)
    elif subject == "lighthouse":
        _paint_lighthouse(scene, rng, x, place)
    elif subject == "tree":
        _paint_tree(scene, rng, x, place.bank + 26, rng.uniform(0.95, 1.2), season)
    for _ in range(int(rng.integers(1, 4))):
        side = rng.uniform(-6, 40) if x > SIDE / 2 else rng.uniform(184, 230)
        _paint_tree(scene, rng, side, place.bank + rng.uniform(8, 30), rng.uniform(0.28, 0.5), season)
    if fence:
        _paint_fence(scene, rng)
    for _ in range(int(rng.integers(16, 34))):
        a, b = rng.uniform(0, SIDE), rng.uniform(place.bank + 16, SIDE)
        r = 0.9 + (b - place.bank) / 34
        scene.put(ellipse(a, b, r, 0.85 * r)[::4], season.flowers[int(rng.integers(len(season.flowers)))], LEAF, ink=False)


def _paint_cottage(scene: Scene, rng: np.random.Generator, x: float, place: Geography) -> None:
    y, s, way = place.bank + rng.uniform(18, 28), rng.uniform(0.95, 1.25), place.light
    wall = palette("f3e6cf d9c3a0 e8d8d0 c98d6b f0efe8")[int(rng.integers(5))]
    roof = palette("a3473a 6b4a3f 4f5a6b b8663c 3f4a50")[int(rng.integers(5))]

    def at(*pairs: tuple[float, float]) -> np.ndarray:
        return points(*pairs) * (way * s, s) + (x, y)

    scene.put(at((20, -74), (29, -74), (29, -48), (20, -48)), mix(wall, (120, 80, 70), 0.5), BUILT)
    scene.put(at((8, 0), (46, -4), (46, -34), (8, -34)), darker(wall, 0.24), BUILT)
    scene.put(at((-36, 0), (8, 0), (8, -34), (-14, -62), (-36, -34)), wall, BUILT)
    scene.put(at((-16, -65), (34, -63), (51, -31), (10, -30)), roof, BUILT)
    scene.put(at((-16, -65), (-12, -62), (-38, -28), (-42, -31)), darker(roof, 0.3), BUILT)
    scene.put(at((-20, 0), (-8, 0), (-8, -24), (-20, -24)), palette("5a3d2c 2f5b6b 7a3030")[int(rng.integers(3))], BUILT)
    for a, b in ((-32, -10), (-4, -10)):
        scene.put(at((a, b - 3), (a + 9, b - 3), (a + 9, b - 15), (a, b - 15)), (72, 96, 116), BUILT)
    scene.put(at((18, -11), (28, -12), (28, -24), (18, -24)), (66, 88, 108), BUILT)
    scene.put(at((33, -12), (41, -13), (41, -24), (33, -24)), (66, 88, 108), BUILT)
    scene.put(ellipse(x - way * s * 14, y - 44 * s, 4.5, 4.5), (72, 96, 116), BUILT)


def _paint_lighthouse(scene: Scene, rng: np.random.Generator, x: float, place: Geography) -> None:
    y, s, way = place.bank + rng.uniform(14, 24), rng.uniform(0.95, 1.2), place.light
    stripe = palette("c23b34 2f4b7c 3a3a44 c2662f")[int(rng.integers(4))]
    white = (246, 243, 236)

    def at(*pairs: tuple[float, float]) -> np.ndarray:
        return points(*pairs) * (way * s, s) + (x, y)

    scene.put(smooth(at((-34, 4), (-20, -6), (4, -9), (26, -5), (38, 5), (0, 11))), (128, 120, 116), ROCK)
    scene.put(at((-17, 0), (17, 0), (10, -92), (-10, -92)), white, BUILT)
    for low in (14, 42, 70):
        a, b = 17 - 7 * low / 92, 17 - 7 * (low + 14) / 92
        scene.put(at((-a, -low), (a, -low), (b, -low - 14), (-b, -low - 14)), stripe, BUILT)
    scene.put(at((3, 0), (17, 0), (10, -92), (2, -92)), mix(white, (90, 96, 130), 0.5), BUILT, ink=False)
    for low in (14, 42, 70):
        a, b = 17 - 7 * low / 92, 17 - 7 * (low + 14) / 92
        scene.put(at((3, -low), (a, -low), (b, -low - 14), (3, -low - 14)), darker(stripe, 0.35), BUILT, ink=False)
    scene.put(at((-15, -92), (15, -92), (15, -96), (-15, -96)), (62, 62, 72), BUILT)
    scene.put(at((-8, -96), (8, -96), (8, -109), (-8, -109)), (255, 226, 140), BUILT)
    scene.put(at((-11, -109), (11, -109), (0, -121)), stripe, BUILT)
    scene.put(at((-4, 0), (4, 0), (4, -11), (-4, -11)), (70, 56, 50), BUILT)


def _paint_tree(scene: Scene, rng: np.random.Generator, x: float, y: float, s: float, season: Season) -> None:
    leaf = season.leaves[int(rng.integers(len(season.leaves)))]
    trunk = smooth(points((-7, 2), (-4, -30), (-9, -58), (9, -58), (4, -30), (8, 2)), steps=3) * s + (x, y)
    scene.put(trunk, (98, 74, 58), BUILT)
    lumps = [(rng.uniform(-26, 26), rng.uniform(-96, -54), rng.uniform(15, 23)) for _ in range(9)]
    for tone, grow, dx, dy in ((darker(leaf, 0.4), 1.1, 3, 4), (leaf, 1.0, 0, 0), (lighter(leaf, 0.25), 0.55, -5, -6)):
        for a, b, r in lumps:
            blob = ellipse((a + dx) * s + x, (b + dy) * s + y, r * grow * s, 0.9 * r * grow * s)
            scene.put(blob, tone, LEAF, ink=grow > 1.05)


def _paint_fence(scene: Scene, rng: np.random.Generator) -> None:
    y, step = rng.uniform(188, 204), rng.uniform(20, 30)
    wood = palette("a5825c f0ebe0 7a5f4a")[int(rng.integers(3))]
    rise = rng.uniform(-10, 10)
    for dy in (-13, -5):
        rail = points((-5, y + dy - rise), (SIDE / 2, y + dy + 2), (SIDE + 5, y + dy + rise))
        scene.put(ribbon(smooth(rail, closed=False), 3.2), wood, BUILT)
    for x in np.arange(rng.uniform(-10, 10), SIDE + 5, step):
        base = y + rise * (2 * x / SIDE - 1)
        scene.put(points((x, base + 4), (x + 4.4, base + 4), (x + 4.4, base - 18), (x + 2.2, base - 21), (x, base - 18)), lighter(wood, 0.1), BUILT)
