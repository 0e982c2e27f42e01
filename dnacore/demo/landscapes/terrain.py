"""A lake in the hills: the scene that the `styles` datasets draw in four ways."""

from __future__ import annotations

import numpy as np

from dnacore.demo.canvas import darker, ellipse, lighter, mix, palette, points, smooth
from dnacore.demo.design import Design, generator
from dnacore.demo.landscapes.scene import (
    CLOUD,
    FOREST,
    LEAF,
    MEADOW,
    ROCK,
    SEASONS,
    SIDE,
    SKY,
    WATER,
    Geography,
    Scene,
    Season,
)
from dnacore.demo.landscapes.subjects import paint_boat, paint_cottage, paint_fence, paint_lighthouse, paint_tree

DESIGN = Design(
    "styles",
    binary=("sun", "clouds", "mountains", "fence"),
    words=(
        ("subject", ("cottage", "lighthouse", "sailboat", "tree")),
        ("season", ("spring", "summer", "autumn", "winter")),
    ),
)


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
        scene.put(
            smooth(np.vstack([top * (1, 0.35) + (0, 0.65 * y + 1), (x, y + 0.14 * s)])),
            mix(place.low, place.top, 0.3),
            CLOUD,
            ink=False,
        )


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
                edge = np.column_stack(
                    [
                        line[:, 0],
                        line[:, 1] + 0.32 * np.maximum(0, base - 26 - line[:, 1]) + rng.uniform(0, 3, len(line)),
                    ]
                )
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
    spiky = np.column_stack(
        [
            np.repeat(xs, 2) + np.tile((0, 2.5), len(xs)),
            np.column_stack([tops, tops + rng.uniform(1, 6, len(xs))]).ravel(),
        ]
    )
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
            scene.put(
                ellipse(place.sun[0] + rng.uniform(-3, 3), y, rng.uniform(4, 11), 1.1),
                mix(water, (255, 240, 190), 0.75),
                WATER,
                ink=False,
            )
    if sails:
        paint_boat(scene, rng, place, water)


def _paint_bank(
    scene: Scene, rng: np.random.Generator, place: Geography, season: Season, subject: str, fence: bool
) -> None:
    land = season.land[int(rng.integers(3))]
    xs = np.linspace(-20, SIDE + 20, 8)
    rim = place.bank + place.slope * (xs / SIDE - 0.5) * 2 + rng.uniform(-4, 4, 8)
    line = smooth(np.column_stack([xs, rim]), closed=False)
    scene.put(_land(line + (0, -2.5), SIDE + 10), mix(land, (214, 196, 150), 0.6), MEADOW)
    scene.put(_land(line, SIDE + 10), land, MEADOW)
    for _ in range(3):
        swell = smooth(
            points(
                (-20, rng.uniform(178, 212)),
                (rng.uniform(40, 180), rng.uniform(174, 206)),
                (SIDE + 20, rng.uniform(180, 220)),
            ),
            closed=False,
        )
        scene.put(_land(swell, SIDE + 20), mix(land, season.land[int(rng.integers(3))], 0.6), MEADOW, ink=False)
    x = rng.uniform(58, 166)
    if subject == "cottage":
        paint_cottage(scene, rng, x, place)
    elif subject == "lighthouse":
        paint_lighthouse(scene, rng, x, place)
    elif subject == "tree":
        paint_tree(scene, rng, x, place.bank + 26, rng.uniform(0.95, 1.2), season)
    for _ in range(int(rng.integers(1, 4))):
        side = rng.uniform(-6, 40) if x > SIDE / 2 else rng.uniform(184, 230)
        paint_tree(scene, rng, side, place.bank + rng.uniform(8, 30), rng.uniform(0.28, 0.5), season)
    if fence:
        paint_fence(scene, rng)
    for _ in range(int(rng.integers(16, 34))):
        a, b = rng.uniform(0, SIDE), rng.uniform(place.bank + 16, SIDE)
        r = 0.9 + (b - place.bank) / 34
        scene.put(
            ellipse(a, b, r, 0.85 * r)[::4], season.flowers[int(rng.integers(len(season.flowers)))], LEAF, ink=False
        )
