"""Sky, horizon and road of a street scene."""

from __future__ import annotations

import numpy as np

from dnacore.demo.canvas import Colour, ellipse, lighter, mix, palette, points, smooth
from dnacore.demo.streets.view import HEIGHT, LANE, NEAR, WIDTH, View

GRASS = palette("7ca35a 93a860 6b8f55 a8a35f 5f8a4e 8a9a4a")
PAVING = palette("b9b4aa a7a7a8 c2b8a6 9c9a9e")
ASPHALT = palette("5a5d63 4d4f55 67676b 54565f 6d6a68")


def paint_sky(view: View) -> None:
    """Sky, sun, moon, stars and clouds, and the ground up to the horizon."""
    canvas, hour, rng = view.canvas, view.hour, view.random("sky")
    rows = np.arange(HEIGHT, dtype=np.float64)
    up = np.clip(rows / view.horizon, 0, 1)
    stops = np.array([hour.top, hour.middle, hour.low], dtype=np.float64)
    sky = np.stack([np.interp(up, (0, 0.55, 1), stops[:, k]) for k in range(3)], axis=1)
    ground = GRASS[int(rng.integers(len(GRASS)))]
    z = view.focal * view.eye / np.maximum(rows - view.horizon, 0.7)
    land = np.array([view.seen(ground, d) for d in z.tolist()])
    column = np.where((rows > view.horizon)[:, None], land, sky)
    canvas.rows(column)
    x, y = rng.uniform(10, WIDTH - 10), rng.uniform(0.12, 0.6) * view.horizon
    clear = not (view.rain or view.fog)
    if hour.dark > 0.8:
        if clear:
            for sx, sy, r in zip(
                rng.uniform(0, WIDTH, 60), rng.uniform(0, 75, 60), rng.uniform(0.25, 0.7, 60), strict=True
            ):
                canvas.fill(ellipse(sx, sy, r, r)[::6], mix((255, 250, 235), hour.top, rng.uniform(0, 0.6)))
            if rng.random() < 0.6:
                canvas.fill(ellipse(x, y, 7.5, 7.5), (246, 240, 214))
                canvas.fill(ellipse(x + 3.4, y - 1.6, 6.4, 6.4), mix(hour.top, hour.middle, 0.3))
                view.glows.append((x, y, 26, (190, 200, 230), 0.22))
    elif clear:
        low = hour.dark > 0.2
        y = view.horizon - rng.uniform(4, 16) if low else y
        tone = (255, 226, 160) if low else (255, 252, 232)
        canvas.fill(ellipse(x, y, 9, 9), tone)
        view.glows.append((x, y, 60 if low else 40, tone, 0.4))
    _paint_clouds(view, rng)


def _paint_clouds(view: View, rng: np.random.Generator) -> None:
    hour = view.hour
    body = mix(hour.low, (255, 255, 255), 0.65 if hour.dark < 0.2 else 0.12)
    if hour.dark > 0.8:
        body = mix(hour.middle, hour.low, 0.35)
    under, lumps = mix(body, hour.middle, 0.6), []
    for _ in range(int(rng.integers(2, 7))):
        x, y, size = rng.uniform(-20, WIDTH + 20), rng.uniform(4, 0.75 * view.horizon), rng.uniform(10, 30)
        across, up, r = np.linspace(-1.1, 1.1, 6), rng.uniform(0.0, 0.28, 6), rng.uniform(0.26, 0.55, 6)
        lumps += np.column_stack([x + size * across, y - size * up, size * r]).tolist()
    view.canvas.haze([(x, y + 0.22 * r, 1.25 * r, 0.62 * r) for x, y, r in lumps], under, 0.75, 2.2)
    view.canvas.haze([(x, y, 1.15 * r, 0.52 * r) for x, y, r in lumps], body, 0.85, 1.8)


def paint_distance(view: View, city: bool) -> None:
    """What stands at the horizon: hills, woods, or a skyline."""
    rng, y0 = view.random("distance"), view.horizon
    for layer, z in enumerate((320.0, 200.0)):
        tone = view.seen(palette("6f8aa0 7f9a86 8a86a0")[int(rng.integers(3))], z)
        if city and layer == 1:
            x = -5.0
            while x < WIDTH:
                w, h = rng.uniform(7, 20), rng.uniform(8, 40)
                view.canvas.fill(
                    points((x, y0 + 1), (x, y0 - h), (x + w, y0 - h), (x + w, y0 + 1)),
                    mix(tone, view.seen((90, 96, 120), z), rng.uniform(0, 0.7)),
                )
                if view.hour.dark > 0.3 and not view.fog:
                    for _ in range(int(w * h / 45)):
                        a, b = x + rng.uniform(1, w - 1), y0 - rng.uniform(2, h - 1)
                        view.canvas.fill(points((a, b), (a + 1, b), (a + 1, b + 1.2), (a, b + 1.2)), (235, 196, 120))
                x += w * rng.uniform(0.8, 1.3)
            continue
        height = rng.uniform(8, 26) if layer == 0 else rng.uniform(3, 12)
        xs = np.linspace(-10, WIDTH + 10, 9)
        ridge = np.column_stack([xs, y0 - height * rng.uniform(0.25, 1.0, 9)])
        curve = smooth(ridge, closed=False)
        view.canvas.fill(np.vstack([curve, (WIDTH + 10, y0 + 1), (-10, y0 + 1)]), tone)


def paint_road(view: View, city: bool, crossing: bool) -> None:
    """Pavement, kerbs, asphalt, lane marks, and a zebra crossing where there is one."""
    canvas, rng = view.canvas, view.random("road")
    asphalt = ASPHALT[int(rng.integers(len(ASPHALT)))]
    paving = PAVING[int(rng.integers(len(PAVING)))]
    earth = mix(GRASS[int(rng.integers(len(GRASS)))], (150, 130, 100), 0.5)
    stops = np.geomspace(NEAR, 260, 15)
    walk = 40.0 if city else 0.8

    def strip(x0: float, x1: float, colour: Colour, spans: list[tuple[float, float]]) -> None:
        for a, b in spans:
            outline = view.quad((x0, 0, a), (x1, 0, a), (x1, 0, b), (x0, 0, b))
            canvas.polygon(outline, view.seen(colour, (a * b) ** 0.5))

    slices = list(zip(stops[:-1].tolist(), (stops[1:] * 1.02).tolist(), strict=True))[::-1]
    strip(-LANE - walk, LANE + walk, paving if city else earth, slices)
    if city:
        for side in (-1, 1):
            strip(side * (LANE + 0.35), side * LANE, lighter(paving, 0.3), slices)
    strip(-LANE, LANE, asphalt, slices)
    for side in (-1, 1):  # worn tracks of the wheels
        for track in (0.9, 2.6):
            strip(side * (track - 0.3), side * (track + 0.3), mix(asphalt, (30, 30, 36), 0.14), slices)
    paint = lighter(asphalt, 0.72)
    yellow = rng.random() < 0.35
    middle = (224, 176, 70) if yellow else paint
    gap, offset = rng.uniform(7, 11), rng.uniform(0, 6)
    if rng.random() < 0.25:
        strip(-0.22, -0.08, middle, slices)
        strip(0.08, 0.22, middle, slices)
    else:
        starts = np.arange(NEAR + offset, 120, gap)[::-1]
        strip(-0.09, 0.09, middle, [(z, z + 0.42 * gap) for z in starts.tolist()])
    for side in (-1, 1):
        strip(side * (LANE - 0.35), side * (LANE - 0.22), paint, slices)
    if crossing:
        z = rng.uniform(7.5, 14)
        for x in np.arange(-LANE + 0.5, LANE - 0.4, 1.05):
            strip(x, x + 0.55, lighter(asphalt, 0.82), [(z, z + 3.2)])
