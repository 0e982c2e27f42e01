"""The view from a car: camera, air and light.

Positions in the world are metres: X to the right of the road's centre line, Y up from the road, Z ahead of the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dnacore.demo.canvas import SUPERSAMPLE, Canvas, Colour, lighter, mix, rgb
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
        self.glows.append(
            (px, py, min(70.0, max(2.5, reach * spread)), colour, strength * math.exp(-z / (3 * self.visibility)))
        )


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
        visibility=float(rng.uniform(20, 34))
        if fog
        else float(rng.uniform(130, 180) if rain else rng.uniform(260, 420)),
        haze=hour.low,
        ambient=(r * dim, g * dim, b * dim),
    )
