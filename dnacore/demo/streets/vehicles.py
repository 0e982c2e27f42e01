"""Cars seen from behind or from the front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dnacore.demo.canvas import Colour, darker, lighter, palette, points, smooth
from dnacore.demo.streets.view import LANE, WIDTH, View

PAINT = palette("c23b34 2f5d9c f1efe9 2a2c33 9aa3ab e2b23a 3f7d6e 7b2f45 d9743a 5c6b7a b9cbd6 1f3d5c")


@dataclass(frozen=True)
class Body:
    """Half profiles of a kind of car in metres, from the middle down to the sill, its length, and how common it is."""

    body: tuple[tuple[float, float], ...]
    cabin: tuple[tuple[float, float], ...]
    length: float
    share: float


BODIES = {
    "saloon": Body(
        ((0.0, 0.95), (0.8, 0.93), (0.9, 0.72), (0.9, 0.32), (0.82, 0.24)),
        ((0.0, 1.45), (0.58, 1.42), (0.76, 0.93)),
        length=4.3,
        share=0.36,
    ),
    "compact": Body(
        ((0.0, 0.98), (0.78, 0.96), (0.86, 0.74), (0.86, 0.34), (0.78, 0.24)),
        ((0.0, 1.55), (0.6, 1.52), (0.75, 0.96)),
        length=3.6,
        share=0.25,
    ),
    "offroad": Body(
        ((0.0, 1.1), (0.9, 1.08), (0.97, 0.85), (0.97, 0.42), (0.9, 0.34)),
        ((0.0, 1.82), (0.74, 1.79), (0.86, 1.08)),
        length=4.6,
        share=0.2,
    ),
    "van": Body(
        ((0.0, 1.15), (0.95, 1.15), (0.99, 0.9), (0.99, 0.4), (0.93, 0.3)),
        ((0.0, 2.25), (0.84, 2.22), (0.95, 1.15)),
        length=5.2,
        share=0.13,
    ),
    "bus": Body(
        ((0.0, 1.3), (1.22, 1.3), (1.25, 1.0), (1.25, 0.45), (1.2, 0.35)),
        ((0.0, 3.05), (1.12, 3.02), (1.22, 1.3)),
        length=10.0,
        share=0.06,
    ),
}

# A head-lamp lights the road ahead of the car, but not behind the camera.
NEAR_POOL = 4.0


def _whole(half: tuple[tuple[float, float], ...]) -> np.ndarray:
    right = np.array(half)
    return np.vstack([right, (right * (-1, 1))[:0:-1]])


def traffic(view: View, amount: str) -> list[tuple[float, float, bool, int]]:
    """Where cars are: distance, lateral position, whether they come towards us, and a number that picks the car."""
    rng = view.random("traffic")
    if amount == "none":
        return []
    count = int(rng.integers(1, 4)) if amount == "light" else int(rng.integers(8, 13))
    found, next_free = [], {True: rng.uniform(9, 22), False: rng.uniform(10, 18)}
    for number in range(count):
        oncoming = bool(rng.random() < 0.5) if amount == "light" else number % 2 == 1
        z = next_free[oncoming]
        step = rng.uniform(8, 13) if amount == "heavy" else rng.uniform(14, 34)
        next_free[oncoming] = z + step
        x = (-1 if oncoming else 1) * LANE / 2 + rng.uniform(-0.3, 0.3)
        found.append((float(z), float(x), oncoming, int(rng.integers(2**31))))
    return found


def _flank(view: View, body: np.ndarray, cabin: np.ndarray, colour: Colour, x: float, z: float, length: float) -> None:
    """The side of a car that faces us: the hull between its near and its far profile, glass and tyres."""
    canvas = view.canvas
    half, sill = float(body[:, 0].max()), float(body[:, 1].min())

    def tone(base: Colour, light: float = 1.0) -> Colour:
        return view.seen(base, z, light)

    far = z + length
    side = -1.0 if view.at(x, 0.0, z)[0] > WIDTH / 2 else 1.0
    roof = float(cabin[:, 1].max())
    edge = side * half
    belt = 0.95 * float(body[:, 1].max())
    canvas.polygon(
        view.quad((x + edge, sill, z), (x + edge, sill, far), (x + edge, belt, far), (x + edge, belt, z)),
        tone(colour, 0.66),
    )
    top = side * float(cabin[:, 0].max())
    inner = side * float(cabin[1, 0])
    shoulder = float(cabin[:, 1].min())
    canvas.polygon(
        view.quad(
            (x + top, shoulder, z),
            (x + top, shoulder, far - 0.4),
            (x + inner, roof, far - 0.9),
            (x + inner, roof, z + 0.1),
        ),
        tone(darker(colour, 0.35), 0.8),
    )
    canvas.polygon(
        view.quad(
            (x + top, shoulder + 0.1, z + 0.5),
            (x + top, shoulder + 0.1, far - 1.2),
            (x + inner * 1.03, roof - 0.12, far - 1.5),
            (x + inner * 1.03, roof - 0.12, z + 0.5),
        ),
        tone((40, 52, 66)),
    )
    for tyre in (0.75, length - 0.9):
        wheel = [
            (x + edge * 1.01, 0.33 + 0.33 * np.sin(t), z + tyre + 0.33 * np.cos(t))
            for t in np.linspace(0, 2 * np.pi, 12)
        ]
        canvas.polygon(view.quad(*wheel), tone((22, 22, 26)))


def paint_car(view: View, z: float, x: float, oncoming: bool, number: int) -> None:
    """One car: shadow, the flank we can see, body, glass, lamps and tyres."""
    rng = np.random.default_rng(number)
    kind = list(BODIES)[int(rng.choice(len(BODIES), p=[body.share for body in BODIES.values()]))]
    length = BODIES[kind].length
    colour = PAINT[int(rng.integers(len(PAINT)))]
    body, cabin = _whole(BODIES[kind].body), _whole(BODIES[kind].cabin)
    canvas = view.canvas
    half, sill = float(body[:, 0].max()), float(body[:, 1].min())

    def at(shape: np.ndarray) -> list[float]:
        return view.upright(shape, x, z)

    def tone(base: Colour, light: float = 1.0) -> Colour:
        return view.seen(base, z, light)

    under = [(-1.1, -0.3), (1.1, -0.3), (1.05, length), (-1.05, length)]
    shadow = view.project(np.array([(x + half * a, 0.0, z + b) for a, b in under]))
    canvas.fill(shadow, view.seen((24, 24, 30), z), opacity=0.62, soft=max(0.6, view.size(0.16, z)))
    roof, shoulder = float(cabin[:, 1].max()), float(cabin[:, 1].min())
    _flank(view, body, cabin, colour, x, z, length)
    for wheel_side in (-1, 1):
        a, b = wheel_side * half * 0.98, wheel_side * (half - 0.24)
        canvas.polygon(at(points((a, 0.0), (b, 0.0), (b, 0.5), (a, 0.5))), tone((22, 22, 26)))
    canvas.polygon(at(cabin), tone(colour, 0.9))
    window = (cabin - (0, shoulder + 0.5 * (roof - shoulder))) * (0.86, 0.74) + (0, shoulder + 0.52 * (roof - shoulder))
    canvas.polygon(at(window), tone((58, 76, 94) if view.hour.dark < 0.8 else (46, 52, 64)))
    gleam = points((-0.3, shoulder + 0.1), (-0.1, shoulder + 0.1), (0.2, roof - 0.14), (0.02, roof - 0.14))
    canvas.polygon(at(gleam), tone((112, 134, 152)))
    canvas.polygon(at(body), tone(colour))
    canvas.polygon(
        at(
            points(
                (-half * 0.97, 0.75 * shoulder),
                (half * 0.97, 0.75 * shoulder),
                (half * 0.9, shoulder),
                (-half * 0.9, shoulder),
            )
        ),
        tone(lighter(colour, 0.28)),
    )
    canvas.polygon(
        at(points((-half, sill), (half, sill), (half * 0.98, sill + 0.2), (-half * 0.98, sill + 0.2))),
        tone(darker(colour, 0.6)),
    )
    if oncoming:
        canvas.polygon(at(points((-0.45, 0.42), (0.45, 0.42), (0.5, 0.62), (-0.5, 0.62))), tone((30, 32, 38)))
    canvas.polygon(at(points((-0.26, 0.42), (0.26, 0.42), (0.26, 0.54), (-0.26, 0.54))), tone((238, 236, 220)))
    _lamps(view, at, x, z, half, shoulder, oncoming, braking=bool(rng.random() < 0.35))
    if kind == "saloon" and rng.random() < 0.15:
        canvas.polygon(
            at(points((-0.25, roof), (0.25, roof), (0.22, roof + 0.17), (-0.22, roof + 0.17))),
            tone((250, 214, 80), 1.1),
        )


def _lamps(
    view: View,
    at: Callable[[np.ndarray], list[float]],
    x: float,
    z: float,
    half: float,
    shoulder: float,
    oncoming: bool,
    braking: bool,
) -> None:
    on = view.hour.dark > 0.2 or view.rain or view.fog
    height = 0.72 * shoulder
    for side in (-1, 1):
        lamp = at(
            smooth(
                points(
                    (side * half * 0.6, height),
                    (side * half * 0.95, height - 0.02),
                    (side * half * 0.95, height + 0.16),
                    (side * half * 0.64, height + 0.15),
                ),
                steps=3,
            )
        )
        if oncoming:
            colour = view.shining((255, 250, 226), z) if on else view.seen((226, 232, 236), z)
            strength, reach = (1.4, 1.3) if view.hour.dark > 0.8 else (0.5, 0.9)
            glow = (255, 238, 196)
        else:
            colour = view.shining((255, 60, 44), z) if on or braking else view.seen((170, 30, 34), z)
            strength, reach = (1.0, 1.0) if view.hour.dark > 0.8 else (0.35, 0.7)
            glow = (255, 46, 32)
        view.canvas.polygon(lamp, colour)
        if on or (braking and not oncoming):
            view.glow(x + side * half * 0.78, height + 0.07, z, reach * (1.3 if braking else 1.0), glow, strength)
            if view.hour.dark > 0.8 and oncoming:
                view.glow(x + side * half * 0.78, 0.0, max(NEAR_POOL, z - 4), 1.6, (180, 160, 120), 0.22)
