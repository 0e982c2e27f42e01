"""What stands along the road: buildings, houses, trees, lamps, people."""

from __future__ import annotations

import numpy as np

from dnacore.demo.canvas import SUPERSAMPLE, Colour, darker, ellipse, lighter, mix, palette, points, smooth
from dnacore.demo.streets.view import LANE, NEAR, WIDTH, View

WALLS = palette("c98d6b b5654a d9c3a0 9aa3a8 e0d4c0 8f6f5e 7f93a6 c7b09a a9a39a d7a98c 6f7d86 e8dcc8 b07f6a")
LEAVES = palette("4f7d3f 6a9a48 3f6b45 86a04a b98a3a c0652f 2f5f46")
SHOPS = palette("b8433f 2f6b5e 2b4a7c e0a030 6a3d5c 3d3d46")
COATS = palette("b8433f 2f4b7c e0a030 3f5f3a 4c4a63 e8e2d4 20242e 8c5a88")
LIT = palette("ffd98a ffe7b0 ffc66b f6f0d0 bfe0ff")


def paint_building(view: View, side: int, x: float, z0: float, z1: float, number: int) -> None:
    """A house front along the street from `z0` to `z1`, with its near end wall, windows and a shop."""
    rng = np.random.default_rng(number)
    canvas = view.canvas
    floors = int(rng.integers(2, 9))
    ground, storey = 3.8, 3.1
    height = ground + floors * storey + 0.6
    wall = WALLS[int(rng.integers(len(WALLS)))]
    sun = 1.06 if side * view.bend > 0 else 0.86
    front, middle = max(z0, NEAR), (max(z0, NEAR) * z1) ** 0.5
    end = x + side * 14
    canvas.polygon(
        view.quad((x, 0, front), (end, 0, front), (end, height, front), (x, height, front)),
        view.seen(wall, front, 0.72),
    )
    canvas.polygon(
        view.quad((x, 0, front), (x, 0, z1), (x, height, z1), (x, height, front)), view.seen(wall, middle, sun)
    )
    canvas.polygon(
        view.quad(
            (x, height - 0.5, front),
            (x, height - 0.5, z1),
            (x - side * 0.3, height, z1),
            (x - side * 0.3, height, front),
        ),
        view.seen(lighter(wall, 0.3), middle, sun),
    )
    shop = SHOPS[int(rng.integers(len(SHOPS)))]
    canvas.polygon(
        view.quad((x, 0, front), (x, 0, z1), (x, ground - 0.7, z1), (x, ground - 0.7, front)),
        view.seen(darker(shop, 0.25), middle, sun),
    )
    columns = np.arange(z0 + 0.9, z1 - 1.2, 2.7)
    columns = columns[columns > NEAR + 0.2]
    night = view.hour.dark > 0.2
    _windows(view, rng, x, columns, 1.9, np.array([0.5]), 2.1, 0.85 if night else 0.1, (86, 104, 118))
    if rng.random() < 0.7:
        out = x - side * 1.1
        canvas.polygon(
            view.quad((x, ground, front), (x, ground, z1), (out, ground - 0.8, z1), (out, ground - 0.8, front)),
            view.seen(lighter(shop, 0.12), middle, 1.0),
        )
    share = {0.0: 0.02}.get(view.hour.dark, 0.3 if view.hour.dark < 0.8 else 0.48)
    glass = mix((84, 100, 118), view.hour.middle, 0.35) if not night else (58, 66, 84)
    rows = ground + 0.75 + storey * np.arange(floors)
    _windows(view, rng, x, columns, 1.35, rows, 1.65, share, glass)


def _windows(
    view: View,
    rng: np.random.Generator,
    x: float,
    columns: np.ndarray,
    wide: float,
    rows: np.ndarray,
    high: float,
    lit: float,
    glass: Colour,
) -> None:
    """Windows of a wall along the road: starts `columns` and sills `rows` in metres, a share `lit` of them shining."""
    if not len(columns):
        return
    on = rng.random((len(columns), len(rows))).tolist()
    tones = rng.integers(0, len(LIT), (len(columns), len(rows))).tolist()
    levels = rows.tolist()
    for i, a in enumerate(columns.tolist()):
        if view.size(wide, a) < 1.4:
            continue
        x0, y0 = view.at(x, 0.0, a)
        x1, y1 = view.at(x, 0.0, a + wide)
        if max(x0, x1) < 0 or min(x0, x1) > WIDTH:
            continue
        x0, y0, x1, y1 = x0 * SUPERSAMPLE, y0 * SUPERSAMPLE, x1 * SUPERSAMPLE, y1 * SUPERSAMPLE
        k0, k1 = SUPERSAMPLE * view.size(1.0, a), SUPERSAMPLE * view.size(1.0, a + wide)
        dark = view.seen(glass, a)
        shining = [view.shining(mix(tone, (70, 60, 70), 0.12), a) for tone in LIT]
        for j, y in enumerate(levels):
            if y0 - k0 * y < 0:
                break
            top = y + high
            outline = [x0, y0 - k0 * y, x1, y1 - k1 * y, x1, y1 - k1 * top, x0, y0 - k0 * top]
            view.canvas.polygon(outline, shining[tones[i][j]] if on[i][j] < lit else dark)
    if lit > 0.5 and view.hour.dark > 0.8:
        view.glow(x, 1.4, float(columns.mean()) + 1, 4.0, (255, 196, 120), 0.18)


def paint_house(view: View, side: int, x: float, z: float, number: int) -> None:
    """A cottage with a pitched roof, away from the road."""
    rng = np.random.default_rng(number)
    canvas = view.canvas
    wall, roof = WALLS[int(rng.integers(len(WALLS)))], palette("8a4a3a 6b5a58 a3573f 4f5560")[int(rng.integers(4))]
    w, h, peak, deep = rng.uniform(6, 9), rng.uniform(2.8, 5), rng.uniform(2, 3.4), rng.uniform(6, 9)
    near, far = x, x + side * w
    canvas.polygon(
        view.quad((near, 0, z), (near, 0, z + deep), (near, h, z + deep), (near, h, z)), view.seen(wall, z, 0.76)
    )
    canvas.polygon(
        view.quad(
            (near, h, z), (near, h, z + deep), (x + side * w / 2, h + peak, z + deep), (x + side * w / 2, h + peak, z)
        ),
        view.seen(roof, z, 0.9),
    )
    canvas.polygon(
        view.quad((near, 0, z), (far, 0, z), (far, h, z), (x + side * w / 2, h + peak, z), (near, h, z)),
        view.seen(lighter(wall, 0.12), z),
    )
    lit = view.hour.dark > 0.2
    for k in (0.22, 0.64):
        a, b = x + side * w * k, x + side * w * (k + 0.16)
        canvas.polygon(
            view.quad((a, 1.1, z), (b, 1.1, z), (b, 2.3, z), (a, 2.3, z)),
            view.shining(LIT[number % 3], z) if lit else view.seen((70, 88, 104), z),
        )
    if lit and view.hour.dark > 0.8:
        view.glow(x + side * w * 0.4, 1.7, z, 3.0, (255, 200, 120), 0.2)


def paint_tree(view: View, x: float, z: float, number: int) -> None:
    """A leafy tree, a poplar or a conifer."""
    rng = np.random.default_rng(number)
    canvas, kind = view.canvas, number % 4
    green = LEAVES[int(rng.integers(len(LEAVES)))]
    h = rng.uniform(4.5, 9)
    dark, base, light = (
        view.seen(c, z) for c in (darker(green, 0.35), green, lighter(mix(green, (230, 220, 120), 0.25), 0.12))
    )
    canvas.polygon(
        view.quad((x - 0.16, 0, z), (x + 0.16, 0, z), (x + 0.1, 0.5 * h, z), (x - 0.1, 0.5 * h, z)),
        view.seen((92, 70, 54), z),
    )
    if kind == 0:
        for level, wide in ((0.15, 0.3), (0.4, 0.24), (0.64, 0.16)):
            tier = points((-wide * h, level * h), (wide * h, level * h), (0, (level + 0.42) * h))
            canvas.polygon(view.upright(tier, x, z), dark)
            canvas.polygon(view.upright(tier * (0.75, 1) + (-0.05 * h, 0.01 * h), x, z), base)
        return
    if kind == 1:
        canvas.polygon(view.upright(ellipse(0, 0.55 * h, 0.13 * h, 0.48 * h), x, z), dark)
        canvas.polygon(view.upright(ellipse(-0.03 * h, 0.58 * h, 0.085 * h, 0.42 * h), x, z), base)
        return
    lumps = [(rng.uniform(-0.22, 0.22) * h, rng.uniform(0.5, 0.86) * h, rng.uniform(0.15, 0.24) * h) for _ in range(7)]
    (px, py), k = view.at(x, 0.0, z), view.size(1.0, z)
    for tone, grow, dx, dy in ((dark, 1.12, 0.02, -0.03), (base, 1.0, 0.0, 0.0), (light, 0.55, -0.06, 0.06)):
        for a, b, r in lumps:
            canvas.disc(px + k * (a + dx * h), py - k * (b + dy * h), k * r * grow, 0.92 * k * r * grow, tone)


def paint_lamp(view: View, side: int, z: float) -> None:
    """A street lamp that leans over the road and glows after dark."""
    canvas = view.canvas
    x, h = side * (LANE + 0.7), 6.2
    tone = view.seen((70, 74, 82), z)
    thick = max(0.07, 0.45 / max(view.size(1, z), 0.1))
    canvas.polygon(
        view.quad((x - thick, 0, z), (x + thick, 0, z), (x + thick * 0.6, h, z), (x - thick * 0.6, h, z)), tone
    )
    arm = x - side * 1.5
    canvas.polygon(
        view.quad((x, h, z), (arm, h + 0.25, z), (arm, h + 0.25 + 1.6 * thick, z), (x, h + 1.6 * thick, z)), tone
    )
    head = view.quad(
        (arm - 0.35, h + 0.16, z), (arm + 0.35, h + 0.16, z), (arm + 0.25, h + 0.36, z), (arm - 0.25, h + 0.36, z)
    )
    if view.hour.dark > 0.2:
        canvas.polygon(head, view.shining((255, 232, 176), z))
        strength = 1.25 if view.hour.dark > 0.8 else 0.5
        view.glow(arm, h + 0.2, z, 2.4, (255, 206, 130), strength)
        if view.hour.dark > 0.8:
            view.glow(arm, 0.2, z, 3.6, (190, 140, 80), 0.4)
    else:
        canvas.polygon(head, view.seen((220, 224, 226), z))


def paint_walker(view: View, x: float, z: float, number: int) -> None:
    """A person on foot, with an umbrella when it rains."""
    rng = np.random.default_rng(number)
    canvas = view.canvas
    coat, legs = COATS[int(rng.integers(len(COATS)))], COATS[int(rng.integers(len(COATS)))]
    skin, hair = (
        palette("f2bf96 c98a5b 85512f")[int(rng.integers(3))],
        palette("2a2020 6a4126 d3a24c")[int(rng.integers(3))],
    )
    step, s = rng.uniform(0.1, 0.3), rng.uniform(0.92, 1.08)

    def part(shape: np.ndarray, colour: Colour, light: float = 1.0) -> None:
        canvas.polygon(view.upright(shape * s, x, z), view.seen(colour, z, light))

    (px, py), k = view.at(x, 0.0, z), view.size(1.0, z)
    canvas.fill(ellipse(px, py, 0.5 * k, 0.1 * k), view.seen((30, 30, 36), z), opacity=0.4)
    for sign in (-1, 1):
        part(
            points(
                (-0.02 + sign * 0.05, 0.85), (0.12 * sign, 0.85), (sign * step + 0.09, 0.0), (sign * step - 0.09, 0.0)
            ),
            darker(legs, 0.3),
        )
    part(smooth(points((-0.2, 1.4), (0.2, 1.4), (0.27, 0.72), (-0.27, 0.72)), steps=3), coat)
    part(points((0.14, 1.38), (0.27, 1.34), (0.36, 0.85), (0.25, 0.85)), darker(coat, 0.2))
    part(ellipse(0, 1.57, 0.125, 0.15)[::3], skin)
    part(ellipse(0, 1.63, 0.14, 0.11)[::3], hair)
    if view.rain:
        tone = COATS[int(rng.integers(len(COATS)))]
        dome = np.vstack([ellipse(0.1, 1.75, 0.62, 0.45)[24:], (0.72, 1.75)])
        part(points((0.08, 1.0), (0.12, 1.0), (0.12, 2.0), (0.08, 2.0)), (60, 60, 66))
        part(dome * (1, -1) + (0, 3.5) if dome[:, 1].mean() < 1.75 else dome, tone, 1.1)
