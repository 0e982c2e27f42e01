"""What a landscape is about: a boat, a cottage, a lighthouse, a tree, and the fence in front."""

from __future__ import annotations

import numpy as np

from dnacore.demo.canvas import Colour, darker, ellipse, lighter, mix, palette, points, ribbon, smooth
from dnacore.demo.landscapes.scene import BUILT, CLOTH, LEAF, ROCK, SIDE, WATER, Geography, Scene, Season


def paint_boat(scene: Scene, rng: np.random.Generator, place: Geography, water: Colour) -> None:
    """A boat with two sails on the lake, and its dark reflection."""
    x, s = rng.uniform(60, 164), rng.uniform(0.8, 1.15)
    y = place.shore + 0.45 * (place.bank - place.shore)
    way = float(rng.choice((-1, 1)))
    hull, sail = (
        palette("b8433f 2f4b7c f1ece0 3f6b5e")[int(rng.integers(4))],
        palette("fbf7ec f2c14e e8786a f3efe6")[int(rng.integers(4))],
    )

    def at(*pairs: tuple[float, float]) -> np.ndarray:
        return points(*pairs) * (way * s, s) + (x, y)

    scene.put(smooth(at((-24, 5), (24, 5), (12, 26), (2, 44), (-10, 26))), darker(water, 0.25), WATER, ink=False)
    scene.put(at((-1, -66), (1, -66), (1.3, 0), (-1.3, 0)), (104, 78, 58), BUILT)
    scene.put(smooth(np.vstack([at((2, -64), (2, -8)), at((14, -6), (32, -8), (24, -30))])), sail, CLOTH)
    scene.put(at((-2.5, -58), (-2.5, -8), (-24, -7)), mix(sail, (255, 255, 255), 0.4), CLOTH)
    scene.put(smooth(at((-31, -3), (0, -1), (34, -4), (25, 8), (-22, 8))), hull, BUILT)
    scene.put(at((-29, -2.6), (31, -3.2), (30, -0.4), (-28, 0)), lighter(hull, 0.5), BUILT, ink=False)


def paint_cottage(scene: Scene, rng: np.random.Generator, x: float, place: Geography) -> None:
    """A cottage with a chimney, its lit gable and its long side."""
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
    scene.put(
        at((-20, 0), (-8, 0), (-8, -24), (-20, -24)), palette("5a3d2c 2f5b6b 7a3030")[int(rng.integers(3))], BUILT
    )
    for a, b in ((-32, -10), (-4, -10)):
        scene.put(at((a, b - 3), (a + 9, b - 3), (a + 9, b - 15), (a, b - 15)), (72, 96, 116), BUILT)
    scene.put(at((18, -11), (28, -12), (28, -24), (18, -24)), (66, 88, 108), BUILT)
    scene.put(at((33, -12), (41, -13), (41, -24), (33, -24)), (66, 88, 108), BUILT)
    scene.put(ellipse(x - way * s * 14, y - 44 * s, 4.5, 4.5), (72, 96, 116), BUILT)


def paint_lighthouse(scene: Scene, rng: np.random.Generator, x: float, place: Geography) -> None:
    """A striped lighthouse on a rock."""
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


def paint_tree(scene: Scene, rng: np.random.Generator, x: float, y: float, s: float, season: Season) -> None:
    """A round tree whose foot stands at `(x, y)`, `s` times its full size."""
    leaf = season.leaves[int(rng.integers(len(season.leaves)))]
    trunk = smooth(points((-7, 2), (-4, -30), (-9, -58), (9, -58), (4, -30), (8, 2)), steps=3) * s + (x, y)
    scene.put(trunk, (98, 74, 58), BUILT)
    lumps = [(rng.uniform(-26, 26), rng.uniform(-96, -54), rng.uniform(15, 23)) for _ in range(9)]
    for tone, grow, dx, dy in ((darker(leaf, 0.4), 1.1, 3, 4), (leaf, 1.0, 0, 0), (lighter(leaf, 0.25), 0.55, -5, -6)):
        for a, b, r in lumps:
            blob = ellipse((a + dx) * s + x, (b + dy) * s + y, r * grow * s, 0.9 * r * grow * s)
            scene.put(blob, tone, LEAF, ink=grow > 1.05)


def paint_fence(scene: Scene, rng: np.random.Generator) -> None:
    """A wooden fence across the foreground."""
    y, step = rng.uniform(188, 204), rng.uniform(20, 30)
    wood = palette("a5825c f0ebe0 7a5f4a")[int(rng.integers(3))]
    rise = rng.uniform(-10, 10)
    for dy in (-13, -5):
        rail = points((-5, y + dy - rise), (SIDE / 2, y + dy + 2), (SIDE + 5, y + dy + rise))
        scene.put(ribbon(smooth(rail, closed=False), 3.2), wood, BUILT)
    for x in np.arange(rng.uniform(-10, 10), SIDE + 5, step):
        base = y + rise * (2 * x / SIDE - 1)
        scene.put(
            points((x, base + 4), (x + 4.4, base + 4), (x + 4.4, base - 18), (x + 2.2, base - 21), (x, base - 18)),
            lighter(wood, 0.1),
            BUILT,
        )
