"""The view from a car: camera, air and light, sky, ground and road.

Positions in the world are metres: X to the right of the road's centre line, Y up from the road, Z ahead of the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dnacore.demo.canvas import SUPERSAMPLE, Canvas, Colour, ellipse, lighter, mix, palette, points, rgb, smooth
from dnacore.demo.design import generator

WIDTH, HEIGHT = 256, 192
LANE = 3.5
NEAR = 2.6


@dataclass(frozen=True)
class Hour:
    """Colours of one sky: top, middle, at the horizon; what light does to surfaces; how dark it is (0..1)."""

    top: Colour
    middle: Colour
    low: Colour
    ambient: tuple[float, float, float]
    dark: float


HOURS = {
    "day": (
        Hour(rgb("3f8fd6"), rgb("8cc4ee"), rgb("dcedf5"), (1.04, 1.02, 0.98), 0.0),
        Hour(rgb("5aa9dc"), rgb("a9d6ea"), rgb("f2efdf"), (1.08, 1.02, 0.92), 0.0),
        Hour(rgb("8fa9bd"), rgb("bccbd6"), rgb("e2e6e6"), (0.93, 0.95, 0.97), 0.0),
        Hour(rgb("2f74c0"), rgb("6fb0e6"), rgb("cfe6f2"), (1.0, 1.0, 1.0), 0.0),
    ),
    "dusk": (
        Hour(rgb("3b4a86"), rgb("c0728f"), rgb("ffb56b"), (0.78, 0.62, 0.64), 0.45),
        Hour(rgb("4a3f78"), rgb("b86a8d"), rgb("ff9466"), (0.72, 0.56, 0.62), 0.55),
        Hour(rgb("5a76a8"), rgb("e0a58f"), rgb("ffd58a"), (0.88, 0.72, 0.62), 0.3),
        Hour(rgb("2d3c70"), rgb("7c6a9e"), rgb("f2a08a"), (0.62, 0.55, 0.66), 0.6),
    ),
    "night": (
        Hour(rgb("070d24"), rgb("131f42"), rgb("2b3a63"), (0.33, 0.36, 0.52), 1.0),
        Hour(rgb("0a0c1c"), rgb("1b1c38"), rgb("43365a"), (0.34, 0.33, 0.48), 1.0),
        Hour(rgb("05131f"), rgb("0f2a3b"), rgb("274a58"), (0.3, 0.38, 0.47), 1.0),
        Hour(rgb("0c0a1a"), rgb("241c34"), rgb("57404a"), (0.37, 0.34, 0.43), 1.0),
    ),
}
GRASS = palette("7ca35a 93a860 6b8f55 a8a35f 5f8a4e 8a9a4a")
PAVING = palette("b9b4aa a7a7a8 c2b8a6 9c9a9e")
ASPHALT = palette("5a5d63 4d4f55 67676b 54565f 6d6a68")


@dataclass
class View:
    """One scene under construction: where the camera is, what the air does, and the lights that will glow."""

    rng_key: tuple[str | int, ...]
    hour: Hour
    rain: bool
    fog: bool
    focal: float
    horizon: float
    eye: float
    aside: float
    bend: float
    visibility: float
    haze: Colour
    ambient: tuple[float, float, float]
    canvas: Canvas = field(default_factory=lambda: Canvas(WIDTH, HEIGHT))
    glows: list[tuple[float, float, float, Colour, float]] = field(default_factory=list)

    def random(self, part: str) -> np.random.Generator:
        """Random numbers of one part of this scene."""
        return generator(*self.rng_key, part)

    def project(self, world: np.ndarray) -> np.ndarray:
        """`(n, 3)` metres to `(n, 2)` pixels; nothing lies nearer than `NEAR`."""
        z = np.maximum(world[:, 2], NEAR)
        x = WIDTH / 2 + self.focal * (world[:, 0] - self.aside + self.bend * z**2) / z
        return np.stack([x, self.horizon + self.focal * (self.eye - world[:, 1]) / z], axis=1)

    def quad(self, *corners: tuple[float, float, float]) -> list[float]:
        """Corners in metres, as the flat list of canvas pixels that `Canvas.polygon` takes."""
        flat = []
        for x, y, z in corners:
            z = max(z, NEAR)
            k = SUPERSAMPLE * self.focal / z
            flat.append(WIDTH / 2 * SUPERSAMPLE + k * (x - self.aside + self.bend * z * z))
            flat.append(self.horizon * SUPERSAMPLE + k * (self.eye - y))
        return flat

    def at(self, x: float, y: float, z: float) -> tuple[float, float]:
        """One place in metres, in final pixels."""
        px, py = self.quad((x, y, z))
        return px / SUPERSAMPLE, py / SUPERSAMPLE

    def upright(self, profile: np.ndarray, x: float, z: float) -> list[float]:
        """A flat profile `(n, 2)` in metres standing on the road at `(x, z)`, facing us, for `Canvas.polygon`."""
        px, py = self.quad((x, 0.0, z))
        k = SUPERSAMPLE * self.focal / max(z, NEAR)
        return (profile * (k, -k) + (px, py)).ravel().tolist()

    def size(self, metres: float, z: float) -> float:
        """Pixels that a length has at distance `z`."""
        return self.focal * metres / max(z, NEAR)

    def seen(self, colour: Colour, z: float, light: float = 1.0) -> Colour:
        """A surface's colour under this light and through this much air."""
        r, g, b = self.ambient
        share = math.exp(-z / self.visibility)
        near, haze, rest = share * light, self.haze, 1 - share
        return (
            min(255, int(colour[0] * r * near + haze[0] * rest)),
            min(255, int(colour[1] * g * near + haze[1] * rest)),
            min(255, int(colour[2] * b * near + haze[2] * rest)),
        )

    def shining(self, colour: Colour, z: float) -> Colour:
        """A light source's colour through this much air."""
        return mix(colour, self.haze, 0.75 * (1 - math.exp(-z / self.visibility)))

    def glow(self, x: float, y: float, z: float, metres: float, colour: Colour, strength: float) -> None:
        """Let a light at this place in the world glow when the picture is developed."""
        (px, py), reach = self.at(x, y, z), self.size(metres, z)
        spread = 1.6 if self.fog else 1.0
        self.glows.append((px, py, min(70.0, max(2.5, reach * spread)), colour, strength * math.exp(-z / (3 * self.visibility))))


def look_ahead(key: tuple[str | int, ...], hour_name: str, rain: bool, fog: bool) -> View:
    """The camera and the air of one scene."""
    rng = generator(*key, "view")
    hours = HOURS[hour_name]
    hour = hours[int(rng.integers(len(hours)))]
    grey = (118, 124, 132) if hour.dark < 0.2 else (92, 86, 100) if hour.dark < 0.8 else (52, 60, 78)
    wet, thick = (0.55 if rain else 0.0), (0.75 if fog else 0.0)
    pale = mix(lighter(grey, 0.45 * (1 - hour.dark)), hour.low, 0.35)
    hour = Hour(
        mix(mix(hour.top, grey, wet), pale, thick),
        mix(mix(hour.middle, grey, wet), pale, thick),
        mix(mix(hour.low, lighter(grey, 0.25 * (1 - hour.dark)), wet * 0.8), pale, thick),
        hour.ambient,
        hour.dark,
    )
    dim = 0.84 if rain else 1.0
    r, g, b = hour.ambient
    return View(
        rng_key=key,
        hour=hour,
        rain=rain,
        fog=fog,
        focal=float(rng.uniform(185, 235)),
        horizon=float(rng.uniform(82, 104)),
        eye=float(rng.uniform(1.3, 1.9)),
        aside=float(rng.uniform(1.2, 2.3)),
        bend=float(rng.uniform(-1, 1)) * 0.0009,
        visibility=float(rng.uniform(20, 34)) if fog else float(rng.uniform(130, 180) if rain else rng.uniform(260, 420)),
        haze=hour.low,
        ambient=(r * dim, g * dim, b * dim),
    )


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
            for sx, sy, r in zip(rng.uniform(0, WIDTH, 60), rng.uniform(0, 75, 60), rng.uniform(0.25, 0.7, 60), strict=True):
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
                view.canvas.fill(points((x, y0 + 1), (x, y0 - h), (x + w, y0 - h), (x + w, y0 + 1)), mix(tone, view.seen((90, 96, 120), z), rng.uniform(0, 0.7)))
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

    def strip(x0: float, x1: float, colour: Colour, spans) -> None:  # noqa: ANN001
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
