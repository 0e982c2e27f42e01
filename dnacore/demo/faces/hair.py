"""Hair and beards."""

from __future__ import annotations

import numpy as np

from dnacore.demo.canvas import darker, ellipse, lighter, mix, points, ribbon, smooth
from dnacore.demo.faces.portrait import Sitter


def _bumps(x: np.ndarray, y: np.ndarray, size: float, rng: np.random.Generator) -> list[np.ndarray]:
    return [ellipse(a, b, r, r) for a, b, r in zip(x, y, rng.uniform(0.8, 1.15, len(x)) * size, strict=True)]


def paint_hair_behind(sitter: Sitter, long: bool) -> None:
    """What hangs behind the head: short hair ends at the ears, long hair on the shoulders."""
    person, rng = sitter.look, sitter.random("hair behind")
    w, dark = sitter.width, darker(sitter.hair, 0.28)
    if not long:
        sitter.part(sitter.at(ellipse(0, -0.28, w + 0.05 + 0.4 * person.volume, 0.78)), dark)
        return
    reach, flare = rng.uniform(1.35, 1.75), rng.uniform(0.12, 0.34)
    waves = rng.uniform(-0.05, 0.05, 6)
    right = [
        (0.6 * w, -0.98), (w + 0.14, -0.55), (w + 0.2 + waves[0], 0.0), (w + 0.18 + waves[1], 0.5),
        (w + flare + waves[2], 0.95), (w + flare + waves[3], reach), (0.45 * w, reach + 0.1 + waves[4]),
    ]  # fmt: skip
    left = [(-x + waves[5], y) for x, y in right[::-1]]
    outline = smooth(points((0, -1.08), *right, *left))
    sitter.part(sitter.at(outline), dark)
    if person.hair_kind == "curly":
        side = np.linspace(-0.4, reach, 7)
        for sign in (-1, 1):
            for curl in _bumps(sign * (w + 0.16 + rng.uniform(0, 0.1, 7)), side, 0.2, rng):
                sitter.part(sitter.at(curl), dark)
        sitter.canvas.fill(sitter.at(outline), dark)
    inside = sitter.canvas.area(sitter.at(outline))
    for x in (*np.linspace(-1, -0.72, 3), *np.linspace(0.72, 1, 3)):
        strand = smooth(points((x * w, -0.2), (x * (w + 0.15), 0.5), (x * (w + flare), reach)), closed=False)
        sitter.canvas.fill(sitter.at(ribbon(strand, 0.06, taper=0.9)), sitter.hair, within=inside)


def _crown(w: float, volume: float, lift: float) -> list[tuple[float, float]]:
    """Outer line of the hair over the skull, from the left temple to the right one."""
    reach, top = w + 0.35 * volume + 0.02, -1.0 - volume - lift
    return [
        (-w - 0.02, 0.1), (-reach - 0.02, -0.3), (-0.9 * reach, -0.78), (-0.48 * reach, top + 0.07), (0, top),
        (0.48 * reach, top + 0.07), (0.9 * reach, -0.78), (reach + 0.02, -0.3), (w + 0.02, 0.1),
    ]  # fmt: skip


def paint_hair(sitter: Sitter, fringe: bool, hat: bool) -> None:
    """The hair over the forehead; under a hat it lies flat."""
    person, rng = sitter.look, sitter.random("hair")
    w, p, colour = sitter.width, person.parting, sitter.hair
    volume = 0.05 if hat else person.volume
    lift = 0.14 if person.hair_kind == "quiff" and not hat else 0.0
    crown = _crown(w, volume, lift)
    fx, fy = 0.6 * sitter.front
    if fringe:
        low = -0.36 + rng.uniform(-0.05, 0.03)
        teeth = rng.uniform(-0.05, 0.05, 6)
        line = [
            (0.93 * w, -0.12), (0.84 * w, -0.38), (0.62 * w, low + teeth[0]), (0.3 * w, low + teeth[1]),
            (p * 0.5 * w, low + 0.02 + teeth[2]), (-0.3 * w, low + teeth[3]), (-0.62 * w, low + teeth[4]),
            (-0.84 * w, -0.38), (-0.93 * w, -0.12),
        ]  # fmt: skip
    else:
        hairline = {
            "side": [(0.6 * w, -0.55), (p * w + 0.2, -0.72), (p * w, -0.8), (-0.5 * w, -0.58)],
            "centre": [(0.66 * w, -0.46), (0.25 * w, -0.7), (p * 0.3, -0.86), (-0.25 * w, -0.7), (-0.66 * w, -0.46)],
            "quiff": [(0.7 * w, -0.62), (0.3 * w, -0.8), (-0.3 * w, -0.8), (-0.7 * w, -0.62)],
            "curly": [(0.7 * w, -0.5), (0.3 * w, -0.68), (0, -0.72), (-0.3 * w, -0.68), (-0.7 * w, -0.5)],
            "swept": [(0.72 * w, -0.44), (0.3 * w, -0.6), (-0.2 * w, -0.74), (-0.66 * w, -0.72)],
        }[person.hair_kind]
        line = [(0.93 * w, -0.08), (0.86 * w, -0.36), *hairline, (-0.86 * w, -0.36), (-0.93 * w, -0.08)]
    inner = [(x + fx, y + 0.5 * fy) for x, y in line]
    outline = smooth(points(*crown, *inner))
    # The fringe throws a thin shadow on the forehead.
    sitter.shade(sitter.at(outline + (0, 0.07)), darker(person.skin, 0.5), 0.4, sitter.skin_mask)
    curls = []
    if person.hair_kind == "curly":
        arc = np.linspace(np.pi * 1.02, np.pi * 1.98, 9)
        curls = _bumps((w + 0.02) * np.cos(arc), 0.96 * np.sin(arc) - 0.06 - volume * (not hat), 0.17, rng)
        if not fringe:
            curls += _bumps(np.linspace(-0.62, 0.62, 6) * w + fx, np.full(6, -0.66), 0.13, rng)
    for curl in curls:
        sitter.part(sitter.at(curl), colour)
    sitter.part(sitter.at(outline), colour)
    for curl in curls:
        sitter.canvas.fill(sitter.at(curl), colour)
    inside = sitter.canvas.area(sitter.at(outline), *(sitter.at(curl) for curl in curls))
    start = np.array([p * w, -1.02])
    for x in rng.uniform(-0.95, 0.95, 5):
        end = np.array([x * w, rng.uniform(-0.55, -0.3)])
        middle = (start + end) / 2 + (0.12 * np.sign(x), -0.08)
        strand = sitter.at(ribbon(smooth(np.stack([start, middle, end]), closed=False), 0.05, taper=0.95))
        sitter.canvas.fill(strand, darker(colour, 0.3), within=inside, opacity=0.7)
    shine = smooth(points((-0.6 * w, -0.78), (-0.1 * w, -0.98), (0.45 * w, -0.92)), closed=False)
    shine = shine * (-np.sign(person.light), 1)
    sitter.shade(sitter.at(ribbon(shine, 0.13, taper=0.9)), lighter(colour, 0.5), 0.45, inside)


def paint_beard(sitter: Sitter) -> None:
    """A beard along the jaw, with a moustache; the mouth is painted over it."""
    person, rng = sitter.look, sitter.random("beard")
    w, jaw = sitter.width, 0.78 + 0.14 * person.jaw
    colour = mix(sitter.hair, darker(person.skin, 0.4), 0.12)
    kind = person.beard_kind
    if kind == "goatee":
        chin = smooth(points((-0.24, 0.5), (0.24, 0.5), (0.3, 0.78), (0.16, 1.06), (-0.16, 1.06), (-0.3, 0.78)))
    else:
        drop = {"full": 0.1, "short": 0.03, "long": 0.38}[kind]
        right = [
            (0.99 * w, 0.06), (1.02 * w, 0.32), ((jaw + 0.05) * w, 0.66), (0.5 * w, 0.98 + 0.8 * drop),
            (0.0, 1.02 + drop),
        ]  # fmt: skip
        inner = [(0.36, 0.38), (0.58 * w, 0.5), (0.82 * w, 0.34)]
        left = [(-x, y) for x, y in right[-2::-1]]
        chin = smooth(points(*right, *left, *((-x, y) for x, y in inner[::-1]), (0, 0.34), *inner))
    opacity = 0.82 if kind == "short" else 1.0
    outline = sitter.at(chin + 0.5 * sitter.front)
    sitter.canvas.fill(outline, colour, opacity=opacity)
    if kind != "short" and (edge := sitter.edge(colour)) is not None:
        sitter.canvas.line(outline, edge, sitter.line_width, closed=True)
    moustache = smooth(
        points(
            (0, 0.27), (0.2, 0.27), (0.42, 0.45), (0.22, 0.41), (0, 0.37), (-0.22, 0.41), (-0.42, 0.45), (-0.2, 0.27)
        )
    )
    sitter.canvas.fill(sitter.on_face(moustache), darker(colour, 0.08))
    inside = sitter.canvas.area(outline)
    for x in rng.uniform(-0.8, 0.8, 12):
        top = rng.uniform(0.55, 0.8)
        hair = points((x * w, top), (x * w * 0.9, top + 0.1), (x * w * 0.78, top + 0.2))
        tone = lighter(colour, 0.22) if rng.random() < 0.5 else darker(colour, 0.3)
        sitter.canvas.fill(sitter.at(ribbon(hair, 0.035, taper=0.8)), tone, within=inside, opacity=0.8)
